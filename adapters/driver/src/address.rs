//! Where a node is: a TCP port or a Unix socket.

use core::fmt;
use std::path::PathBuf;

use quorlock_core::Endpoint;

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A TCP port.
    Tcp {
        /// A name or an IP address, an IPv6 one without brackets.
        host: String,
        /// 1 to 65,535.
        port: u16,
    },
    /// A Unix domain socket.
    Unix(PathBuf),
}

impl From<&Endpoint> for Address {
    fn from(endpoint: &Endpoint) -> Self {
        Self::Tcp {
            host: (*endpoint.host).to_owned(),
            port: endpoint.port,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}
