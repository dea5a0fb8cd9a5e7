//! The faults of a generated plan. Each kind is fully on or fully off in a plan: a rare fault shows more where nine
//! others are not in its way. Source: Groce et al., "Swarm testing" (2012).

use core::time::Duration;

use fastrand::Rng;
use quorlock_core::RestartGuard;

use super::plan::{Fate, Fault, FaultKind, Members, Memory, Settings, Way};
use super::profile::{Profile, millis, pick};

/// The faults of a plan, over by `end`.
pub(super) fn faults(
    profile: Profile,
    random: &mut Rng,
    settings: &Settings,
    clients: usize,
    nodes: usize,
    end: Duration,
) -> Vec<Fault> {
    let mut swarm = Swarm {
        random: random.fork(),
        clients,
        nodes,
        end,
        keys: settings.keys,
        keeps: settings.guard == RestartGuard::Off && profile != Profile::Unguarded,
        faults: Vec::new(),
    };
    let clustered = settings.cluster.is_some();
    let kinds: [(bool, usize, Kind); 12] = [
        (true, 2, Swarm::client_crash),
        (true, 5, Swarm::client_pause),
        (profile == Profile::ClockJumps, 12, Swarm::clock_jump),
        (true, 10, Swarm::cut),
        (
            matches!(profile, Profile::Strict | Profile::Unguarded),
            2,
            Swarm::flush,
        ),
        (true, 8, Swarm::hold),
        (true, 4, Swarm::node_pause),
        (true, 4, Swarm::restart),
        (clustered, 4, Swarm::move_slot),
        (clustered, 1, Swarm::remove),
        (clustered, 2, Swarm::failover),
        (clustered, 4, Swarm::lag),
    ];
    for (possible, most, kind) in kinds {
        if possible && swarm.random.bool() {
            for _ in 0..swarm.random.usize(1..=most) {
                swarm.add(kind);
            }
        }
    }
    swarm.lag_before_failovers();
    swarm.faults
}

/// Failovers, and replicas that lag, over by `end`.
pub(super) fn failovers(seed: u64, nodes: usize, end: Duration) -> Vec<Fault> {
    let mut swarm = Swarm {
        random: Rng::with_seed(seed),
        clients: 0,
        nodes,
        end,
        keys: 0,
        keeps: true,
        faults: Vec::new(),
    };
    let kinds: [(usize, Kind); 2] = [(6, Swarm::failover), (8, Swarm::lag_of_some)];
    for (most, kind) in kinds {
        for _ in 0..swarm.random.usize(1..=most) {
            swarm.add(kind);
        }
    }
    swarm.faults
}

/// Draws a fault of a kind, and tells how long it lasts.
type Kind = fn(&mut Swarm) -> (FaultKind, Duration);

struct Swarm {
    random: Rng,
    clients: usize,
    nodes: usize,
    keys: usize,
    end: Duration,
    /// Nodes keep their keys: nothing would notice that they forgot.
    keeps: bool,
    faults: Vec<Fault>,
}

impl Swarm {
    /// A fault of a kind, which tells how long it lasts.
    fn add(&mut self, kind: Kind) {
        let (kind, lasts) = kind(self);
        let latest = self.end.saturating_sub(lasts).as_micros();
        let at = self
            .random
            .u64(1..u64::try_from(latest).unwrap_or(1).max(2));
        let at = Duration::from_micros(at);
        self.faults.push(Fault { at, kind });
    }

    fn client(&mut self) -> usize {
        self.random.usize(0..self.clients)
    }

    fn node(&mut self) -> usize {
        self.random.usize(0..self.nodes)
    }

    /// Short, or about as long as a lease.
    fn span(&mut self) -> Duration {
        let longest = *pick(&mut self.random, &[20, 300, 1_500]);
        millis(&mut self.random, 1..longest)
    }

    fn client_crash(&mut self) -> (FaultKind, Duration) {
        let (client, down) = (self.client(), self.span());
        (FaultKind::ClientCrash { client, down }, down)
    }

    fn client_pause(&mut self) -> (FaultKind, Duration) {
        let (client, span) = (self.client(), self.span());
        (FaultKind::ClientPause { client, span }, span)
    }

    fn clock_jump(&mut self) -> (FaultKind, Duration) {
        let node = self.node();
        let by_us = self.random.i64(100_000..1_500_000);
        let by_us = if self.random.bool() { by_us } else { -by_us };
        (FaultKind::ClockJump { node, by_us }, Duration::ZERO)
    }

    fn cut(&mut self) -> (FaultKind, Duration) {
        let (client, node) = (self.client(), self.node());
        let late = self.span();
        let fate = *pick(&mut self.random, &[Fate::Lost, Fate::Late(late)]);
        (FaultKind::Cut { client, node, fate }, late)
    }

    fn failover(&mut self) -> (FaultKind, Duration) {
        let (node, down) = (self.node(), self.span());
        (FaultKind::Failover { node, down }, down)
    }

    fn flush(&mut self) -> (FaultKind, Duration) {
        let node = self.node();
        (FaultKind::Flush { node }, Duration::ZERO)
    }

    /// One link, one client, one node, or two sides; in one direction or in both.
    fn hold(&mut self) -> (FaultKind, Duration) {
        let (client, node) = (self.client(), self.node());
        let some = Members(self.random.u64(..));
        let (clients, nodes) = *pick(
            &mut self.random,
            &[
                (Members::one(client), Members::one(node)),
                (Members::one(client), Members::ALL),
                (Members::ALL, Members::one(node)),
                (Members::one(client), some),
                (some, some),
            ],
        );
        let way = *pick(&mut self.random, &[Way::Both, Way::ToClient, Way::ToNode]);
        let span = self.span();
        let kind = FaultKind::Hold {
            clients,
            nodes,
            way,
            span,
        };
        (kind, span)
    }

    /// Half of the failovers come when the replica has heard nothing for a while.
    fn lag_before_failovers(&mut self) {
        for Fault { at, kind } in self.faults.clone() {
            if let FaultKind::Failover { node, .. } = kind
                && self.random.bool()
            {
                let span = self.span();
                let kind = FaultKind::Lag {
                    node,
                    replicas: Members::ALL,
                    span,
                };
                let at = at.saturating_sub(span);
                self.faults.push(Fault { at, kind });
            }
        }
    }

    fn lag(&mut self) -> (FaultKind, Duration) {
        let (node, span) = (self.node(), self.span());
        lag_of(node, Members::ALL, span)
    }

    /// One of two replicas, or all.
    fn lag_of_some(&mut self) -> (FaultKind, Duration) {
        let (node, span) = (self.node(), self.span());
        let which = [Members::one(0), Members::one(1), Members::ALL, Members::ALL];
        lag_of(node, *pick(&mut self.random, &which), span)
    }

    fn move_slot(&mut self) -> (FaultKind, Duration) {
        let (key, to, span) = (self.random.usize(0..self.keys), self.node(), self.span());
        (FaultKind::MoveSlot { key, to, span }, span)
    }

    fn remove(&mut self) -> (FaultKind, Duration) {
        let (node, to) = (self.node(), self.node());
        let (span, away) = (self.span(), self.span());
        let kind = FaultKind::Remove {
            node,
            to,
            span,
            away,
        };
        (kind, span + away)
    }

    fn node_pause(&mut self) -> (FaultKind, Duration) {
        let (node, span) = (self.node(), self.span());
        (FaultKind::NodePause { node, span }, span)
    }

    fn restart(&mut self) -> (FaultKind, Duration) {
        let (node, down, age) = (self.node(), self.span(), self.span());
        let forgets = [Memory::Kept, Memory::Lost, Memory::Old(age)];
        let memory = *pick(&mut self.random, &forgets);
        let memory = if self.keeps { Memory::Kept } else { memory };
        (FaultKind::Restart { node, down, memory }, down)
    }
}

/// Replicas of a node hear nothing.
fn lag_of(node: usize, replicas: Members, span: Duration) -> (FaultKind, Duration) {
    let kind = FaultKind::Lag {
        node,
        replicas,
        span,
    };
    (kind, span)
}
