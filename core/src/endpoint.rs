//! Where a node of a cluster listens.

use alloc::boxed::Box;
use core::fmt;

/// A TCP port, as a cluster's nodes tell each other's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name or an IP address, an IPv6 one without brackets.
    pub host: Box<str>,
    /// 1 to 65,535.
    pub port: u16,
}

impl Endpoint {
    /// The port `port` of `host`.
    pub fn new(host: impl Into<Box<str>>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    /// What a node that was reached at `asked` means by this host and port. An empty host,
    /// or `?`, is its own: it does not know by what name others reach it.
    pub(crate) fn told(host: &str, port: u16, asked: &Self) -> Option<Self> {
        let host = match host {
            "" | "?" => &asked.host,
            name => name,
        };
        (port != 0).then(|| Self::new(host, port))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}
