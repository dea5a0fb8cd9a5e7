//! Servers that clients with a guard trust at once: armed, or old by what they tell.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_core::{RestartGuard, Ttl, script};
use quorlock_resp::Value;

use super::{Options, Server};
use crate::connection::Connection;
use crate::deployment::GUARD_KEY;
use crate::repository::target;
use crate::skew::Skew;

/// A server writes the time that its uptime is told by down ten times a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of a server that is not told otherwise.
const DATABASES: u32 = 16;

/// From this uptime above the longest lease on a server is trusted: it is told in whole seconds, and one is asked for
/// beyond the lease.
const OLDER: Duration = Duration::from_secs(2);

impl Server {
    /// Starts a server that clients with this guard and this longest lease trust at once. Once restarted it is as strange
    /// to them as any other.
    #[must_use]
    pub fn start_trusted(options: &Options, guard: RestartGuard, max_ttl: Ttl) -> Self {
        match guard {
            RestartGuard::Off => Self::start_young(options),
            RestartGuard::Strict => {
                let server = Self::start_young(options);
                server.arm(max_ttl);
                server
            }
            RestartGuard::Uptime => Self::start_aged(options, max_ttl.as_duration() + OLDER),
        }
    }

    /// Arms each database for leases of at most `max_ttl`, as an administrator does once, before the first lock. A guard
    /// lies beside the locks, and vouches for its own database only.
    ///
    /// Panics where it is not the first time.
    pub fn arm(&self, max_ttl: Ttl) {
        let run_id = self.info("server", "run_id");
        let max_ttl = max_ttl.as_millis().to_string();
        let text = script::ARM.text;
        let mut connection = Connection::to(self);
        for database in 0..DATABASES {
            connection.order(&["SELECT", &database.to_string()]);
            let reply = connection.call(&["EVAL", text, "1", GUARD_KEY, &run_id, &max_ttl, "1"]);
            assert!(
                reply.bytes().starts_with(b"*3\r\n:1\r\n"),
                "arming was answered with {:?}",
                reply.value()
            );
        }
    }

    /// Starts a server whose uptime says that it was started `age` ago. After a restart it tells the truth.
    #[must_use]
    pub fn start_aged(options: &Options, age: Duration) -> Self {
        let clock = Skew::build(&target().join("tmp"));
        let mut server = clock.start_aged(options, age);
        server.clock = Some(clock);
        server
    }

    /// How long it has been up, in whole seconds, by what it tells.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        let seconds = self.info("server", "uptime_in_seconds");
        Duration::from_secs(seconds.parse().expect("a number of seconds"))
    }

    /// A field of a section of `INFO`.
    ///
    /// Panics where there is none.
    #[must_use]
    pub fn info(&self, section: &str, field: &str) -> String {
        let reply = Connection::to(self).call(&["INFO", section]);
        let Value::Bulk(text) = reply.value() else {
            panic!("INFO answered {:?}", reply.value())
        };
        let text = String::from_utf8_lossy(text);
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let Some((_, value)) = lines.find(|(name, _)| *name == field) else {
            panic!("no {field} in {text}")
        };
        value.to_owned()
    }
}

impl Skew {
    /// Starts a server that shows this clock, and whose uptime says that it was started `age` ago.
    #[must_use]
    pub fn start_aged(&self, options: &Options, age: Duration) -> Server {
        self.back(age);
        let server = Server::start_young(&self.steer(options.clone()));
        self.forward(age);
        let deadline = Instant::now() + PATIENCE;
        while server.uptime() < age {
            assert!(Instant::now() < deadline, "the uptime stands");
            thread::sleep(Duration::from_millis(5));
        }
        server
    }
}
