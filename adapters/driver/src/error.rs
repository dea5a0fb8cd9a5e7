//! Why a lock was not acquired, or a client not built.

use core::fmt;
use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use quorlock_core::{ConfigError, HashSlot, Keys, KeysError, Problem, Ttl, TtlError};

/// A client that can't be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nodes, quorum or limits that can't work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The operating system gave no random numbers. Without them owners of locks
    /// could be guessed, or be the same.
    #[error("no randomness from the operating system: {0}")]
    Random(io::Error),
    /// There is no runtime here to run the client's task.
    #[error("no async runtime: {0}")]
    Runtime(io::Error),
    /// A node through which a cluster is to be found.
    #[error("{name} of the cluster: {fault}")]
    Seed {
        /// Its name.
        name: String,
        /// What is wrong with it.
        fault: SeedFault,
    },
    /// Two databases of one server: it would vote twice.
    #[error("{first} and {second} are one server: it must not vote twice")]
    SameServer {
        /// Name of one.
        first: String,
        /// Name of the other.
        second: String,
    },
}

/// What is wrong with a node through which a cluster is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedFault {
    /// The nodes of a cluster are shown the same user, password and database.
    #[error("another user, password or database than that of the first node")]
    Differs,
    /// A cluster fails over by itself.
    #[error("a cluster is not found through sentinels")]
    Sentinels,
    /// The nodes of a cluster name each other by TCP ports.
    #[error("a cluster is not reached through a Unix socket")]
    Unix,
}

/// A lock that was not acquired. Nothing is held; what other nodes may have granted
/// is being released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcquireError {
    /// The request can't be fulfilled at any time.
    #[error("lock {}: {fault}", shown(keys))]
    BadRequest {
        /// What was to be locked.
        keys: Keys,
        /// What is wrong with the request.
        fault: RequestError,
    },
    /// No key is given, or one of them twice.
    #[error(transparent)]
    BadKeys(#[from] KeysError),
    /// The client is closed, or its runtime is gone.
    #[error("the client is closed")]
    Closed,
    /// Others hold the lock on so many nodes that no quorum was left.
    #[error("{refusal}: it is held by others{}", free(*free_in))]
    Contended {
        /// When a quorum is free at the latest, if nobody extends; counted from
        /// the error. `None` where a key has no TTL.
        free_in: Option<Duration>,
        /// The request and what the nodes said.
        refusal: Refusal,
    },
    /// The time was up while the nodes could be reached and did not refuse.
    #[error("{refusal}: the time was up")]
    Deadline {
        /// The request and what the nodes said.
        refusal: Refusal,
    },
    /// The lock was granted, but its validity ended before this task was run.
    #[error(
        "lock {}: granted, and expired before the task that waits for it was run",
        shown(keys)
    )]
    Expired {
        /// What was locked.
        keys: Keys,
    },
    /// So many nodes refuse for good (credentials, rights, a key of another type)
    /// that waiting can't help.
    #[error("{refusal}: the nodes reject it")]
    Rejected {
        /// The request and what the nodes said.
        refusal: Refusal,
    },
    /// So many nodes could not be reached, did not answer, or do not vote at present
    /// that no quorum was left.
    #[error("{refusal}: no quorum can be reached")]
    Unreachable {
        /// The request and what the nodes said.
        refusal: Refusal,
    },
}

impl AcquireError {
    /// What the nodes said, where they were asked.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Contended { refusal, .. }
            | Self::Deadline { refusal }
            | Self::Rejected { refusal }
            | Self::Unreachable { refusal } => Some(refusal),
            Self::BadKeys(_) | Self::BadRequest { .. } | Self::Closed | Self::Expired { .. } => {
                None
            }
        }
    }

    /// The same, with the time since the request that this was a part of.
    pub(crate) fn after(mut self, since: Duration) -> Self {
        match &mut self {
            Self::Contended { refusal, .. }
            | Self::Deadline { refusal }
            | Self::Rejected { refusal }
            | Self::Unreachable { refusal } => refusal.waited = since,
            Self::BadKeys(_) | Self::BadRequest { .. } | Self::Closed | Self::Expired { .. } => {}
        }
        self
    }
}

/// A request that did not get its votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was to be locked: all of it, or nothing.
    pub keys: Keys,
    /// The shard that was asked; `None` where the client is not one of several
    /// ([`Shards`](crate::Shards)).
    pub shard: Option<Arc<str>>,
    /// Time since the request.
    pub waited: Duration,
    /// Votes that a lock needs.
    pub needed: usize,
    /// Nodes that vote on the key.
    pub nodes: usize,
    /// What each node that did not grant said last, by its name.
    pub problems: Vec<(String, Problem)>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            waited,
            needed,
            nodes,
            ..
        } = self;
        let lock = lock_name(&self.keys, self.shard.as_deref());
        write!(
            f,
            "{lock} not acquired in {waited:.1?} ({needed} of {nodes} votes needed"
        )?;
        for (name, problem) in &self.problems {
            write!(f, "; {name}: {problem}")?;
        }
        f.write_str(")")
    }
}

/// A request that can't be fulfilled at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// One node of a cluster has to have all keys of a lock, by their hash slot.
    #[error("two keys are in different hash slots of the cluster, {} and {}", first.number(), other.number())]
    CrossSlot {
        /// The slot of the first key.
        first: HashSlot,
        /// That of another one.
        other: HashSlot,
    },
    /// The key has no bytes.
    #[error("the key is empty")]
    EmptyKey,
    /// The key is longer than the limit.
    #[error("the key has {len} bytes, the most is {max}")]
    KeyTooLong {
        /// Its bytes.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// The key is the name of a guard, of a counter of tokens or of a queue.
    #[error(
        "the key is one of quorlock's own: quorlock:guard, or with :quorlock-token or \
         :quorlock-queue in it"
    )]
    ReservedKey,
    /// Several keys of a client with [`Builder::fairness`](crate::Builder::fairness).
    #[error("a lock of several keys can't be had in the order of arrival (fairness)")]
    SeveralInQueues,
    /// More keys than [`Limits::keys`](quorlock_core::Limits::keys).
    #[error("a lock of {count} keys, the most is {max}")]
    TooManyKeys {
        /// Its keys.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// The client holds as many locks as it may.
    #[error("{limit} locks are in use, the most that this client holds")]
    TooManyLocks {
        /// The limit.
        limit: usize,
    },
    /// No lease can have this length.
    #[error(transparent)]
    Ttl(#[from] TtlError),
    /// The lease is longer than [`Builder::max_ttl`](crate::Builder::max_ttl).
    #[error("a TTL of {ttl} is too long: the longest lease of this deployment is {max}")]
    TtlTooLong {
        /// As requested.
        ttl: Ttl,
        /// The longest.
        max: Ttl,
    },
    /// The allowance for drift eats the whole lease.
    #[error("a TTL of {ttl} is too short: {allowance:?} of it is the allowance for clock drift")]
    TtlTooShort {
        /// As requested.
        ttl: Ttl,
        /// What can't be relied on.
        allowance: Duration,
    },
}

/// A lock for a message.
pub(crate) fn lock_name(keys: &Keys, shard: Option<&str>) -> String {
    let keys = shown(keys);
    match shard {
        Some(shard) => format!("lock {keys} of shard {shard:?}"),
        None => format!("lock {keys}"),
    }
}

/// Keys for a message: as text, with what can't be printed escaped.
pub(crate) fn shown(keys: &Keys) -> String {
    let shown = |key: &Bytes| format!("`{}`", String::from_utf8_lossy(key).escape_debug());
    let shown: Vec<String> = keys.iter().map(shown).collect();
    shown.join(" + ")
}

fn free(free_in: Option<Duration>) -> String {
    match free_in {
        Some(span) => format!(", for {span:.1?} at most unless they extend"),
        None => ", without a limit".to_owned(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_keys_and_every_node() {
        let refusal = Refusal {
            keys: Keys::new(["in\nvoice", "b"]).unwrap(),
            shard: Some("eu".into()),
            waited: Duration::from_millis(1_500),
            needed: 2,
            nodes: 3,
            problems: vec![
                (
                    "a:1".to_owned(),
                    Problem::Held(Some(Duration::from_secs(3))),
                ),
                ("b:2".to_owned(), Problem::Silent),
            ],
        };
        let error = AcquireError::Contended {
            free_in: Some(Duration::from_secs(3)),
            refusal,
        };
        assert_eq!(
            error.to_string(),
            "lock `b` + `in\\nvoice` of shard \"eu\" not acquired in 1.5s (2 of 3 votes needed; \
             a:1: held by another owner for 3s at most; b:2: no answer): \
             it is held by others, for 3.0s at most unless they extend",
        );
    }
}
