//! One lock: its request and the phase that it is in.

use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use core::time::Duration;

use crate::acquire::{Round, Wanted};
use crate::extend::Extension;
use crate::hash_slot::HashSlot;
use crate::keys::Keys;
use crate::lockset::Watch;
use crate::node::{NodeId, NodeSet};
use crate::owner::Owner;
use crate::problem::Problem;
use crate::quorum::Decision;
use crate::slab::Id;
use crate::time::Instant;
use crate::turn::Turn;
use crate::validity::Ttl;

/// What to lock, for how long, and how long to wait for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AcquireRequest {
    /// The resource, or several that are locked all or none. Not empty.
    pub keys: Keys,
    /// Length of the lease.
    pub ttl: Ttl,
    /// How long to go on trying.
    pub wait: Wait,
    /// Renew the lease by itself from a third of its length on, until the lock is
    /// released, cancelled or lost.
    pub auto_extend: bool,
    /// Comes back with every event of the lock.
    pub user_data: u64,
}

impl AcquireRequest {
    /// One try for one key, with auto-extension and user data 0.
    pub fn new(key: impl Into<Bytes>, ttl: Ttl) -> Self {
        Self::all(key.into().into(), ttl)
    }

    /// The same for all of these keys.
    #[must_use]
    pub const fn all(keys: Keys, ttl: Ttl) -> Self {
        Self {
            keys,
            ttl,
            wait: Wait::Try,
            auto_extend: true,
            user_data: 0,
        }
    }
}

/// How long an acquisition goes on trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// Until it wins or is cancelled.
    Forever,
    /// One round.
    Try,
    /// Until then.
    Until(Instant),
}

impl Wait {
    /// The caller's deadline, or `NEVER`.
    pub(crate) const fn deadline(self) -> Instant {
        match self {
            Self::Forever | Self::Try => Instant::NEVER,
            Self::Until(at) => at,
        }
    }
}

/// An acquisition that can't even start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcquireError {
    /// The client is closed or closing.
    #[error("the client is closed")]
    Closed,
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
    /// The key is longer than [`Limits::key`](crate::Limits::key).
    #[error("the key has {len} bytes, the most is {max}")]
    KeyTooLong {
        /// Its bytes.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// Several keys, where waiters are served in the order in which they came: nobody can
    /// come first for all of them. See [`Fairness`](crate::Fairness).
    #[error("a lock of several keys can't be had in the order of arrival (fairness)")]
    SeveralInQueues,
    /// More keys than [`Limits::keys`](crate::Limits::keys).
    #[error("a lock of {count} keys, the most is {max}")]
    TooManyKeys {
        /// Its keys.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// [`Limits::locks`](crate::Limits::locks) is reached.
    #[error("{limit} locks are in use, the most that this client holds")]
    TooManyLocks {
        /// The limit.
        limit: usize,
    },
    /// The key is the name of a guard, of a counter of tokens or of a queue.
    #[error(
        "the key is one of quorlock's own: quorlock:guard, or with :quorlock-token or \
         :quorlock-queue in it"
    )]
    ReservedKey,
    /// The lease is longer than [`Config::max_ttl`](crate::Config::max_ttl).
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

/// The lock is not known: released, cancelled or never acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such lock: it was released, cancelled or never acquired")]
pub struct UnknownLock;

/// An extension that can't even start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtendError {
    /// The lease is longer than [`Config::max_ttl`](crate::Config::max_ttl).
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
    /// The lock is not held (any more).
    #[error(transparent)]
    UnknownLock(#[from] UnknownLock),
}

/// Which of the decisions on a lock's extensions answers a request for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtendTurn {
    /// The one after the next: an extension is open already.
    AfterNext,
    /// The next one.
    Next,
}

/// One entry of the lock set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    pub(crate) request: AcquireRequest,
    pub(crate) requested: Instant,
    /// Counts acquisition rounds and extensions; a reply of an older one does not
    /// decide anything.
    pub(crate) round: u32,
    pub(crate) phase: Phase,
    /// Where it contends, holds or waits its turn.
    pub(crate) line: Option<Id>,
    /// What one of several keys waits with, from its first lost round on.
    pub(crate) watch: Option<Box<Watch>>,
    /// Its place in the order of all clients' waiters.
    pub(crate) turn: Option<Turn>,
    /// Nodes whose queues it may stand in.
    pub(crate) queued_on: NodeSet,
    /// The last round that was lost.
    pub(crate) last: Option<Round>,
    /// The highest counter of tokens that a node refused us with.
    pub(crate) seen: Option<u64>,
    /// Rounds in a row that were lost to counters only.
    pub(crate) outbid: u32,
    /// What nodes said last, with the time; kept for the report.
    pub(crate) notes: Vec<Note>,
}

/// What a node said that did not grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Note {
    pub(crate) node: NodeId,
    pub(crate) at: Instant,
    pub(crate) problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// A round is open.
    Acquiring(Round),
    /// Validity runs.
    Held(Tenure),
    /// Validity ended; the owner has been told and has not released yet.
    Lost(Tenure),
    /// Another one of this client stands before it; its place in their queue.
    Queued(u64),
    /// Before the first round, or between two.
    Waiting(Pause),
}

/// The time between two rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pause {
    pub(crate) next: Instant,
    /// The last round failed for want of nodes: a new connection ends the pause.
    pub(crate) starved: bool,
    /// Nodes where another owner has the key, for all that is known.
    pub(crate) blocked: NodeSet,
    /// A node has told that its turn has come, since the last round began.
    pub(crate) named: bool,
}

impl Pause {
    /// Until then, whatever nodes come.
    pub(crate) const fn until(next: Instant) -> Self {
        Self {
            next,
            starved: false,
            blocked: NodeSet::EMPTY,
            named: false,
        }
    }
}

/// A lock that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tenure {
    pub(crate) owner: Owner,
    /// When its acquire was of use.
    pub(crate) wanted: Wanted,
    /// The round that won; its late answers still tell who holds.
    pub(crate) won_in: u32,
    pub(crate) valid_until: Instant,
    /// When the loss is told, shortly before.
    pub(crate) lost_at: Instant,
    /// The lease that was asked for last.
    pub(crate) ttl: Ttl,
    /// Every node where our key may be.
    pub(crate) may_hold: NodeSet,
    /// So many of them make a quorum.
    pub(crate) needed: usize,
    /// Those that said so themselves.
    pub(crate) confirmed: NodeSet,
    /// The end of the last lease that was asked for, won or not.
    pub(crate) lease_end: Instant,
    /// When the next extension starts, or `NEVER`.
    pub(crate) extend_at: Instant,
    /// The last extension, running or decided.
    pub(crate) extension: Option<Extension>,
    /// Another one was asked for while it runs.
    pub(crate) extend_again: bool,
    /// Who has been sent the text for its healing, after `NOSCRIPT`.
    pub(crate) reloaded: NodeSet,
    /// Extensions that failed since the last one that did not.
    pub(crate) failures: u32,
    /// Nodes that hold the key again since the last extension.
    pub(crate) healed: NodeSet,
}

impl Tenure {
    /// A key of ours may be on a node until then.
    pub(crate) fn lasts(&mut self, until: Instant) {
        self.lease_end = self.lease_end.max(until);
    }

    /// The extension whose vote is open.
    pub(crate) fn pending(&mut self) -> Option<&mut Extension> {
        self.extension
            .as_mut()
            .filter(|it| it.outcome == Decision::Pending)
    }
}

/// The validity of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) until: Instant,
    /// When the end is told: a little earlier.
    pub(crate) lost_at: Instant,
}

impl Lock {
    /// Writes down what a node said; the newest word of each node is kept.
    pub(crate) fn note(&mut self, node: NodeId, at: Instant, problem: Problem) {
        let said = Note { node, at, problem };
        match self.notes.iter_mut().find(|known| known.node == node) {
            Some(known) => *known = said,
            None => self.notes.push(said),
        }
    }

    /// When something is to be done without an answer.
    pub(crate) fn next_deadline(&self) -> Instant {
        match &self.phase {
            Phase::Acquiring(round) => round.ends.min(self.request.wait.deadline()),
            Phase::Held(tenure) => tenure.lost_at.min(tenure.extend_at),
            Phase::Lost(_) => Instant::NEVER,
            Phase::Queued(_) => self.request.wait.deadline(),
            Phase::Waiting(pause) => pause.next.min(self.request.wait.deadline()),
        }
    }
}
