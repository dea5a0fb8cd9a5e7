//! A holder dies with all it knew.

use core::time::Duration;

use super::script::{cut, fault, ms, on_the_way, renewed, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Plan;
use crate::simulation::plan::{
    Ending, Fate, Fault, FaultKind, Finish, Network, Operation, Weather,
};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "slow-node",
        story: "One of three nodes takes 80 ms for each answer.",
        on: On::Simulated(Version::holds(
            "a majority is enough",
            slow_node,
            &[("acquired", 2), ("releases verified", 2)],
        )),
        off: Off::Harmless("a slow node costs nobody any time"),
        real: &[
            "one_frozen_server_does_not_set_the_pace",
            "two_frozen_servers_leave_a_quorum",
        ],
    },
    Scenario {
        name: "holder-crash",
        story: "The holder dies.",
        on: On::Simulated(Version::holds(
            "the lease frees the lock",
            holder,
            &[("acquired", 3)],
        )),
        off: Off::Shown("a_key_without_a_lease_stays"),
        real: &["a_holder_that_is_killed_leaves_its_lease"],
    },
    Scenario {
        name: "no-ttl-never",
        story: "Connections break at every point of an acquisition, and messages arrive in pieces.",
        on: On::Simulated(Version::holds(
            "key and lease are set by one command",
            cut_anywhere,
            &[("acquired", 7), ("connections cut", 18)],
        )),
        off: Off::Shown("a_key_without_a_lease_stays"),
        real: &["a_holder_that_is_killed_leaves_its_lease"],
    },
    Scenario {
        name: "release-retried-after-lost-reply",
        story: "The answers to a release are lost, and the client acquires the lock anew at once.",
        on: On::Simulated(Version::holds(
            "each round has an owner of its own",
            released_twice,
            &[("acquired", 3), ("releases verified", 3)],
        )),
        off: Off::Planted("core/13-owner-per-client"),
        real: &[],
    },
    Scenario {
        name: "acquire-reply-lost",
        story: "The answers to an acquire are lost.",
        on: On::Simulated(Version::holds(
            "what may have been granted is given back",
            answers_lost,
            &[("acquired", 2), ("releases verified", 2)],
        )),
        off: Off::Planted("core/14-only-grants-are-released"),
        real: &["nothing_is_left_after_random_rounds_with_a_stalled_server"],
    },
    Scenario {
        name: "watchdog-dies-with-process",
        story: "The holder dies, which has renewed its lease so far.",
        on: On::Simulated(Version::holds(
            "renewals die with it",
            with_its_watchdog,
            &[("acquired", 3)],
        )),
        off: Off::Shown("a_watchdog_that_outlives_its_holder_keeps_the_lock"),
        real: &["a_holder_that_is_killed_leaves_its_lease"],
    },
    Scenario {
        name: "connection-reset-storm",
        story: "Connections break all the time, while two clients compete.",
        on: On::Simulated(Version::holds(
            "each starts anew, and gives back what was left",
            storm,
            &[("connections cut", 24)],
        )),
        off: Off::Harmless("a client that does not connect again is of no use, and does no harm"),
        real: &["connections_that_are_reset_all_the_time"],
    },
];

const fn keeps(operation: Operation) -> Operation {
    Operation {
        finish: Finish::Keep,
        ..operation
    }
}

const fn crash(at: u64, client: usize) -> Fault {
    let down = ms(2_500);
    fault(ms(at), FaultKind::ClientCrash { client, down })
}

/// The lease frees the lock.
fn holder() -> Plan {
    let mut plan = world(2, 3, 4_000);
    plan.operations = vec![keeps(tries(0, 100, 0)), waits(1, 900, 3_000, 100)];
    plan.faults = vec![crash(300, 0)];
    plan
}

/// The renewals end with the process, and the last lease frees the lock.
fn with_its_watchdog() -> Plan {
    let mut plan = world(2, 3, 5_500);
    plan.operations = vec![
        keeps(renewed(tries(0, 100, 0))),
        waits(1, 1_200, 4_000, 100),
    ];
    plan.faults = vec![crash(1_500, 0)];
    plan
}

/// Connections break at every point of an acquisition and a release, with their bytes executed late or not at all, and
/// each message arrives in two pieces. No key is ever without an end.
fn cut_anywhere() -> Plan {
    let mut plan = world(2, 3, 1_200);
    plan.network = Network::Varying(Weather {
        usual: ms(2),
        slow_one_in: 5,
        longest: ms(20),
        cut_one_in: 1,
    });
    let (mut at, mut strikes) = (ms(100), 0);
    for round in 0..6 {
        let (client, start) = (round % 2, 100 + 150 * round as u64);
        plan.operations.push(waits(client, start, 140, 20));
        for step in 0..3 {
            let fate = if strikes % 2 == 0 {
                Fate::Late(ms(30))
            } else {
                Fate::Lost
            };
            plan.faults.push(cut(at, client, step, fate));
            at += Duration::from_micros(47_300);
            strikes += 1;
        }
    }
    plan
}

/// The answers to a release are lost with their connections, and the client asks for the lock anew at once: what it sends
/// again of the old release leaves the new lock alone.
fn released_twice() -> Plan {
    let mut plan = world(1, 3, 2_000);
    plan.operations = vec![tries(0, 100, 300), waits(0, 405, 1_000, 500)];
    plan.faults = cut_all(Duration::from_micros(403_500), Fate::Lost);
    plan
}

/// The answers to an acquire are lost with their connections: all that was granted is given back.
fn answers_lost() -> Plan {
    let mut plan = world(1, 3, 2_000);
    plan.operations = vec![waits(0, 100, 1_000, 300)];
    plan.faults = cut_all(Duration::from_micros(101_500), Fate::Lost);
    plan
}

/// All connections of the first client to three nodes break.
fn cut_all(at: Duration, fate: Fate) -> Vec<Fault> {
    (0..3).map(|node| cut(at, 0, node, fate)).collect()
}

/// Connections break all the time, while two clients compete.
fn storm() -> Plan {
    let mut plan = world(2, 3, 900);
    for round in 0..2_u64 {
        plan.operations.push(waits(0, 100 + 300 * round, 290, 20));
        plan.operations.push(waits(1, 110 + 300 * round, 280, 20));
    }
    for (strike, pair) in (0..24).zip((0..6).cycle()) {
        let at = on_the_way(100 + 25 * strike);
        plan.faults.push(cut(at, pair % 2, pair % 3, Fate::Lost));
    }
    plan
}

/// A run without any trouble but one node that takes 80 ms for every answer.
fn slow_node() -> Plan {
    let mut plan = world(1, 3, 1_500);
    if let Network::Fixed { except, .. } = &mut plan.network {
        let slow = except.iter_mut().filter(|it| it.node == 2);
        slow.for_each(|it| (it.to_node, it.to_client) = (ms(40), ms(40)));
    }
    plan.operations = vec![tries(0, 400, 500)];
    plan.ending = Ending::Quiet { after: ms(1_500) };
    plan
}
