//! What all clients of a test's servers agree in: the restart guard and the longest lease.
//!
//! The servers of a test have just been started, so that a client with the default guard would wait for them; and most
//! tests are not about that. `QUORLOCK_TEST_GUARD=strict` runs them all the same, on servers that are armed at their
//! start, and `QUORLOCK_TEST_GUARD=uptime` on servers that seem to have been started more than an hour ago.

use std::env;

use quorlock_driver::{Builder, RestartGuard, Ttl};

/// The longest lease of a test: one hour.
pub const MAX_TTL: Ttl = Ttl::from_millis(3_600_000);

/// The key of a node's guard.
pub const GUARD_KEY: &str = "quorlock:guard";

/// The guard that this run of the tests uses.
#[must_use]
pub fn guard() -> RestartGuard {
    match env::var("QUORLOCK_TEST_GUARD").as_deref() {
        Err(_) | Ok("off") => RestartGuard::Off,
        Ok("strict") => RestartGuard::Strict,
        Ok("uptime") => RestartGuard::Uptime,
        Ok(other) => panic!("QUORLOCK_TEST_GUARD is {other}: give off, strict or uptime"),
    }
}

/// A builder for the deployment of this run.
#[must_use]
pub fn deployed(builder: Builder) -> Builder {
    builder.guard(guard()).max_ttl(MAX_TTL)
}

/// Whether a key is the guard or a counter of tokens, and so outlives the locks.
#[must_use]
pub fn is_kept(key: &str) -> bool {
    key == GUARD_KEY || key.contains(":quorlock-token")
}
