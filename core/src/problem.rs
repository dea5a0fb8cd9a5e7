//! What keeps a node from voting.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use crate::guard::Quarantine;
use crate::node::MAX_NODES;
use crate::server_error::{ErrorKind, ServerError};
use crate::time::Instant;
use crate::validity::Ttl;

/// Why a node did not grant, or why it is not in use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The key is free there, but another one came earlier and waits for it; his place in the
    /// queue ends in this long, if he does not renew it.
    Behind(Duration),
    /// Its replicas can't be waited for, as [`Replication`](crate::Replication) asks; the
    /// server's words.
    CannotWait(Box<str>),
    /// No connection yet.
    Connecting,
    /// The connection failed or ended; the adapter's or the core's words.
    Disconnected(Box<str>),
    /// It throws keys away when its memory is full, by this policy, and a lock may be
    /// one of them.
    Evicts(Box<str>),
    /// Another owner holds the key, for this long at most; `None`: it has no TTL, or the
    /// node did not tell.
    Held(Option<Duration>),
    /// It executed our command too late, and so did not grant.
    Late,
    /// It is a node of a cluster, and passes the question on: the key's hash slot is on the
    /// way to another node, or the nodes do not agree yet who has it.
    Moving,
    /// It is armed for another longest lease than ours: not all clients of the
    /// deployment agree.
    OtherMaxTtl {
        /// The node's.
        node: Duration,
        /// Ours.
        ours: Ttl,
    },
    /// The server refuses scripts, which tokens, the guard `strict` and locks of several
    /// keys need; and so do replicas where the server can't compare.
    NeedsScripts,
    /// Others acquired the lock there meanwhile; its counter of tokens is above ours.
    Outbid,
    /// Too many commands wait for its answer.
    Overloaded,
    /// It may have lost what it granted, and does not vote for new locks yet.
    Quarantined(Quarantine),
    /// The server answered with an error.
    Server(ServerError),
    /// It owes an answer.
    Silent,
    /// It granted, but not so many of its replicas have heard of it in time as must.
    TooFewReplicas {
        /// Replicas that have.
        got: u32,
        /// Replicas that must.
        wanted: u32,
    },
    /// It names another primary of the cluster, for which there is no place: a client uses
    /// [`MAX_NODES`] at most.
    TooManyPrimaries,
    /// Our token is too far ahead of its clock: the nodes' clocks are apart.
    TokenAhead,
    /// The guard needs `INFO`, which the server does not answer; its words.
    Unguardable(Box<str>),
}

impl Problem {
    /// Until when the node refuses the lock at most that said so at `said`; `None` where
    /// this is no refusal.
    pub(crate) fn refuses_until(&self, said: Instant) -> Option<Instant> {
        if let Self::Held(left) = self {
            Some(left.map_or(Instant::NEVER, |left| said + left))
        } else if let Self::Behind(left) = self {
            Some(said + *left)
        } else {
            None
        }
    }

    /// Whether waiting can't help: the server refuses our commands for good.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Server(error) => matches!(error.kind(), ErrorKind::Permanent),
            Self::CannotWait(_)
            | Self::Evicts(_)
            | Self::NeedsScripts
            | Self::OtherMaxTtl { .. }
            | Self::TooManyPrimaries
            | Self::Unguardable(_) => true,
            Self::Behind(_)
            | Self::Connecting
            | Self::Disconnected(_)
            | Self::Held(_)
            | Self::Late
            | Self::Moving
            | Self::Outbid
            | Self::Overloaded
            | Self::Quarantined(_)
            | Self::Silent
            | Self::TokenAhead
            | Self::TooFewReplicas { .. } => false,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind(_) => f.write_str("another one came earlier and waits for it"),
            Self::CannotWait(words) => write!(f, "its replicas can't be waited for: {words}"),
            Self::Connecting => f.write_str("not connected yet"),
            Self::Disconnected(reason) => write!(f, "not connected: {reason}"),
            Self::Evicts(policy) => write!(
                f,
                "evicts keys when its memory is full (maxmemory-policy {policy}): set noeviction, \
                 or accept it for this node"
            ),
            Self::Held(Some(left)) => write!(f, "held by another owner for {left:?} at most"),
            Self::Held(None) => f.write_str("held by another owner"),
            Self::Late => f.write_str("executed the command too late"),
            Self::Moving => f.write_str("the key's hash slot moves to another node"),
            Self::NeedsScripts => f.write_str(
                "refuses scripts (EVALSHA), which fencing tokens, fairness, the strict guard, replicas \
                 and locks of several keys need",
            ),
            Self::OtherMaxTtl { node, ours } => write!(
                f,
                "armed for leases of at most {} ms, ours are at most {ours}: all clients must agree",
                node.as_millis()
            ),
            Self::Outbid => f.write_str("others acquired it meanwhile"),
            Self::Overloaded => f.write_str("too many commands wait for its answer"),
            Self::Quarantined(quarantine) => quarantine.fmt(f),
            Self::Server(error) => write!(f, "{error}"),
            Self::Silent => f.write_str("no answer"),
            Self::TooFewReplicas { got, wanted } => write!(
                f,
                "granted, but {got} of the {wanted} replicas that must have it had it in time"
            ),
            Self::TooManyPrimaries => write!(f, "the cluster has more than {MAX_NODES} primaries"),
            Self::TokenAhead => f.write_str("its clock is far behind the other nodes'"),
            Self::Unguardable(words) => {
                write!(f, "the guard needs INFO, which the server refuses: {words}")
            }
        }
    }
}
