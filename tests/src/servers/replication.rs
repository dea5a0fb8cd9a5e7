//! Primaries and replicas.

use core::net::SocketAddr;
use core::time::Duration;
use std::thread;
use std::time::Instant;

use super::Server;
use crate::connection::Connection;

/// A first synchronisation takes 20 to 150 ms on a quiet machine.
const LINK_LIMIT: Duration = Duration::from_secs(20);

impl Server {
    /// Makes this server a replica of `primary` and waits until it has all that the primary has.
    ///
    /// Where the primary has a password, this server needs `masterauth` in its [`Options`](super::Options).
    pub fn follow(&self, primary: &Self) {
        self.follow_at(primary.address());
    }

    /// The same, where the primary is reached at `address`: through a proxy, for one.
    pub fn follow_at(&self, address: SocketAddr) {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        Connection::to(self).order(&["REPLICAOF", &host, &port]);
        let deadline = Instant::now() + LINK_LIMIT;
        while self.info("replication", "master_link_status") != "up" {
            assert!(
                Instant::now() < deadline,
                "no replica of port {port}:\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes a replica a primary, with the data it has got so far (`REPLICAOF NO ONE`).
    pub fn promote(&self) {
        Connection::to(self).order(&["REPLICAOF", "NO", "ONE"]);
    }
}
