//! Building a client.

use core::fmt;
use std::io;
use std::sync::Arc;

use quorlock_core::{ClientId, Config, Drift, Limits, NodeId, Quorum, Timing};

use crate::client::Client;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::BuildError;
use crate::link::Link;
use crate::node_url::{NodeUrl, UrlError};
use crate::runtime::Runtime;
use crate::task::Driver;

type RuntimeSource = Box<dyn FnOnce() -> io::Result<Arc<dyn Runtime>> + Send>;

/// Collects what a [`Client`] needs. Adapters hand it out: `quorlock_tokio::builder()`.
pub struct Builder {
    runtime: RuntimeSource,
    nodes: Vec<NodeUrl>,
    client_name: Option<String>,
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
            client_name: None,
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

    /// How many nodes have to grant a lock; a majority unless said otherwise.
    #[must_use]
    pub const fn quorum(mut self, quorum: Quorum) -> Self {
        self.config.quorum = quorum;
        self
    }

    /// What clocks may be off; 1 % and 2 ms unless said otherwise.
    #[must_use]
    pub const fn drift(mut self, drift: Drift) -> Self {
        self.config.drift = drift;
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
            let same = |other: &&NodeUrl| {
                other.address() == first.address() && other.name() != first.name()
            };
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
        let links = self.nodes.iter().enumerate().filter_map(|(index, node)| {
            Some(Link::new(NodeId::new(index)?, node.address().clone()))
        });
        let links = links.collect();
        config.nodes = self.nodes.into_iter().map(NodeUrl::into_config).collect();
        for node in &mut config.nodes {
            node.client_name.clone_from(&self.client_name);
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
            .field("client_name", &self.client_name)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> Result<[u8; N], BuildError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(BuildError::Random(io::Error::other(error))),
    }
}
