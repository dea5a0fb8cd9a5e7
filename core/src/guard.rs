//! The guard against nodes that forgot: who may not vote, and for how long.
//!
//! Nodes 1, 2 and 3 grant a lock, node 3 crashes and comes back empty, nodes 3, 4 and 5
//! grant it again. A node that stays silent for as long as the longest lease after its
//! memory was lost can't do that: whatever it had granted has ended by then. Sources:
//! "delayed restarts" in the Redis documentation's page on distributed locks; Gray and
//! Cheriton, Leases (1989).

use core::fmt;
use core::time::Duration;

use crate::validity::{Drift, Ttl};

/// How a client notices nodes that have lost what they granted. All clients of a
/// deployment have to agree in it, and in [`Config::max_ttl`](crate::Config::max_ttl).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RestartGuard {
    /// It does not: for servers that nobody minds losing a lock to, as in tests.
    Off,
    /// A key on the node names the life of the server to which the node's memory
    /// belongs, and every acquisition compares it. Covers what `Uptime` does, and
    /// `FLUSHALL` and the promotion of a replica. Nodes are armed once, by an
    /// administrator; a node without a guard sits out [`Config::max_ttl`](crate::Config::max_ttl).
    Strict,
    /// A server that has been up for less than the longest lease does not vote for new
    /// locks. Covers crash and restart, with or without data, at no cost per lock.
    #[default]
    Uptime,
}

/// Why a node does not vote for new locks, though it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuarantineCause {
    /// Its clock is so far from that of the other nodes; keys may have expired early,
    /// or be about to.
    ClockApart(Duration),
    /// Its clock jumped forward by so much: keys have expired early.
    ClockJumped(Duration),
    /// Its guard is missing or belongs to another life of the server: it was
    /// restarted, flushed, promoted, or never armed.
    NotArmed,
    /// It was started so long ago.
    Restarted(Duration),
}

/// A node that is not asked for new locks for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quarantine {
    /// Why.
    pub cause: QuarantineCause,
    /// For how long yet.
    pub left: Duration,
}

impl fmt::Display for QuarantineCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClockApart(by) => write!(f, "its clock is {by:.1?} from the other nodes'"),
            Self::ClockJumped(by) => write!(f, "its clock jumped forward by {by:.1?}"),
            Self::NotArmed => f.write_str("it is not armed for this life of the server"),
            Self::Restarted(uptime) => {
                write!(f, "the server started {} s ago", uptime.as_secs())
            }
        }
    }
}

impl fmt::Display for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, left } = self;
        let seconds = left.as_secs_f64();
        write!(f, "in quarantine for {seconds:.1} s more: {cause}")
    }
}

/// How long a server of this uptime must stay silent yet. The uptime is in whole
/// seconds, so one more is added; our clock may be fast.
pub(crate) fn young_for(uptime: Duration, max_ttl: Ttl, drift: Drift) -> Duration {
    let whole = Duration::from_secs(u64::from(max_ttl.as_millis().div_ceil(1_000)) + 1);
    let left = whole.saturating_sub(uptime);
    if left.is_zero() {
        left
    } else {
        left + drift.over(left)
    }
}

/// The key of the guard on a node, in the database that its locks are in.
pub const GUARD_KEY: &[u8] = b"quorlock:guard";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_young_for_the_longest_lease_and_a_second() {
        let ttl = |millis| Ttl::new(Duration::from_millis(millis)).unwrap_or(Ttl::MAX);
        let exact = Drift {
            ppm: 0,
            margin: Duration::ZERO,
        };
        for (uptime, max_ttl, left) in [
            (0, 30_000, 31),
            (30, 30_000, 1),
            (31, 30_000, 0),
            (1_000_000, 30_000, 0),
            (0, 300, 2),
            (1, 1_001, 2),
        ] {
            let young = young_for(Duration::from_secs(uptime), ttl(max_ttl), exact);
            assert_eq!(young, Duration::from_secs(left), "{uptime} of {max_ttl}");
        }
        let young = young_for(Duration::ZERO, ttl(30_000), Drift::DEFAULT);
        assert_eq!(young, Duration::from_millis(31_000 + 310 + 2));
    }
}
