//! The URL of a primary that sentinels know:
//! `redis+sentinel://[user[:password]@]host[:port]/NAME[/db][?sentinel=host[:port]]..`

use std::sync::Arc;

use url::Url;

use crate::address::Address;
use crate::node_url::{self, NodeUrl, UrlFault};
use crate::place::Place;
use crate::sentinels::Sentinels;

/// The port of a sentinel without one.
const DEFAULT_PORT: u16 = 26379;

/// Reads the URL. User, password and database are those of the primary.
pub(crate) fn parse(url: &Url) -> Result<NodeUrl, UrlFault> {
    let mut sentinels = vec![sentinel(url)?];
    for (parameter, value) in url.query_pairs() {
        if parameter != "sentinel" {
            return Err(UrlFault::Parameter(parameter.into_owned()));
        }
        sentinels.push(other(&value)?);
    }
    let path = url.path().trim_start_matches('/');
    let (name, database) = path.split_once('/').unwrap_or((path, ""));
    let name = node_url::decoded(name, "name")?;
    if name.is_empty() {
        return Err(UrlFault::NameMissing);
    }
    let place = Place::Watched(Arc::new(Sentinels { name, sentinels }));
    node_url::with_credentials(url, place, database)
}

/// One more sentinel: `host[:port]`.
fn other(text: &str) -> Result<Address, UrlFault> {
    let fault = || UrlFault::Sentinel(text.to_owned());
    let url = Url::parse(&format!("redis://{text}")).map_err(|_| fault())?;
    let more = [url.path(), url.username(), url.query().unwrap_or_default()];
    if more.iter().any(|part| !part.is_empty()) {
        return Err(fault());
    }
    sentinel(&url)
}

fn sentinel(url: &Url) -> Result<Address, UrlFault> {
    Ok(Address::Tcp {
        host: node_url::host(url)?,
        port: node_url::port(url, DEFAULT_PORT)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail this way")]

    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        let host = host.to_owned();
        Address::Tcp { host, port }
    }

    #[test]
    fn one_sentinel_or_several() {
        let node: NodeUrl = "redis+sentinel://a/orders".parse().unwrap();
        let sentinels = Sentinels {
            name: "orders".to_owned(),
            sentinels: vec![tcp("a", 26379)],
        };
        assert_eq!(*node.place(), Place::Watched(Arc::new(sentinels)));
        assert_eq!(node.name(), "orders@a:26379");
        let text = "redis+sentinel://bob:s%40@a:1/my%20db/3?sentinel=b:2&sentinel=[::1]";
        let node: NodeUrl = text.parse().unwrap();
        let sentinels = Sentinels {
            name: "my db".to_owned(),
            sentinels: vec![tcp("a", 1), tcp("b", 2), tcp("::1", 26379)],
        };
        assert_eq!(*node.place(), Place::Watched(Arc::new(sentinels)));
        assert_eq!(node.name(), "my db@a:1/3");
        let config = node.into_config();
        assert_eq!(config.database, 3);
        let credentials = config.credentials.unwrap();
        assert_eq!(credentials.username.as_deref(), Some("bob"));
        assert_eq!(credentials.password, "s@");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("redis+sentinel://a", "the primary's name is missing"),
            ("redis+sentinel:///orders", "the host is missing"),
            ("redis+sentinel://a:0/orders", "port 0"),
            ("redis+sentinel://a/orders/x", "`x` is no database number"),
            ("redis+sentinel://a/orders?db=1", "unknown parameter `db`"),
            (
                "redis+sentinel://a/orders?sentinel=b/c",
                "`b/c` is no HOST[:PORT] of a sentinel",
            ),
            ("redis+sentinel://a/orders#b", "after `#`"),
        ] {
            let error = text.parse::<NodeUrl>().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
