//! A primary that sentinels watch.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_resp::Value;

use super::{Options, Server};
use crate::connection::Connection;

/// Sentinels meet within 2 s, and fail over within 3 s of a primary's death.
const LIMIT: Duration = Duration::from_secs(40);

/// As the sentinels call the primary.
const NAME: &str = "orders";

/// A primary, its replica, and three sentinels, two of which agree on a failover.
#[derive(Debug)]
pub struct Sentinels {
    /// The first primary.
    pub primary: Server,
    /// Who takes its place.
    pub replica: Server,
    /// In the order in which clients ask them.
    pub sentinels: [Server; 3],
}

impl Sentinels {
    /// Starts all of them, and waits until the sentinels know the replica and each other.
    #[must_use]
    pub fn start(plain: &Options) -> Self {
        let [primary, replica] = [(); 2].map(|()| Server::start(plain));
        replica.follow(&primary);
        let options = plain.clone().into_sentinel();
        let options = options.with_line(format!(
            "sentinel monitor {NAME} 127.0.0.1 {} 2",
            primary.port()
        ));
        let options = options.with_line(format!("sentinel down-after-milliseconds {NAME} 500"));
        let options = options.with_line(format!("sentinel failover-timeout {NAME} 4000"));
        let sentinels = [(); 3].map(|()| Server::start_young(&options));
        let watched = Self {
            primary,
            replica,
            sentinels,
        };
        for sentinel in &watched.sentinels {
            await_that("a sentinel knows the others", || {
                let says = |what| known(sentinel, what);
                says("num-slaves") == "1" && says("num-other-sentinels") == "2"
            });
        }
        watched
    }

    /// Where clients find the primary.
    #[must_use]
    pub fn url(&self) -> String {
        let [first, second, third] = self.sentinels.each_ref().map(Server::address);
        format!("redis+sentinel://{first}/{NAME}?sentinel={second}&sentinel={third}")
    }

    /// Waits until the sentinels call the replica the primary. It is not asked itself: who is promoted loses all its
    /// connections.
    pub fn await_failover(&self) {
        let port = self.replica.port().to_string();
        for sentinel in &self.sentinels {
            await_that("the replica is promoted", || {
                known(sentinel, "port") == port
            });
        }
    }
}

/// What a sentinel knows of the primary.
fn known(sentinel: &Server, what: &str) -> String {
    let reply = Connection::to(sentinel).call(&["SENTINEL", "MASTER", NAME]);
    let Value::Array(mut words) = reply.value() else {
        panic!("SENTINEL MASTER answered {:?}", reply.value())
    };
    // names and values by turns
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        if let (Value::Bulk(name), Value::Bulk(value)) = (name, value)
            && name == what.as_bytes()
        {
            return String::from_utf8_lossy(value).into_owned();
        }
    }
    String::new()
}

fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not in {LIMIT:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
