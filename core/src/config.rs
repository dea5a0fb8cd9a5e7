//! What a client is told once: nodes, quorum, guard, fencing, drift, limits and times.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use quorlock_resp::Limits as DecoderLimits;

use crate::cluster_config::ClusterConfig;
use crate::fairness::Fairness;
use crate::guard::RestartGuard;
use crate::node::MAX_NODES;
use crate::owner::ClientId;
use crate::quorum::Quorum;
use crate::replication::Replication;
use crate::token::Fencing;
use crate::validity::{Drift, Ttl};

/// The configuration of a [`Client`](crate::Client).
///
/// ```
/// use quorlock_core::{ClientId, Config, NodeConfig};
///
/// let nodes = ["a:6379", "b:6379", "c:6379"].map(NodeConfig::new);
/// let config = Config::new(nodes, ClientId(0x1234), 7);
/// assert_eq!(config.votes_needed(), Ok(2));
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// Drawn at random for each client; part of every owner string.
    pub client_id: ClientId,
    /// The cluster whose primaries are the lock nodes: each key is voted on by the one that
    /// has its hash slot. [`nodes`](Self::nodes) is empty then.
    pub cluster: Option<ClusterConfig>,
    /// What clocks may be off.
    pub drift: Drift,
    /// Whether waiters of all clients are served in the order in which they came
    /// (default: they are not).
    pub fairness: Fairness,
    /// Whether locks come with a fencing token (default: they do).
    pub fencing: Fencing,
    /// How nodes are noticed that have lost what they granted (default: by their
    /// uptime).
    pub guard: RestartGuard,
    /// How often in a row a lock may pass from one of this client to the next one of it
    /// before others have their chance (default 16).
    pub hand_overs: u32,
    /// What the client holds and accepts at most.
    pub limits: Limits,
    /// The longest lease that any client of the deployment may ask for: a constant,
    /// the same for all of them (default 30 s). So long a node stays silent that may
    /// have lost its memory.
    pub max_ttl: Ttl,
    /// The lock nodes, 1 to [`MAX_NODES`].
    pub nodes: Vec<NodeConfig>,
    /// How many nodes have to grant.
    pub quorum: Quorum,
    /// The replicas that must have what a node grants (default: none).
    pub replication: Option<Replication>,
    /// Seed of the jitter. Clients should differ in it.
    pub seed: u64,
    /// Times to wait.
    pub timing: Timing,
}

impl Config {
    /// The longest lease unless said otherwise: 30 s.
    pub const MAX_TTL: Ttl = Ttl::from_millis(30_000);

    /// A configuration with default quorum (majority), guard (uptime), fencing (on),
    /// drift, limits, longest lease and times.
    pub fn new<I>(nodes: I, client_id: ClientId, seed: u64) -> Self
    where
        I: IntoIterator<Item = NodeConfig>,
    {
        Self {
            client_id,
            cluster: None,
            drift: Drift::DEFAULT,
            fairness: Fairness::Off,
            fencing: Fencing::DEFAULT,
            guard: RestartGuard::Uptime,
            hand_overs: 16,
            limits: Limits::DEFAULT,
            max_ttl: Self::MAX_TTL,
            nodes: nodes.into_iter().collect(),
            quorum: Quorum::Majority,
            replication: None,
            seed,
            timing: Timing::DEFAULT,
        }
    }

    /// The same for the primaries of a cluster, which needs no quorum.
    #[must_use]
    pub fn of_cluster(cluster: ClusterConfig, client_id: ClientId, seed: u64) -> Self {
        Self {
            cluster: Some(cluster),
            ..Self::new([], client_id, seed)
        }
    }

    /// Checks the whole configuration and tells how many votes a lock needs.
    ///
    /// # Errors
    /// The first thing that can't work, with the value.
    pub fn votes_needed(&self) -> Result<usize, ConfigError> {
        let nodes = match &self.cluster {
            Some(cluster) => cluster.check(self)?,
            None => self.nodes.len(),
        };
        if nodes == 0 {
            return Err(ConfigError::NoNodes);
        }
        if nodes > MAX_NODES {
            return Err(ConfigError::TooManyNodes { nodes });
        }
        for (index, node) in self.nodes.iter().enumerate() {
            if self
                .nodes
                .iter()
                .skip(index + 1)
                .any(|other| other.name == node.name)
            {
                return Err(ConfigError::DuplicateNode {
                    name: node.name.clone(),
                });
            }
        }
        if self.limits.in_flight < 2 || self.limits.locks == 0 {
            return Err(ConfigError::LimitTooSmall);
        }
        if let Some(replication) = self.replication {
            replication.check(&self.timing)?;
        }
        let quorum = self.quorum;
        quorum
            .needed(nodes)
            .ok_or(ConfigError::Quorum { quorum, nodes })
    }
}

/// One lock node as the core sees it: where it is, the adapter knows.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeConfig {
    /// Use the server although it throws keys away when its memory is full
    /// (`maxmemory-policy` other than `noeviction`): a lock may be one of them.
    pub accept_eviction: bool,
    /// Name of this client in the server's client list.
    pub client_name: Option<String>,
    /// User name (`None`: the server's default user) and password.
    pub credentials: Option<Credentials>,
    /// Database number, for `SELECT`.
    pub database: u32,
    /// How events and errors name the node; unique in a configuration.
    pub name: String,
}

impl NodeConfig {
    /// A node without a password, database 0.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            accept_eviction: false,
            client_name: None,
            credentials: None,
            database: 0,
            name: name.into(),
        }
    }
}

impl fmt::Debug for NodeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeConfig")
            .field("name", &self.name)
            .field("database", &self.database)
            .field("accept_eviction", &self.accept_eviction)
            .field("client_name", &self.client_name)
            .field("credentials", &self.credentials)
            .finish()
    }
}

/// What a client shows to a server. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `None` is the server's default user.
    pub username: Option<String>,
    /// The password in the clear.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .field("password", &"***")
            .finish()
    }
}

/// What a client holds and accepts at most. Going over is an error value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Keys for which the client listens to its nodes at one time (default 1,024). Who
    /// waits for another one asks by the clock.
    pub channels: usize,
    /// Frames from a server.
    pub decoder: DecoderLimits,
    /// Commands to one node that wait for an answer (default 8,192). From there on
    /// the node gets no new acquisitions; releases still go out.
    pub in_flight: usize,
    /// Bytes of a key (default 4,096).
    pub key: usize,
    /// Keys of one lock (default 64).
    pub keys: usize,
    /// Locks held or waited for at one time (default 100,000). Releases on their way
    /// in the background may be so many, and `in_flight` more.
    pub locks: usize,
}

impl Limits {
    /// The values named at the fields; frames of at most 1 MiB, as no answer to a
    /// lock command is longer than a line.
    pub const DEFAULT: Self = Self {
        channels: 1_024,
        decoder: DecoderLimits {
            depth: 16,
            elements: 4_096,
            bulk: 1 << 20,
            line: 64 * 1024,
            frame: 1 << 20,
        },
        in_flight: 8_192,
        key: 4_096,
        keys: 64,
        locks: 100_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How long to wait for what. All are spans, none is a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timing {
    /// From asking for a connection to the end of its handshake (default 5 s).
    pub connect_timeout: Duration,
    /// How long the nodes are listened to for a key that nobody waits for any more
    /// (default 10 s): the next one may come soon.
    pub listen_on: Duration,
    /// `Lost` is told so long before validity ends (default 10 ms, never more than an
    /// eighth of the validity), so that a timer that fires a little late still tells
    /// it in time.
    pub lost_notice: Duration,
    /// First and longest pause between two connections to a node (50 ms, 2 s).
    pub reconnect: Backoff,
    /// First and longest pause before a cluster is asked again who has which slots
    /// (50 ms, 1 s): never sooner than the first, whatever happens.
    pub refresh: Backoff,
    /// Longest time that a round of an acquisition waits for its votes (default 5 s,
    /// never more than half of the lease).
    pub round_timeout: Duration,
    /// How long a release waits for enough answers before it is reported as
    /// unverified (default 2 s). It goes on in the background.
    pub release_timeout: Duration,
    /// First and longest pause between two rounds of an acquisition (5 ms, 200 ms).
    pub retry: Backoff,
    /// A node that owes an answer for so long gets no new acquisitions until it
    /// answers (default 1 s).
    pub stall_after: Duration,
    /// A node that owes an answer for so long is connected anew (default 5 s: soon
    /// enough to save a lease of 10 s on a connection that died without a word).
    pub stall_limit: Duration,
    /// A quiet connection is asked with `PING` after so long (default 15 s).
    pub ping_after: Duration,
}

impl Timing {
    /// The values named at the fields.
    pub const DEFAULT: Self = Self {
        connect_timeout: Duration::from_secs(5),
        listen_on: Duration::from_secs(10),
        lost_notice: Duration::from_millis(10),
        reconnect: Backoff {
            first: Duration::from_millis(50),
            longest: Duration::from_secs(2),
        },
        refresh: Backoff {
            first: Duration::from_millis(50),
            longest: Duration::from_secs(1),
        },
        release_timeout: Duration::from_secs(2),
        retry: Backoff {
            first: Duration::from_millis(5),
            longest: Duration::from_millis(200),
        },
        round_timeout: Duration::from_secs(5),
        stall_after: Duration::from_secs(1),
        stall_limit: Duration::from_secs(5),
        ping_after: Duration::from_secs(15),
    };
}

impl Default for Timing {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Pauses that double from `first` to `longest`, each drawn from its upper half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backoff {
    /// Before the second attempt.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Backoff {
    /// The shortest pause: one of zero would make a timer that never rests.
    const LEAST: Duration = Duration::from_millis(1);

    /// The pause after `failures` failures, before jitter.
    #[must_use]
    pub fn pause(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1 << doublings).min(self.longest);
        pause.max(Self::LEAST)
    }
}

/// A configuration that can't work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A cluster has database 0 only.
    #[error("a cluster has no database {database}, only 0")]
    ClusterDatabase {
        /// As configured.
        database: u32,
    },
    /// Nodes are given, and a cluster as well.
    #[error("lock nodes are given beside a cluster, which is to find its own")]
    ClusterNodes,
    /// [`RestartGuard::Strict`] in a cluster: a guard key would have to be in every slot.
    #[error("the guard `strict` does not work in a cluster: use `uptime`, or `off`")]
    ClusterStrict,
    /// The same node twice: one server would vote twice.
    #[error("node {name} is given twice: one server must not vote twice")]
    DuplicateNode {
        /// Its name.
        name: String,
    },
    /// `limits.in_flight` below 2 (an acquire and its release) or `limits.locks` 0.
    #[error("limits.in_flight must be at least 2 and limits.locks at least 1")]
    LimitTooSmall,
    /// Nothing to lock on.
    #[error("no node is configured")]
    NoNodes,
    /// [`Replication`] that asks for none.
    #[error("0 replicas are none to wait for: give 1 or more, or no replication")]
    NoReplicas,
    /// Two quorums would not share a node, or there are fewer nodes than votes.
    #[error("{quorum:?} is no quorum of {nodes} nodes: more than half and at most all must grant")]
    Quorum {
        /// What was asked for.
        quorum: Quorum,
        /// Number of nodes.
        nodes: usize,
    },
    /// [`Replication::timeout`] that no node can wait for.
    #[error(
        "replicas can't be waited for during {timeout:?}: from 1 ms to less than {round_timeout:?}"
    )]
    ReplicaTimeout {
        /// As configured.
        timeout: Duration,
        /// [`Timing::round_timeout`].
        round_timeout: Duration,
    },
    /// More than [`MAX_NODES`].
    #[error("{nodes} nodes are configured, the most is {MAX_NODES}")]
    TooManyNodes {
        /// Number of nodes.
        nodes: usize,
    },
}
