//! What the core tells its user: owned values, one queue.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::node::{NodeId, NodeSet};
use crate::owner::Owner;
use crate::problem::Problem;
use crate::slab::Id;
use crate::time::Instant;
use crate::token::FencingToken;

/// Names a lock from [`acquire`](crate::Client::acquire) to its last event. Never
/// reused for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockId(pub(crate) Id);

/// News of a lock or a node. The order for one lock: `Acquired` or
/// `AcquireFailed`; then any number of `Extended` and `ExtendFailed`; then one end,
/// `Lost` or `Released`. After `Lost`, a release still gets its `Released`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A quorum granted the lock.
    Acquired(Acquired),
    /// The acquisition ended without the lock; nothing is held.
    AcquireFailed(AcquireFailed),
    /// [`close`](crate::Client::close) is done.
    Closed(Closed),
    /// An extension did not get its quorum; the lock is held as before.
    ExtendFailed(ExtendFailed),
    /// The lease was renewed.
    Extended(Extended),
    /// The lock is not held any more.
    Lost(Lost),
    /// A node's connection changed.
    Node(NodeNews),
    /// What a release came to.
    Released(Released),
}

/// See [`Event::Acquired`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acquired {
    /// The lock.
    pub lock: LockId,
    /// As given with the request.
    pub user_data: u64,
    /// What the nodes store.
    pub owner: Owner,
    /// Larger than that of every tenure before; `None` with [`Fencing::Off`](crate::Fencing).
    pub token: Option<FencingToken>,
    /// The lock is held until then, unless it is extended.
    pub valid_until: Instant,
    /// The nodes that had granted when the quorum was complete.
    pub granted: NodeSet,
    /// Rounds it took, from 1.
    pub rounds: u32,
    /// Time since the request.
    pub waited: Duration,
}

/// See [`Event::AcquireFailed`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AcquireFailed {
    /// The lock; the name is not valid any more.
    pub lock: LockId,
    /// As given with the request.
    pub user_data: u64,
    /// Why.
    pub reason: AcquireFailure,
    /// What each node that refused or failed in the last round said.
    pub problems: Vec<(NodeId, Problem)>,
}

/// Why an acquisition failed. Three different answers for three different causes,
/// and two more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcquireFailure {
    /// The client was closed meanwhile.
    Closed,
    /// Others hold the lock on so many nodes, or come before us, that no quorum was left.
    Contended {
        /// When a quorum could be free at the latest if nobody extends; `None`
        /// where a key has no TTL.
        free_in: Option<Duration>,
    },
    /// The deadline came while a quorum could be reached and was not refused.
    Deadline,
    /// So many nodes refuse our commands for good (credentials, rights, a key of
    /// another type) that waiting can't help. Told at once.
    Rejected,
    /// So many nodes could not be reached, did not answer, or do not vote at present
    /// that no quorum was left.
    Unreachable,
}

/// See [`Event::Extended`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extended {
    /// The lock.
    pub lock: LockId,
    /// As given with the request.
    pub user_data: u64,
    /// The new end of validity.
    pub valid_until: Instant,
    /// The nodes that had extended when the quorum was complete.
    pub extended: NodeSet,
    /// Nodes that had lost the key (or never had it) and hold it again since the
    /// extension before this one. They never count as votes.
    pub healed: NodeSet,
}

/// See [`Event::ExtendFailed`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExtendFailed {
    /// The lock.
    pub lock: LockId,
    /// As given with the request.
    pub user_data: u64,
    /// Unchanged by the failure.
    pub valid_until: Instant,
    /// Nodes where the key is gone.
    pub absent: NodeSet,
    /// Nodes where another owner has the key.
    pub foreign: NodeSet,
    /// Nodes that failed or did not answer.
    pub failed: NodeSet,
    /// True where so many nodes have lost the key that no extension can succeed:
    /// the lock will be lost at `valid_until`.
    pub last: bool,
}

/// See [`Event::Lost`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lost {
    /// The lock. The name stays valid until the lock is released.
    pub lock: LockId,
    /// As given with the request.
    pub user_data: u64,
    /// The end of validity as it was known.
    pub valid_until: Instant,
    /// Why.
    pub cause: LostCause,
}

/// Why a lock was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LostCause {
    /// The validity ended, or ends within
    /// [`Timing::lost_notice`](crate::Timing::lost_notice).
    Expired,
    /// An extension found another owner's key on a quorum of nodes: told then and
    /// not at the end of validity, since that owner acts already.
    Overtaken,
}

/// See [`Event::Released`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Released {
    /// The lock; the name is not valid any more.
    pub lock: LockId,
    /// As given with the request.
    pub user_data: u64,
    /// In sum.
    pub verdict: Verdict,
    /// Per node, as known now.
    pub report: ReleaseReport,
}

/// What a release came to, in sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// We had lost the lock before this release: the work may have overlapped with
    /// another holder's.
    ExpiredEarlier,
    /// A quorum may hold our token until then at the latest; the release goes on.
    Unverified {
        /// The end of the last lease that was asked for.
        until: Instant,
    },
    /// No quorum can hold our token any more.
    Verified,
}

/// What each node said to a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReleaseReport {
    /// Another owner has the key.
    pub foreign: NodeSet,
    /// The key was gone.
    pub gone: NodeSet,
    /// Our key was deleted.
    pub released: NodeSet,
    /// No answer yet, or an error.
    pub unknown: NodeSet,
}

impl ReleaseReport {
    /// The verdict of one node.
    #[must_use]
    pub const fn of(&self, node: NodeId) -> NodeVerdict {
        if self.released.contains(node) {
            NodeVerdict::Released
        } else if self.gone.contains(node) {
            NodeVerdict::Gone
        } else if self.foreign.contains(node) {
            NodeVerdict::Foreign
        } else if self.unknown.contains(node) {
            NodeVerdict::Unknown
        } else {
            NodeVerdict::NeverAsked
        }
    }

    /// Nodes that certainly do not hold our key.
    #[must_use]
    pub const fn confirmed(&self) -> NodeSet {
        self.released.union(self.gone).union(self.foreign)
    }
}

/// What one node said to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeVerdict {
    /// Another owner has the key.
    Foreign,
    /// The key was gone.
    Gone,
    /// The lock was never asked for there.
    NeverAsked,
    /// Our key was deleted.
    Released,
    /// No answer yet, or an error.
    Unknown,
}

impl fmt::Display for NodeVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "not ours",
            Self::Gone => "gone",
            Self::NeverAsked => "never asked",
            Self::Released => "released",
            Self::Unknown => "unknown",
        })
    }
}

/// See [`Event::Node`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeNews {
    /// The node.
    pub node: NodeId,
    /// Its state from now on: `None` is ready.
    pub problem: Option<Problem>,
    /// What is less safe there than it could be.
    pub caution: Option<Caution>,
}

/// What is less safe on a node than it could be, though it votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caution {
    /// This user may not end his earlier connections (`CLIENT KILL`), so that an
    /// acquire that a broken connection left behind is refused by its deadline in the
    /// server's clock only; without a clock its key would stay for one lease.
    CannotKill,
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CannotKill => {
                "CLIENT KILL is not allowed: what a broken connection left behind may still be \
                 executed, up to its deadline"
            }
        })
    }
}

/// See [`Event::Closed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Closed {
    /// Nodes that still owe the answer to a release, or refused one for good: keys of
    /// ours may stay there until their TTL.
    pub unconfirmed: NodeSet,
}
