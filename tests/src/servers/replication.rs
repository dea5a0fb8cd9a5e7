//! Primaries and replicas.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_resp::Value;

use super::Server;
use crate::connection::Connection;

/// A first synchronisation takes 20 to 150 ms on a quiet machine.
const LINK_LIMIT: Duration = Duration::from_secs(20);

impl Server {
    /// Makes this server a replica of `primary` and waits until it has all that the primary has.
    ///
    /// Where the primary has a password, this server needs `masterauth` in its [`Options`](super::Options).
    pub fn follow(&self, primary: &Self) {
        let port = primary.port().to_string();
        let mut connection = Connection::to(self);
        connection.order(&["REPLICAOF", "127.0.0.1", &port]);
        let deadline = Instant::now() + LINK_LIMIT;
        while !replication_of(&mut connection).contains("master_link_status:up") {
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

/// The section `replication` of `INFO`.
fn replication_of(connection: &mut Connection) -> String {
    let reply = connection.call(&["INFO", "replication"]);
    let Value::Bulk(text) = reply.value() else {
        panic!("INFO answered {:?}", reply.value())
    };
    String::from_utf8_lossy(text).into_owned()
}
