//! A client in its world: the machine, its clock, and what its application is up to.

use quorlock_core::{Client, ClientId, Config, Fencing, Instant, LockId, NodeConfig, Ttl};

use super::choice::{Subject, choose};
use super::clock::ttl;
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

#[derive(Debug)]
pub(super) struct Participant {
    /// The process; none before its start and while it is down.
    pub(super) core: Option<Client>,
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
            clock,
            life: 0,
            timer: u64::MAX,
            paused_until: 0,
            down_by: None,
            wanted: Vec::new(),
            closed: false,
        }
    }

    /// Starts a process that remembers nothing.
    pub(super) fn start(&mut self, plan: &Plan, now: u64, client: usize, life: usize) {
        let settings = &plan.settings;
        let nodes = (0..plan.node_clocks.len()).map(|node| NodeConfig::new(node.to_string()));
        let seed = choose(
            plan.seed,
            Subject::Jitter,
            [client as u64, life as u64, 0, 0],
        );
        let mut config = Config::new(nodes, ClientId(life as u128), seed);
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
        self.life = life;
        self.paused_until = 0;
        self.down_by = None;
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
