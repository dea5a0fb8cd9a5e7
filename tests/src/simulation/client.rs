//! A client in its world: the machine, its clock, and what its application is up to.

use quorlock_core::{
    Client, ClientId, ClusterConfig, Config, Endpoint, Fencing, Instant, LockId, NodeConfig,
    NodeId, Ttl,
};

use super::choice::{Subject, choose};
use super::clock::ttl;
use super::cluster;
use super::plan::{Clock, Operation, Plan};
use super::wire::OwnerName;

/// How far a lock has come, as its events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Asked,
    Held,
    /// Lost, and not given back yet.
    Lost,
    /// Released; the verdict is awaited. `lost`: it had been lost before.
    Released {
        lost: bool,
    },
}

/// A lock that the application asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) lock: LockId,
    pub(super) operation: Operation,
    pub(super) stage: Stage,
    /// It has to have an answer by then, on the client's clock.
    pub(super) answer_by: Instant,
    /// It must be granted: nothing is in its way.
    pub(super) must: bool,
    /// What the nodes store for it, once it is held.
    pub(super) owner: Option<OwnerName>,
}

/// A node as a client knows it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peer {
    /// Which one it is.
    pub(super) server: usize,
    /// The connection to it.
    pub(super) current: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Participant {
    /// The process; none before its start and while it is down.
    pub(super) core: Option<Client>,
    /// The nodes that it has met, by what it calls them.
    peers: Vec<Peer>,
    pub(super) clock: Clock,
    /// Counts the processes of all clients: what the nodes know it by.
    pub(super) life: usize,
    /// The timer that is in the queue, in true time; `u64::MAX`: none.
    pub(super) timer: u64,
    /// Stands still until then.
    pub(super) paused_until: u64,
    /// The fault that it is down by.
    pub(super) down_by: Option<usize>,
    pub(super) wanted: Vec<Wanted>,
    pub(super) closed: bool,
}

impl Participant {
    /// One that has not been started.
    pub(super) const fn new(clock: Clock) -> Self {
        Self {
            core: None,
            peers: Vec::new(),
            clock,
            life: 0,
            timer: u64::MAX,
            paused_until: 0,
            down_by: None,
            wanted: Vec::new(),
            closed: false,
        }
    }

    /// Starts a process that remembers nothing. `seeds` are where it looks for a cluster.
    pub(super) fn start(
        &mut self,
        plan: &Plan,
        now: u64,
        (client, life): (usize, usize),
        seeds: Vec<Endpoint>,
    ) {
        let settings = &plan.settings;
        let seed = choose(
            plan.seed,
            Subject::Jitter,
            [client as u64, life as u64, 0, 0],
        );
        let id = ClientId(life as u128);
        let mut config = if settings.cluster.is_some() {
            Config::of_cluster(ClusterConfig::new(seeds), id, seed)
        } else {
            let nodes = 0..plan.node_clocks.len();
            let nodes = nodes.map(|node| NodeConfig::new(node.to_string()));
            Config::new(nodes, id, seed)
        };
        config.guard = settings.guard;
        config.quorum = settings.quorum;
        config.fairness = settings.fairness;
        config.replication = settings.replication;
        (config.drift.ppm, config.drift.margin) = settings.drift;
        config.max_ttl = Ttl::from_millis(ttl(settings.max_ttl));
        config.timing = settings.timing;
        if !settings.tokens {
            config.fencing = Fencing::Off;
        }
        let now = self.clock.read(now);
        self.core = Some(Client::new(config, now).expect("a configuration that can work"));
        self.peers.clear();
        self.life = life;
        self.paused_until = 0;
        self.down_by = None;
    }

    /// The client connects to a node: which server it means, and at which of that one's addresses.
    pub(super) fn meet(&mut self, node: NodeId, connection: usize) -> (usize, usize) {
        let core = self.core.as_ref();
        let endpoint = core.and_then(|core| core.endpoint(node));
        let (server, address) = endpoint.map_or((node.index(), 0), cluster::server_at);
        let len = self.peers.len().max(node.index() + 1);
        self.peers.resize(len, Peer::default());
        let current = Some(connection);
        self.peers[node.index()] = Peer { server, current };
        (server, address)
    }

    /// The connection to a node has ended; tells which that was.
    pub(super) fn leave(&mut self, node: NodeId) -> Option<usize> {
        self.peers.get_mut(node.index())?.current.take()
    }

    /// Who the client calls so.
    pub(super) fn peer(&self, node: NodeId) -> Peer {
        self.peers[node.index()]
    }

    /// How many it has met.
    pub(super) const fn peers(&self) -> usize {
        self.peers.len()
    }

    /// The connection to a server.
    pub(super) fn connection_to(&self, server: usize) -> Option<usize> {
        let mut to = self.peers.iter().filter(|peer| peer.server == server);
        to.find_map(|peer| peer.current)
    }

    /// The process dies with all it knew.
    pub(super) fn crash(&mut self, fault: usize) {
        self.core = None;
        self.timer = u64::MAX;
        self.down_by = Some(fault);
        self.wanted.clear();
    }

    /// Whether an application of its waits for a lock.
    pub(super) fn waits(&self) -> bool {
        let waits = |it: &Wanted| it.stage == Stage::Asked && it.operation.patience.is_some();
        self.wanted.iter().any(waits)
    }

    pub(super) fn find(&mut self, lock: LockId) -> Option<&mut Wanted> {
        self.wanted.iter_mut().find(|wanted| wanted.lock == lock)
    }

    pub(super) fn forget(&mut self, lock: LockId) -> Option<Wanted> {
        let at = self.wanted.iter().position(|wanted| wanted.lock == lock)?;
        Some(self.wanted.swap_remove(at))
    }

    /// The client is being closed, which releases everything. Names what was held or asked for.
    pub(super) fn closing(&mut self) -> impl Iterator<Item = LockId> {
        self.wanted.iter_mut().map(|wanted| {
            let lost = matches!(wanted.stage, Stage::Lost | Stage::Released { lost: true });
            if wanted.stage != Stage::Asked {
                wanted.stage = Stage::Released { lost };
            }
            wanted.must = false;
            wanted.lock
        })
    }

    /// What should have had an answer before `now`.
    pub(super) fn unanswered(&self, now: Instant) -> Option<&Wanted> {
        let overdue = |wanted: &&Wanted| wanted.stage == Stage::Asked && wanted.answer_by < now;
        self.wanted.iter().find(overdue)
    }
}
