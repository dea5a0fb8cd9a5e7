//! What may happen to a world: named kinds of plans, and the plan that a seed stands for in each.

use core::time::Duration;

use fastrand::Rng;
use quorlock_core::{Fairness, Replication, RestartGuard};

use super::invariant::Invariant;
use super::plan::{
    Clock, Ending, Finish, Network, Operation, Plan, Replicas, Settings, Weather, Writes,
};
use super::swarm;

/// A kind of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Clocks of nodes jump, which no setting of ours allows for.
    ClockJumps,
    /// As the safe one, on the primaries of a Redis Cluster, whose slots move and whose replicas take over; a grant
    /// counts when the replica has it.
    Cluster,
    /// The same, and nobody waits for replicas.
    ClusterUnheard,
    /// Replicas lag and take their nodes' places, and a grant counts when as many have it as it takes.
    Failovers,
    /// The same, and nobody waits for them.
    FailoversUnheard,
    /// As the safe one, in the order in which clients came.
    Fair,
    /// Clocks run up to a fifth too fast or too slow, and clients allow for nothing.
    NoDriftAllowance,
    /// The defaults: everything goes wrong but flushed nodes and jumping clocks.
    Safe,
    /// The strict guard: nodes are flushed as well.
    Strict,
    /// The storage does not look at tokens.
    Unfenced,
    /// Without a guard: nodes forget, and vote at once.
    Unguarded,
}

/// Nodes of a cluster that have slots in the beginning.
const PRIMARIES: usize = 3;

/// Each node of a cluster has one.
const REPLICA: Replicas = Replicas {
    each: 1,
    lag: Duration::from_millis(10),
};

/// How long a primary of a cluster waits for it.
const HEARD_WITHIN: Duration = Duration::from_millis(100);

/// How long a place in a queue lasts: less than most leases.
const PLACE: Duration = Duration::from_millis(200);

/// Since when a generated run is quiet.
const QUIET: Duration = Duration::from_secs(8);

impl Profile {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::ClockJumps,
        Self::Cluster,
        Self::ClusterUnheard,
        Self::Failovers,
        Self::FailoversUnheard,
        Self::Fair,
        Self::NoDriftAllowance,
        Self::Safe,
        Self::Strict,
        Self::Unfenced,
        Self::Unguarded,
    ];

    /// As it is called on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClockJumps => "clock-jumps",
            Self::Cluster => "cluster",
            Self::ClusterUnheard => "cluster-unheard",
            Self::Failovers => "failovers",
            Self::FailoversUnheard => "failovers-unheard",
            Self::Fair => "fair",
            Self::NoDriftAllowance => "no-drift-allowance",
            Self::Safe => "safe",
            Self::Strict => "strict",
            Self::Unfenced => "unfenced",
            Self::Unguarded => "unguarded",
        }
    }

    /// What breaks in the long run where a protection is off; nothing where they are on.
    #[must_use]
    pub const fn breaks(self) -> &'static [Invariant] {
        match self {
            Self::Cluster | Self::Failovers | Self::Fair | Self::Safe | Self::Strict => &[],
            Self::Unfenced => &[Invariant::NoStaleWrite],
            // tokens fall where the counter is not heard of either
            Self::ClusterUnheard => &[Invariant::OneHolder, Invariant::TokensRise],
            Self::FailoversUnheard | Self::NoDriftAllowance | Self::Unguarded => {
                &[Invariant::OneHolder]
            }
            // a clock that jumps forward makes a young server old as well
            Self::ClockJumps => &[
                Invariant::OneHolder,
                Invariant::TokensRise,
                Invariant::ForgettersSilent,
            ],
        }
    }

    /// The plan of a seed.
    #[must_use]
    pub fn plan(self, seed: u64) -> Plan {
        let mut random = Rng::with_seed(seed);
        let nodes = *pick(&mut random, &[1, 2, 3, 3, 3, 4, 5, 5, 5, 5, 5, 5]);
        let nodes = if self.is_cluster() {
            random.usize(PRIMARIES..=PRIMARIES + 2)
        } else {
            nodes
        };
        let clients = random.usize(2..=4);
        let mut settings = self.settings(&mut random);
        let replicas = self.replicas(seed, &mut settings);
        let network = Network::Varying(*pick(&mut random, &WEATHERS));
        let mut operations: Vec<Operation> = (0..clients)
            .flat_map(|client| operations(&mut random, &settings, client))
            .collect();
        if settings.has_pairs() {
            pair(&mut Rng::with_seed(!seed), &mut operations);
        }
        let mut faults = swarm::faults(self, &mut random, &settings, clients, nodes, QUIET);
        if self.is_replicated() {
            faults.extend(swarm::failovers(!seed, nodes, QUIET));
        }
        Plan {
            seed,
            settings,
            client_clocks: (0..clients).map(|_| self.clock(&mut random, 0)).collect(),
            node_clocks: (0..nodes)
                .map(|_| self.clock(&mut random, 40_000))
                .collect(),
            replicas,
            network,
            operations,
            faults,
            ending: Ending::Quiet { after: QUIET },
        }
    }

    const fn is_replicated(self) -> bool {
        matches!(self, Self::Failovers | Self::FailoversUnheard)
    }

    const fn is_cluster(self) -> bool {
        matches!(self, Self::Cluster | Self::ClusterUnheard)
    }

    fn settings(self, random: &mut Rng) -> Settings {
        let guard = match self {
            Self::Strict => RestartGuard::Strict,
            // an uptime tells nothing of a replica that takes a node's place; and the guards look at clocks, and would keep
            // such nodes out
            Self::Failovers | Self::FailoversUnheard | Self::NoDriftAllowance | Self::Unguarded => {
                RestartGuard::Off
            }
            // where nothing is forgotten, no guard is needed
            Self::Cluster | Self::Fair | Self::Safe if random.u8(0..5) == 0 => RestartGuard::Off,
            Self::ClockJumps
            | Self::Cluster
            | Self::ClusterUnheard
            | Self::Fair
            | Self::Safe
            | Self::Unfenced => RestartGuard::Uptime,
        };
        let (ppm, margin) = Settings::DEFAULT.drift;
        Settings {
            keys: random.usize(1..=2),
            guard,
            cluster: self.is_cluster().then_some(PRIMARIES),
            tokens: self == Self::Unfenced || random.u8(0..6) > 0,
            replication: (self == Self::Cluster).then(|| Replication {
                timeout: HEARD_WITHIN,
                ..Replication::new(1)
            }),
            fairness: if self == Self::Fair {
                Fairness::Queue { place: PLACE }
            } else {
                Fairness::Off
            },
            fenced: self != Self::Unfenced,
            drift: (
                if self == Self::NoDriftAllowance {
                    0
                } else {
                    ppm
                },
                margin,
            ),
            ..Settings::DEFAULT
        }
    }

    /// Replicas, and how many of them are waited for. The one that is ahead takes its node's place: it has what as many
    /// have as are waited for.
    fn replicas(self, seed: u64, settings: &mut Settings) -> Replicas {
        if self.is_cluster() {
            return REPLICA;
        }
        if !self.is_replicated() {
            return Replicas::NONE;
        }
        let mut random = Rng::with_seed(seed.rotate_left(32));
        let each = random.u8(1..=2);
        let lag = Duration::from_millis(*pick(&mut random, &[1, 10, 40]));
        if self == Self::Failovers {
            settings.replication = Some(Replication {
                // there and back, where nothing holds it
                timeout: lag * 2 + millis(&mut random, 5..80),
                ..Replication::new(random.u8(1..=each))
            });
        }
        Replicas { each, lag }
    }

    /// A clock that is off within what the clients allow for: 0.8 % between the fastest and the slowest.
    fn clock(self, random: &mut Rng, ahead: i64) -> Clock {
        let rate = if self == Self::NoDriftAllowance {
            200_000
        } else {
            4_000
        };
        Clock {
            rate_ppm: random.i64(-rate..=rate),
            ahead_us: random.i64(-ahead..=ahead),
        }
    }
}

/// A quiet network, a usual one, and a bad one.
const WEATHERS: [Weather; 3] = [
    Weather {
        usual: Duration::from_micros(300),
        slow_one_in: 0,
        longest: Duration::from_micros(300),
        cut_one_in: 0,
    },
    Weather {
        usual: Duration::from_millis(1),
        slow_one_in: 20,
        longest: Duration::from_millis(200),
        cut_one_in: 5,
    },
    Weather {
        usual: Duration::from_millis(20),
        slow_one_in: 8,
        longest: Duration::from_millis(1_500),
        cut_one_in: 2,
    },
];

/// What one application does until it is quiet.
fn operations(random: &mut Rng, settings: &Settings, client: usize) -> Vec<Operation> {
    let busy = *pick(random, &[100, 400, 1_500]);
    let writes = settings.tokens && random.bool();
    let thinking = *pick(random, &[1, 100, 1_500]);
    let mut found = Vec::new();
    let mut at = Duration::ZERO;
    loop {
        at += millis(random, 1..busy);
        if at >= QUIET {
            return found;
        }
        let ttl = millis(random, 60..1_000);
        let auto_extend = random.u8(0..5) < 3;
        let (one, two, three) = (random.bool(), random.u8(0..8), random.u8(0..4));
        found.push(Operation {
            at,
            client,
            key: random.usize(0..settings.keys),
            with: None,
            ttl,
            patience: one.then(|| millis(random, 1..900)),
            give_up: (two == 0).then(|| millis(random, 1..300)),
            auto_extend,
            extend_after: (!auto_extend && three == 0).then(|| millis(random, 10..800)),
            hold: millis(random, 1..1_200),
            writes: writes.then(|| Writes {
                every: millis(random, 5..300),
                thinking: millis(random, 0..thinking),
            }),
            finish: *pick(
                random,
                &[
                    Finish::Release,
                    Finish::Release,
                    Finish::Release,
                    Finish::Cancel,
                    Finish::Keep,
                ],
            ),
        });
        at += millis(random, 1..busy);
    }
}

/// Has some of the operations lock the first two keys together.
fn pair(random: &mut Rng, operations: &mut [Operation]) {
    for operation in operations {
        if operation.key < 2 && random.u8(0..4) == 0 {
            operation.with = Some(1 - operation.key);
        }
    }
}

/// One of several.
pub(super) fn pick<'a, T>(random: &mut Rng, from: &'a [T]) -> &'a T {
    &from[random.usize(0..from.len())]
}

/// So many milliseconds.
pub(super) fn millis(random: &mut Rng, range: core::ops::Range<u64>) -> Duration {
    Duration::from_millis(random.u64(range))
}
