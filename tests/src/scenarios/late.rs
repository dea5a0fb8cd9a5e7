//! Commands that are executed later than they should be.

use core::time::Duration;

use super::script::{cut, fault, held, ms, on_the_way, renewed, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Plan;
use crate::simulation::plan::{Fate, FaultKind, Operation, Way};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "foreign-release",
        story: "The first holder gives back what another one holds by now.",
        on: On::Simulated(Version::holds(
            "a release compares the owner",
            foreign_release,
            &[
                ("acquired", 3),
                ("lost", 1),
                ("expired earlier", 1),
                ("releases of another's key", 3),
            ],
        )),
        off: Off::Planted("core/05-release-without-compare"),
        real: &[
            "a_release_after_the_lease_leaves_the_next_holder_alone",
            "a_release_without_compare_takes_the_lock_away",
        ],
    },
    Scenario {
        name: "late-release-arrives",
        story: "A release is executed after its connection, when another one holds the lock.",
        on: On::Simulated(Version::holds(
            "a release compares the owner",
            release,
            &[("acquired", 3), ("releases executed late", 3)],
        )),
        off: Off::Shown("a_release_without_compare_takes_the_lock_away"),
        real: &["a_release_that_arrives_late_leaves_the_next_holder_alone"],
    },
    Scenario {
        name: "late-acquire-arrives",
        story: "An acquire is executed after its connection, when it has been given back.",
        on: On::Simulated(Version::holds(
            "a new connection ends the old one",
            acquire,
            &[("acquired", 2), ("unreachable, late", 1)],
        )),
        off: Off::Shown("with_neither_the_key_stays"),
        real: &[
            "a_client_that_may_kill_ends_its_old_connection",
            "a_client_that_may_not_kill_gives_a_deadline",
            "a_client_that_may_not_kill_releases_again_after_the_deadline",
        ],
    },
    Scenario {
        name: "duplicate-delivery",
        story: "Every command reaches the nodes a second time, the release when another one holds the lock.",
        on: On::Simulated(Version::holds(
            "each command may be executed twice",
            twice,
            &[
                ("acquired", 3),
                ("extended", 1),
                ("releases verified", 3),
                ("executed again", 29),
                // two of the waiter at a node that refused it, each twice, and the first holder's release at each node
                ("releases of another's key", 7),
            ],
        )),
        off: Off::Planted("core/05-release-without-compare"),
        real: &[],
    },
    Scenario {
        name: "extension-reply-after-expiry",
        story: "A renewal is executed in time, its answers come too late.",
        on: On::Simulated(Version::holds(
            "what was lost stays lost",
            extension_answer,
            &[("acquired", 3), ("lost", 1), ("extended", 0)],
        )),
        off: Off::Harmless("the nodes have renewed it: nobody else would be let in"),
        real: &[],
    },
    Scenario {
        name: "asymmetric-partition",
        story: "Commands reach all nodes, the answers of three of five do not come back.",
        on: On::Simulated(Version::holds(
            "grants that nobody hears of are given back",
            one_way,
            &[("acquired", 2), ("unreachable, late", 1)],
        )),
        off: Off::Planted("core/14-only-grants-are-released"),
        real: &["a_lock_whose_grants_are_lost_is_not_granted"],
    },
    Scenario {
        name: "slow-majority",
        story: "The answers of two of three nodes come when another client holds the lock.",
        on: On::Simulated(Version::holds(
            "grants of an old round do not count",
            slow_majority,
            &[("acquired", 3)],
        )),
        off: Off::Planted("core/04-stale-round-accepted"),
        real: &["nothing_is_left_after_random_rounds_with_a_stalled_server"],
    },
];

/// The first holder gives its lock back long after its lease has ended; another one holds it.
fn foreign_release() -> Plan {
    let mut plan = world(2, 3, 3_000);
    let short = Operation {
        ttl: ms(300),
        ..tries(0, 100, 700)
    };
    plan.operations = vec![short, waits(1, 410, 1_000, 800)];
    plan
}

/// Somebody on the way sends all commands again, 8 ms later. The second client waits for the first one's release.
fn twice() -> Plan {
    let mut plan = world(2, 3, 1_500);
    plan.operations = vec![renewed(tries(0, 100, 500)), waits(1, 300, 1_000, 300)];
    plan.faults = (0..3)
        .map(|node| {
            let (span, after) = (ms(1_500), ms(8));
            fault(ms(50), FaultKind::Repeat { node, span, after })
        })
        .collect();
    plan
}

/// The first holder's release leaves in time. Its connections break, and the network delivers it when the lease has ended
/// and another one holds the lock.
fn release() -> Plan {
    let mut plan = world(2, 3, 3_000);
    let short = Operation {
        ttl: ms(300),
        ..tries(0, 100, 280)
    };
    plan.operations = vec![short, waits(1, 404, 1_000, 500)];
    // the client takes its time to connect anew, and to end the old connections
    plan.settings.timing.reconnect.first = ms(200);
    let late = Fate::Late(ms(35));
    let at = Duration::from_micros(382_800);
    plan.faults = (0..3).map(|node| cut(at, 0, node, late)).collect();
    plan
}

/// The connections break that carry an acquire, and the network delivers it on two of three nodes when the client has
/// connected anew and given everything back.
fn acquire() -> Plan {
    let mut plan = world(2, 3, 2_500);
    plan.operations = vec![tries(0, 100, 300), waits(1, 130, 2_000, 300)];
    let late = Fate::Late(ms(60));
    plan.faults = (0..2)
        .map(|node| cut(on_the_way(100), 0, node, late))
        .collect();
    plan
}

/// A renewal is executed in time, and the answers come when the lease that the client knows of has ended.
fn extension_answer() -> Plan {
    let mut plan = world(2, 3, 4_000);
    let once = Operation {
        extend_after: Some(ms(800)),
        ..tries(0, 100, 2_500)
    };
    plan.operations = vec![once, waits(1, 1_600, 3_000, 100)];
    plan.faults = vec![held(ms(900), 0, &[0, 1, 2], Way::ToClient, 500)];
    plan
}

/// The answers of two of three nodes come when their round is over and given back, another client holds the lock, and the
/// next round has just asked again.
fn slow_majority() -> Plan {
    let mut plan = world(2, 3, 3_500);
    // also nodes that owe an answer are asked
    plan.settings.timing.stall_after = ms(5_000);
    plan.operations = vec![waits(0, 100, 2_500, 300), tries(1, 650, 600)];
    plan.faults = vec![held(on_the_way(100), 0, &[1, 2], Way::ToClient, 1_000)];
    plan
}

/// Commands reach all nodes, answers of three of five are held back: nothing is granted, and nothing is left.
fn one_way() -> Plan {
    let mut plan = world(2, 5, 3_500);
    plan.operations = vec![waits(0, 100, 400, 300), waits(1, 600, 2_500, 300)];
    plan.faults = vec![held(ms(90), 0, &[2, 3, 4], Way::ToClient, 1_500)];
    plan
}
