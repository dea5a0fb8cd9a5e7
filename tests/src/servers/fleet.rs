//! Several servers at once.

use core::net::SocketAddr;
use core::ops::Deref;
use std::thread;

use super::{Options, Server};

/// The nodes of a quorum; a slice of [`Server`]s.
#[derive(Debug)]
pub struct Fleet {
    servers: Vec<Server>,
}

impl Fleet {
    /// Starts `count` plain servers in parallel.
    #[must_use]
    pub fn start(count: usize) -> Self {
        Self::start_with(count, &Options::new())
    }

    /// Starts `count` servers with the same options in parallel.
    #[must_use]
    pub fn start_with(count: usize, options: &Options) -> Self {
        Self::start_each(count, || Server::start(options))
    }

    /// Starts `count` servers that no guard trusts yet, in parallel.
    #[must_use]
    pub fn start_young(count: usize, options: &Options) -> Self {
        Self::start_each(count, || Server::start_young(options))
    }

    fn start_each(count: usize, start: impl Fn() -> Server + Sync) -> Self {
        let servers = thread::scope(|scope| {
            let starts: Vec<_> = (0..count).map(|_| scope.spawn(&start)).collect();
            starts
                .into_iter()
                .map(|start| start.join().expect("a server of the fleet"))
                .collect()
        });
        Self { servers }
    }

    /// Where they listen, in order.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(Server::address).collect()
    }

    /// Their URLs, in order.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(Server::url).collect()
    }
}

impl Deref for Fleet {
    type Target = [Server];

    fn deref(&self) -> &[Server] {
        &self.servers
    }
}
