//! A lock's hash slot is another node's than before.

use quorlock_core::Replication;

use super::script::{fault, ms, renewed, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Invariant;
use crate::simulation::Plan;
use crate::simulation::plan::{Fault, FaultKind, Members, Replicas};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "slot-moves-while-held",
        story: "The lock's slot moves to another node, key by key, while one client holds the lock and another one waits.",
        on: On::Simulated(Version::holds(
            "who is asked passes the question on",
            moves,
            &[("acquired", 3), ("lost", 0), ("slots moved while held", 1)],
        )),
        off: Off::Planted("core/18-ask-without-asking"),
        real: &[
            "a_slot_moves_under_a_hundred_clients",
            "a_lock_moves_with_its_slot",
        ],
    },
    Scenario {
        name: "cluster-failover-loses-write",
        story: "A primary grants and dies, and its replica, which has not heard of the lock, gets its slots, at another address.",
        on: On::Simulated(Version::holds(
            "a grant counts when the replica has it",
            dies_with_wait,
            &[
                ("acquired", 2),
                ("failovers", 1),
                ("unheard by replicas", 1),
            ],
        )),
        off: Off::Simulated(Version::violates(
            "nobody waits for the replica",
            dies,
            Invariant::OneHolder,
            &[("acquired", 2), ("failovers that lose", 1)],
        )),
        real: &[
            "a_lock_that_its_replica_must_have_is_not_lost",
            "a_replica_that_lags_loses_the_lock",
        ],
    },
    Scenario {
        name: "waiter-follows-its-slot",
        story: "The lock's slot moves to another node while a client waits for the lock, less long than its lease lasts.",
        on: On::Simulated(Version::holds(
            "who is told that it hears no more asks again, and listens where the slot is",
            waits_elsewhere,
            &[("acquired", 3), ("contended", 0)],
        )),
        off: Off::Planted("core/19-silence-not-heard"),
        real: &["who_waits_follows_the_slot"],
    },
];

/// The node that has the slot of the first key in the beginning.
const HOME: usize = 1;

/// Two clients of a cluster of three nodes.
fn cluster(quiet: u64) -> Plan {
    let mut plan = world(2, 3, quiet);
    plan.settings.cluster = Some(3);
    plan
}

/// The slot of the first key moves.
const fn leaves(at: u64, span: u64) -> Fault {
    fault(
        ms(at),
        FaultKind::MoveSlot {
            key: 0,
            to: HOME + 1,
            span: ms(span),
        },
    )
}

/// The slot takes three times as long to move as a lease lasts: renewals and a try fall into that time.
fn moves() -> Plan {
    let mut plan = cluster(4_500);
    plan.operations = vec![renewed(tries(0, 100, 3_200)), waits(1, 480, 3_500, 100)];
    plan.faults = vec![leaves(380, 3_000)];
    plan
}

/// Who waits would learn of the release at the end of the lease only.
fn waits_elsewhere() -> Plan {
    let mut plan = cluster(1_500);
    plan.operations = vec![tries(0, 100, 500), waits(1, 150, 750, 100)];
    plan.faults = vec![leaves(200, 60)];
    plan
}

/// The replica hears nothing of the lock, and takes the primary's place.
fn dies() -> Plan {
    let mut plan = cluster(1_800);
    plan.replicas = Replicas {
        each: 1,
        lag: ms(1),
    };
    plan.operations = vec![tries(0, 100, 800), waits(1, 400, 1_000, 100)];
    let (node, replicas) = (HOME, Members::ALL);
    plan.faults = vec![
        fault(
            ms(50),
            FaultKind::Lag {
                node,
                replicas,
                span: ms(250),
            },
        ),
        fault(ms(300), FaultKind::Failover { node, down: ms(30) }),
    ];
    plan
}

fn dies_with_wait() -> Plan {
    let mut plan = dies();
    plan.settings.replication = Some(Replication {
        timeout: ms(100),
        ..Replication::new(1)
    });
    plan
}
