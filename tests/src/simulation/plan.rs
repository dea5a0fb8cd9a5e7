//! What happens to a world and what is asked of it: everything that a run depends on.
//!
//! A plan is generated from a seed ([`Profile::plan`](super::Profile::plan)) or written by hand. All times count
//! from the beginning of the run and are true time; the clocks of clients and nodes differ from it.

mod fault;
mod network;
mod operation;
mod replicas;

use core::time::Duration;

use quorlock_core::{Backoff, Fairness, Quorum, Replication, RestartGuard, Timing};

pub use fault::{Fate, Fault, FaultKind, Members, Memory, Way};
pub use network::{Clock, Distance, Network, Weather};
pub use operation::{Finish, Operation, Writes};
pub use replicas::Replicas;

/// A run, decided. The same plan is the same run, byte for byte.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides what the rest leaves open: delays, where messages are cut, the clients' jitter. Each such choice is a
    /// hash of this and of what is decided, so that a plan with one fault less is otherwise the same run.
    pub seed: u64,
    /// What the clients are told.
    pub settings: Settings,
    /// One for each client. A client without an operation is never started.
    pub client_clocks: Vec<Clock>,
    /// One for each lock node.
    pub node_clocks: Vec<Clock>,
    /// What each of them has.
    pub replicas: Replicas,
    /// How messages travel.
    pub network: Network,
    /// What the applications do.
    pub operations: Vec<Operation>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// How the run ends.
    pub ending: Ending,
}

/// What the clients of a deployment agree in, and whether the storage behind the locks looks at tokens.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Keys that the clients compete for.
    pub keys: usize,
    /// How nodes that have forgotten are noticed. With `Strict` the nodes are armed when the run begins.
    pub guard: RestartGuard,
    /// So many of the nodes are the primaries of a Redis Cluster, with an equal share of its slots each; the others are
    /// primaries without slots. `None`: each node stands for itself.
    pub cluster: Option<usize>,
    /// How many nodes have to grant.
    pub quorum: Quorum,
    /// Whether waiters of all clients are served in the order in which they came.
    pub fairness: Fairness,
    /// Replicas that must have heard of a grant before it counts.
    pub replication: Option<Replication>,
    /// Locks come with tokens.
    pub tokens: bool,
    /// The storage refuses a write whose token is below the highest that it has seen.
    pub fenced: bool,
    /// What clients allow for the drift of clocks, in parts per million, and beside it a constant in whole milliseconds.
    pub drift: (u32, Duration),
    /// The longest lease of the deployment, in whole milliseconds.
    pub max_ttl: Duration,
    /// The clients' times to wait.
    pub timing: Timing,
    /// The nodes are polled from the last to the first: an order that must not matter.
    pub backwards: bool,
}

impl Settings {
    /// One key, the guard by uptime, no cluster, a majority, no queues, replicas that nobody waits for, tokens that the storage looks at, drift of 1 % and 2 ms, leases up to a second, and
    /// times to wait that fit such short leases.
    pub const DEFAULT: Self = Self {
        keys: 1,
        guard: RestartGuard::Uptime,
        cluster: None,
        quorum: Quorum::Majority,
        fairness: Fairness::Off,
        replication: None,
        tokens: true,
        fenced: true,
        drift: (10_000, Duration::from_millis(2)),
        max_ttl: Duration::from_secs(1),
        timing: Timing {
            connect_timeout: Duration::from_millis(500),
            reconnect: Backoff {
                first: Duration::from_millis(20),
                longest: Duration::from_millis(200),
            },
            release_timeout: Duration::from_millis(500),
            stall_after: Duration::from_millis(300),
            stall_limit: Duration::from_millis(1_500),
            ping_after: Duration::from_secs(3),
            ..Timing::DEFAULT
        },
        backwards: false,
    };
}

impl Settings {
    /// How many nodes have to grant, of so many.
    pub(super) fn needed(&self, nodes: usize) -> usize {
        match self.cluster {
            Some(_) => 1,
            None => self.quorum.needed(nodes).unwrap_or(1),
        }
    }

    /// Whether two keys can be locked as one: there are two, on the same nodes, and nobody queues for them.
    pub(super) fn has_pairs(&self) -> bool {
        self.keys > 1 && self.cluster.is_none() && self.fairness == Fairness::Off
    }
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// No operation and no fault from `after` on: by then each key must be had again, and when the clients have closed
    /// nothing of theirs may be left.
    Quiet {
        /// Since when it is quiet.
        after: Duration,
    },
    /// It just ends.
    Stop {
        /// When.
        at: Duration,
    },
}
