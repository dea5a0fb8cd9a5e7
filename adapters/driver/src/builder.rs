//! Building a client.

use core::fmt;
use std::io;
use std::sync::Arc;

use quorlock_core::{
    ClientId, ClusterConfig, Config, Drift, Endpoint, Fairness, Fencing, Limits, NodeId, Quorum,
    Replication, RestartGuard, Timing, Ttl,
};

use crate::address::Address;
use crate::client::Client;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::{BuildError, SeedFault};
use crate::link::Link;
use crate::node_url::{NodeUrl, UrlError};
use crate::place::Place;
use crate::runtime::Runtime;
use crate::task::Driver;

type RuntimeSource = Box<dyn FnOnce() -> io::Result<Arc<dyn Runtime>> + Send>;

/// Collects what a [`Client`] needs. Adapters hand it out: `quorlock_tokio::builder()`.
pub struct Builder {
    runtime: RuntimeSource,
    nodes: Vec<NodeUrl>,
    seeds: Vec<NodeUrl>,
    client_name: Option<String>,
    accept_eviction: bool,
    config: Config,
}

impl Builder {
    /// A builder for the runtime that `runtime` finds. It is asked in
    /// [`build`](Self::build), whose error tells where there is none.
    pub fn new<F>(runtime: F) -> Self
    where
        F: FnOnce() -> io::Result<Arc<dyn Runtime>> + Send + 'static,
    {
        Self {
            runtime: Box::new(runtime),
            nodes: Vec::new(),
            seeds: Vec::new(),
            client_name: None,
            accept_eviction: false,
            config: Config::new([], ClientId(0), 0),
        }
    }

    /// Adds lock nodes by their URLs; see [`NodeUrl`] for the forms.
    ///
    /// # Errors
    /// The first URL that names no node.
    pub fn nodes<I>(mut self, urls: I) -> Result<Self, UrlError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        for url in urls {
            self.nodes.push(url.as_ref().parse()?);
        }
        Ok(self)
    }

    /// Adds a lock node.
    #[must_use]
    pub fn node(mut self, node: NodeUrl) -> Self {
        self.nodes.push(node);
        self
    }

    /// Uses the primaries of a Redis Cluster, which are found through any of its nodes: give
    /// one or, should it be down, some. Each key is locked on the one primary that has its
    /// hash slot, wherever that goes; scripts must be allowed there, and
    /// [`RestartGuard::Strict`] can't be had. A failover to a replica that lagged behind
    /// loses locks, unless they wait for [`replicas`](Self::replicas): the project's
    /// `core/docs/cluster.md` says what that means.
    ///
    /// # Errors
    /// The first URL that names no node.
    pub fn cluster<I>(mut self, urls: I) -> Result<Self, UrlError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        for url in urls {
            self.seeds.push(url.as_ref().parse()?);
        }
        Ok(self)
    }

    /// How many nodes have to grant a lock; a majority unless said otherwise.
    #[must_use]
    pub const fn quorum(mut self, quorum: Quorum) -> Self {
        self.config.quorum = quorum;
        self
    }

    /// The replicas of each node that must have what it grants, renews or hands over
    /// before that counts as its vote; none unless said otherwise. What it costs, and what
    /// it does not promise, stands at [`Replication`].
    #[must_use]
    pub const fn replicas(mut self, replication: Replication) -> Self {
        self.config.replication = Some(replication);
        self
    }

    /// What clocks may be off; 1 % and 2 ms unless said otherwise.
    #[must_use]
    pub const fn drift(mut self, drift: Drift) -> Self {
        self.config.drift = drift;
        self
    }

    /// How nodes are noticed that have lost what they granted; by their uptime unless
    /// said otherwise. All clients of a deployment have to agree.
    #[must_use]
    pub const fn guard(mut self, guard: RestartGuard) -> Self {
        self.config.guard = guard;
        self
    }

    /// The longest lease that any client of the deployment may ask for; 30 s unless said
    /// otherwise. All clients have to agree: so long a node stays silent that may have
    /// lost its memory.
    #[must_use]
    pub const fn max_ttl(mut self, max_ttl: Ttl) -> Self {
        self.config.max_ttl = max_ttl;
        self
    }

    /// Whether locks come with a fencing token; they do unless said otherwise. All
    /// clients of a resource have to agree.
    #[must_use]
    pub const fn fencing(mut self, fencing: Fencing) -> Self {
        self.config.fencing = fencing;
        self
    }

    /// Whether waiters of all clients are served in the order in which they came; they are
    /// not unless said otherwise. All clients of a deployment have to agree.
    #[must_use]
    pub const fn fairness(mut self, fairness: Fairness) -> Self {
        self.config.fairness = fairness;
        self
    }

    /// Use servers although they throw keys away when their memory is full: a lock may
    /// be one of them. Refused unless said otherwise.
    #[must_use]
    pub const fn accept_eviction(mut self, accept: bool) -> Self {
        self.accept_eviction = accept;
        self
    }

    /// How often in a row a lock may pass from one guard of this client to the next one
    /// that waits for it, before others have their chance; 16 unless said otherwise. With
    /// [`fairness`](Self::fairness) it never does.
    #[must_use]
    pub const fn hand_overs(mut self, most: u32) -> Self {
        self.config.hand_overs = most;
        self
    }

    /// How long to wait for what.
    #[must_use]
    pub const fn timing(mut self, timing: Timing) -> Self {
        self.config.timing = timing;
        self
    }

    /// What the client holds and accepts at most.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// The name of this client in the servers' `CLIENT LIST`.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = Some(name.into());
        self
    }

    /// Starts the client's task, which connects to the nodes in the background.
    ///
    /// # Errors
    /// Nodes, quorum or limits that can't work; no runtime; no randomness.
    pub fn build(self) -> Result<Client, BuildError> {
        for (index, first) in self.nodes.iter().enumerate() {
            let mut others = self.nodes.iter().skip(index + 1);
            // the same database twice is the core's to refuse
            let same =
                |other: &&NodeUrl| other.place() == first.place() && other.name() != first.name();
            if let Some(second) = others.find(same) {
                return Err(BuildError::SameServer {
                    first: first.name().to_owned(),
                    second: second.name().to_owned(),
                });
            }
        }
        let mut config = self.config;
        config.client_id = ClientId(u128::from_ne_bytes(random()?));
        config.seed = u64::from_ne_bytes(random()?);
        let links =
            self.nodes.iter().enumerate().filter_map(|(index, node)| {
                Some(Link::new(NodeId::new(index)?, node.place().clone()))
            });
        let links = links.collect();
        config.nodes = self.nodes.into_iter().map(NodeUrl::into_config).collect();
        for node in &mut config.nodes {
            node.client_name.clone_from(&self.client_name);
            node.accept_eviction = self.accept_eviction;
        }
        if let Some(mut cluster) = cluster_of(self.seeds)? {
            cluster.node.client_name = self.client_name;
            cluster.node.accept_eviction = self.accept_eviction;
            config.cluster = Some(cluster);
        }
        let votes_needed = config.votes_needed()?;
        let runtime = (self.runtime)().map_err(BuildError::Runtime)?;
        let clock = Clock::new(&*runtime);
        let core = quorlock_core::Client::new(config, clock.now(&*runtime))?;
        let engine = Arc::new(Engine::new(core, clock, Arc::clone(&runtime), votes_needed));
        runtime.spawn(Box::pin(Driver::new(Arc::clone(&engine), links)));
        Ok(Client::new(engine))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("nodes", &self.nodes)
            .field("seeds", &self.seeds)
            .field("client_name", &self.client_name)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// The cluster that these nodes belong to; `None` without any.
fn cluster_of(seeds: Vec<NodeUrl>) -> Result<Option<ClusterConfig>, BuildError> {
    let mut cluster: Option<ClusterConfig> = None;
    for seed in seeds {
        let fault = |fault| BuildError::Seed {
            name: seed.name().to_owned(),
            fault,
        };
        let (host, port) = match seed.place() {
            Place::Fixed(Address::Tcp { host, port }) => (host, port),
            Place::Fixed(Address::Unix(_)) => return Err(fault(SeedFault::Unix)),
            Place::Watched(_) => return Err(fault(SeedFault::Sentinels)),
        };
        let endpoint = Endpoint::new(host.as_str(), *port);
        let mut node = seed.clone().into_config();
        node.name.clear();
        let cluster = cluster.get_or_insert_with(|| ClusterConfig {
            node: node.clone(),
            seeds: Vec::new(),
        });
        if cluster.node != node {
            return Err(fault(SeedFault::Differs));
        }
        cluster.seeds.push(endpoint);
    }
    Ok(cluster)
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> Result<[u8; N], BuildError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(BuildError::Random(io::Error::other(error))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail this way")]

    use super::*;

    fn build(urls: &[&str], quorum: Quorum) -> String {
        let none = || Err(io::Error::other("none here"));
        let builder = Builder::new(none).nodes(urls).unwrap();
        builder.quorum(quorum).build().unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let many: Vec<_> = (1..=65).map(|port| format!("redis://h:{port}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let table: [(&[&str], _, _); 6] = [
            (&[], Quorum::Majority, "no node is configured"),
            (
                &["redis://h", "redis://H:6379/"],
                Quorum::Majority,
                "node h:6379 is given twice",
            ),
            (
                &["redis://h", "redis://h/1"],
                Quorum::Majority,
                "h:6379 and h:6379/1 are one server",
            ),
            (&many, Quorum::Majority, "65 nodes are configured"),
            (
                &["redis://a", "redis://b"],
                Quorum::Votes(1),
                "Votes(1) is no quorum of 2 nodes",
            ),
            (&["redis://a"], Quorum::All, "no async runtime: none here"),
        ];
        for (urls, quorum, expected) in table {
            let error = build(urls, quorum);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn clients_differ_in_their_random_numbers() {
        assert_ne!(random::<16>().unwrap(), random::<16>().unwrap());
    }
}
