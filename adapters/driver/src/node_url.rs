//! Node URLs: `redis://[user[:password]@]host[:port][/db]`,
//! `unix:///path?db=&user=&pass=`, and that of [`sentinel_url`].
//!
//! Source of the forms: the `redis` and `rediss` registrations at IANA, and for
//! `unix://` what the Redis clients for Python and Rust accept.

use core::fmt;
use core::str::FromStr;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use quorlock_core::{Credentials, NodeConfig};
use url::{Host, Url};

use crate::address::Address;
use crate::place::Place;
use crate::redact::redacted;
use crate::sentinel_url;

/// The port of a URL without one.
const DEFAULT_PORT: u16 = 6379;

/// One lock node: where it is, and what to show it.
///
/// ```
/// use quorlock_driver::NodeUrl;
///
/// let node: NodeUrl = "redis://alice:s%40crt@[::1]:7001/2".parse()?;
/// assert_eq!(node.name(), "[::1]:7001/2");
/// let error = "redis://alice:s3cr3t@host:0".parse::<NodeUrl>().unwrap_err();
/// assert_eq!(error.to_string(), "redis://***@host:0: port 0 can't be connected to");
/// # Ok::<(), quorlock_driver::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUrl {
    place: Place,
    config: NodeConfig,
}

impl NodeUrl {
    /// Where the node is to be found.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// How errors and reports name the node: its address, or its name and the first of its
    /// sentinels; and the database unless that is 0.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Another node that is shown the same: the one at this place.
    #[must_use]
    pub fn at(&self, place: Place) -> Self {
        let credentials = self.config.credentials.clone();
        let (username, password) =
            credentials.map_or((None, None), |it| (it.username, Some(it.password)));
        Self::new(place, self.config.database, username, password)
    }

    /// What the core is told of the node: name, database and credentials.
    #[must_use]
    pub fn into_config(self) -> NodeConfig {
        self.config
    }

    fn new(
        place: Place,
        database: u32,
        username: Option<String>,
        password: Option<String>,
    ) -> Self {
        let name = match database {
            0 => place.to_string(),
            _ => format!("{place}/{database}"),
        };
        let mut config = NodeConfig::new(name);
        config.database = database;
        config.credentials = password.map(|password| Credentials { username, password });
        Self { place, config }
    }
}

impl FromStr for NodeUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let error = |fault| UrlError {
            url: redacted(text),
            fault,
        };
        let url = Url::parse(text).map_err(|fault| error(UrlFault::Syntax(fault)))?;
        match url.scheme() {
            "redis" | "valkey" => tcp(&url),
            "redis+sentinel" | "valkey+sentinel" => sentinel_url::parse(&url),
            "unix" => unix(&url),
            "rediss" | "valkeys" => Err(UrlFault::Tls),
            other => Err(UrlFault::Scheme(other.to_owned())),
        }
        .map_err(error)
    }
}

/// A URL that names no node. Displayed with the URL, whose password is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlError {
    url: String,
    fault: UrlFault,
}

impl UrlError {
    /// What is wrong.
    #[must_use]
    pub const fn fault(&self) -> &UrlFault {
        &self.fault
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.fault)
    }
}

impl core::error::Error for UrlError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.fault.source()
    }
}

/// What is wrong with a node URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// The database is not a number from 0 to 2^32 - 1.
    #[error("`{0}` is no database number")]
    Database(String),
    /// A `#` and what follows: a password with this character needs it as `%23`.
    #[error("a part after `#` means nothing here (in a password write %23)")]
    Fragment,
    /// No host name.
    #[error("the host is missing")]
    HostMissing,
    /// No name of a primary that sentinels know.
    #[error("the primary's name is missing: redis+sentinel://host/NAME")]
    NameMissing,
    /// `unix://a/b`: the path lacks its third slash.
    #[error("the socket's path must be absolute: unix:///path")]
    PathRelative,
    /// No path of a socket.
    #[error("the socket's path is missing: unix:///path")]
    PathMissing,
    /// Nothing listens on port 0.
    #[error("port 0 can't be connected to")]
    PortZero,
    /// A query parameter that this kind of URL does not have.
    #[error("unknown parameter `{0}`")]
    Parameter(String),
    /// Neither of the schemes.
    #[error("unknown scheme `{0}`: redis://, valkey://, redis+sentinel:// or unix:// is expected")]
    Scheme(String),
    /// Another sentinel that is none.
    #[error("`{0}` is no HOST[:PORT] of a sentinel")]
    Sentinel(String),
    /// Not a URL.
    #[error("not a URL: {0}")]
    Syntax(url::ParseError),
    /// An encrypted connection.
    #[error("TLS is not supported yet")]
    Tls,
    /// A user name without a password.
    #[error("a user name is given without a password")]
    UserWithoutPassword,
    /// `%` escapes that are no UTF-8.
    #[error("the {0} is no UTF-8 text")]
    Utf8(&'static str),
}

/// `redis://[user[:password]@]host[:port][/db]`
fn tcp(url: &Url) -> Result<NodeUrl, UrlFault> {
    if let Some((name, _)) = url.query_pairs().next() {
        return Err(UrlFault::Parameter(name.into_owned()));
    }
    let place = Place::Fixed(Address::Tcp {
        host: host(url)?,
        port: port(url, DEFAULT_PORT)?,
    });
    with_credentials(url, place, url.path().trim_start_matches('/'))
}

/// The node at this place, in this database, for the user of the URL.
pub(crate) fn with_credentials(
    url: &Url,
    place: Place,
    database: &str,
) -> Result<NodeUrl, UrlFault> {
    if url.fragment().is_some() {
        return Err(UrlFault::Fragment);
    }
    let database = match database {
        "" => 0,
        text => number(text)?,
    };
    let username = non_empty(decoded(url.username(), "user name")?);
    let password = url
        .password()
        .map(|text| decoded(text, "password"))
        .transpose()?;
    credentials(place, database, username, password)
}

pub(crate) fn host(url: &Url) -> Result<String, UrlFault> {
    match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() => {
            Ok(decoded(name, "host")?.to_ascii_lowercase())
        }
        Some(Host::Ipv4(address)) => Ok(address.to_string()),
        Some(Host::Ipv6(address)) => Ok(address.to_string()),
        Some(Host::Domain(_)) | None => Err(UrlFault::HostMissing),
    }
}

pub(crate) fn port(url: &Url, default: u16) -> Result<u16, UrlFault> {
    match url.port() {
        Some(0) => Err(UrlFault::PortZero),
        Some(port) => Ok(port),
        None => Ok(default),
    }
}

/// `unix:///path?db=&user=&pass=`
fn unix(url: &Url) -> Result<NodeUrl, UrlFault> {
    if url.fragment().is_some() {
        return Err(UrlFault::Fragment);
    }
    if url.host_str().is_some_and(|host| !host.is_empty()) || url.cannot_be_a_base() {
        return Err(UrlFault::PathRelative);
    }
    let path = decoded(url.path(), "path")?;
    if path.is_empty() || path.ends_with('/') {
        return Err(UrlFault::PathMissing);
    }
    let (mut database, mut username, mut password) = (0, None, None);
    for (name, value) in url.query_pairs() {
        match &*name {
            "db" => database = number(&value)?,
            "user" => username = non_empty(value.into_owned()),
            "pass" => password = non_empty(value.into_owned()),
            other => return Err(UrlFault::Parameter(other.to_owned())),
        }
    }
    let place = Place::Fixed(Address::Unix(PathBuf::from(path)));
    credentials(place, database, username, password)
}

fn credentials(
    place: Place,
    database: u32,
    username: Option<String>,
    password: Option<String>,
) -> Result<NodeUrl, UrlFault> {
    if username.is_some() && password.is_none() {
        return Err(UrlFault::UserWithoutPassword);
    }
    Ok(NodeUrl::new(place, database, username, password))
}

fn number(text: &str) -> Result<u32, UrlFault> {
    // `parse` would take a sign
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| UrlFault::Database(text.to_owned()))
}

pub(crate) fn decoded(text: &str, what: &'static str) -> Result<String, UrlFault> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Into::into).map_err(|_| UrlFault::Utf8(what))
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
#[path = "node_url_tests.rs"]
mod tests;
