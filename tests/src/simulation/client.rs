//! A client and what its application is up to.

use core::time::Duration;

use quorlock_core::{Client, ClientId, Config, Instant, LockId, NodeConfig, RestartGuard};

use super::Plan;

/// A clock that runs a little fast or slow, against true time in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) ppm: i64,
}

impl Clock {
    /// What this clock shows at a true time.
    pub(super) fn read(self, now: u64) -> u64 {
        let shown = i128::from(now) * i128::from(1_000_000 + self.ppm) / 1_000_000;
        u64::try_from(shown).unwrap_or(u64::MAX)
    }

    /// The first true time at which this clock shows at least `shown`.
    pub(super) fn when(self, shown: u64) -> u64 {
        let now = i128::from(shown) * 1_000_000 / i128::from(1_000_000 + self.ppm);
        let mut now = u64::try_from(now).unwrap_or(u64::MAX);
        while self.read(now) < shown && now < u64::MAX {
            now += 1;
        }
        now
    }
}

/// A lock that the application asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) lock: LockId,
    pub(super) key: usize,
    /// It has to have an answer by then, on the client's clock.
    pub(super) answer_by: Instant,
    pub(super) granted: bool,
    /// The application has given it back.
    pub(super) done: bool,
}

#[derive(Debug)]
pub(super) struct Participant {
    pub(super) core: Client,
    pub(super) clock: Clock,
    pub(super) wanted: Vec<Wanted>,
    /// The timer that is in the queue, in true time.
    pub(super) timer: u64,
    pub(super) closed: bool,
}

impl Participant {
    pub(super) fn new(plan: &Plan, index: usize, seed: u64, clock: Clock) -> Self {
        let nodes = (0..plan.nodes).map(|node| NodeConfig::new(node.to_string()));
        let id = ClientId((u128::from(seed) << 8) | index as u128);
        let mut config = Config::new(nodes, id, seed ^ index as u64);
        config.guard = RestartGuard::Off;
        config.drift.ppm = plan.drift_ppm;
        config.timing.connect_timeout = Duration::from_millis(500);
        config.timing.reconnect.longest = Duration::from_millis(200);
        Self {
            core: Client::new(config, Instant::from_nanos(clock.read(0)))
                .expect("a configuration that can work"),
            clock,
            wanted: Vec::new(),
            timer: u64::MAX,
            closed: false,
        }
    }

    pub(super) fn forget(&mut self, lock: LockId) -> Option<Wanted> {
        let at = self.wanted.iter().position(|wanted| wanted.lock == lock)?;
        Some(self.wanted.swap_remove(at))
    }
}
