//! Some of the nodes say no, or can't be reached.

use quorlock_core::Quorum;

use super::script::{fault, held, ms, out_of_reach, renewed, restart, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Plan;
use crate::simulation::plan::{Distance, FaultKind, Memory, Network, Way};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "single-node-down",
        story: "One of three nodes is down.",
        on: On::Simulated(Version::holds(
            "a majority is enough",
            majority_of_two,
            &[("acquired", 2), ("releases verified", 2)],
        )),
        off: Off::Simulated(Version::holds(
            "all nodes have to grant, nobody gets the lock",
            all_of_two,
            &[("acquired", 1), ("unreachable, late", 1)],
        )),
        real: &[
            "one_frozen_server_does_not_set_the_pace",
            "one_node_that_is_down_stops_those_who_need_all",
        ],
    },
    Scenario {
        name: "all-nodes-cross-acquire",
        story: "All of five nodes have to grant; one client has three of them, another one two.",
        on: On::Simulated(Version::holds(
            "who has not got all gives back what it has",
            cross,
            &[("acquired", 3), ("releases verified", 3)],
        )),
        off: Off::Shown("two_that_wait_while_they_hold_are_stuck"),
        real: &["two_with_some_of_the_nodes_each_both_finish"],
    },
    Scenario {
        name: "split-vote",
        story: "Three clients ask at one time, each is first at one of three nodes.",
        on: On::Simulated(Version::holds(
            "pauses of random length",
            split,
            &[("acquired", 4), ("releases verified", 4)],
        )),
        off: Off::Shown("two_that_wait_while_they_hold_are_stuck"),
        real: &[],
    },
    Scenario {
        name: "exactly-quorum-refuses",
        story: "A dead client's key is left on nodes of five.",
        on: On::Simulated(Version::holds(
            "a quorum refuses: not granted",
            quorum_refuses,
            &[("acquired", 2), ("contended", 1)],
        )),
        off: Off::Simulated(Version::holds(
            "one less refuses: granted",
            one_less_refuses,
            &[("acquired", 2), ("contended", 0)],
        )),
        real: &[],
    },
    Scenario {
        name: "partition-minority",
        story: "The holder is cut off from three of five nodes.",
        on: On::Simulated(Version::holds(
            "the lease ends on both sides",
            minority,
            &[("acquired", 3), ("unreachable, late", 1)],
        )),
        off: Off::Shown("where_a_minority_is_enough_both_sides_hold"),
        real: &["a_holder_in_the_minority_loses_the_lock"],
    },
    Scenario {
        name: "majority-down",
        story: "Three of five nodes crash while the lock is held.",
        on: On::Simulated(Version::holds(
            "the holder is told by its own timer",
            majority_down,
            &[("acquired", 3), ("unreachable, late", 1), ("lost", 1)],
        )),
        off: Off::Planted("core/06-lost-one-poll-late"),
        real: &[
            "a_majority_that_is_down_grants_nothing",
            "three_frozen_servers_are_unreachable_in_time",
        ],
    },
    Scenario {
        name: "script-flush",
        story: "A node forgets the scripts that it was sent.",
        on: On::Simulated(Version::holds(
            "NOSCRIPT is answered with the text",
            scripts_forgotten,
            &[("acquired", 3), ("releases verified", 3)],
        )),
        off: Off::Harmless("the acquisition would fail, and nobody would be let in twice"),
        real: &["a_forgotten_script_is_sent_again"],
    },
];

/// One of three nodes is down.
fn one_down(quorum: Quorum) -> Plan {
    let mut plan = world(1, 3, 1_500);
    plan.settings.quorum = quorum;
    plan.operations = vec![tries(0, 100, 300)];
    plan.faults = vec![restart(50, 2, 1_000, Memory::Kept)];
    plan
}

fn majority_of_two() -> Plan {
    one_down(Quorum::Majority)
}

fn all_of_two() -> Plan {
    one_down(Quorum::All)
}

/// All five nodes have to grant. The first client is nearer to three of them, the second one to the other two.
fn cross() -> Plan {
    let mut plan = world(2, 5, 3_000);
    plan.settings.quorum = Quorum::All;
    let pairs = (0..2).flat_map(|client| (0..5).map(move |node| (client, node)));
    let except = pairs.map(|(client, node)| {
        let delay = if (node < 3) == (client == 0) { 1 } else { 8 };
        Distance {
            client,
            node,
            to_node: ms(delay),
            to_client: ms(delay),
        }
    });
    plan.network = Network::Fixed {
        delay: ms(1),
        except: except.collect(),
    };
    plan.operations = vec![waits(0, 100, 2_500, 20), waits(1, 100, 2_500, 20)];
    plan
}

/// The holder is cut off from three of five nodes; another client reaches them.
fn minority() -> Plan {
    let mut plan = world(2, 5, 5_000);
    plan.operations = vec![
        renewed(tries(0, 100, 2_000)),
        waits(1, 1_300, 4_000, 1_500),
        waits(0, 2_300, 400, 100),
    ];
    plan.faults = vec![held(ms(500), 0, &[2, 3, 4], Way::Both, 2_500)];
    plan
}

/// Three of five nodes crash while the lock is held, and come back with their keys.
fn majority_down() -> Plan {
    let mut plan = world(2, 5, 6_500);
    plan.operations = vec![
        renewed(tries(0, 100, 2_000)),
        waits(1, 1_700, 300, 100),
        waits(1, 3_000, 3_400, 100),
    ];
    plan.faults = (0..3)
        .map(|node| restart(500, node, 2_000, Memory::Kept))
        .collect();
    plan
}

/// A client that is dead has left its key on so many of five nodes, when another one tries.
fn refusals(count: usize) -> Plan {
    let mut plan = world(2, 5, 4_500);
    let reach: Vec<usize> = (count..5).collect();
    let down = ms(3_000);
    plan.operations = vec![tries(0, 100, 2_000), tries(1, 200, 100)];
    plan.faults = vec![
        out_of_reach(0, &reach, 130),
        fault(ms(103), FaultKind::ClientCrash { client: 0, down }),
    ];
    plan
}

fn quorum_refuses() -> Plan {
    refusals(3)
}

fn one_less_refuses() -> Plan {
    refusals(2)
}

/// Three clients ask at one time, each nearest to another node: nobody has a quorum at first.
fn split() -> Plan {
    let mut plan = world(3, 3, 3_000);
    let pairs = (0..3).flat_map(|client| (0..3).map(move |node| (client, node)));
    let except = pairs.map(|(client, node)| {
        let delay = if client == node { ms(1) } else { ms(3) };
        Distance {
            client,
            node,
            to_node: delay,
            to_client: delay,
        }
    });
    plan.network = Network::Fixed {
        delay: ms(1),
        except: except.collect(),
    };
    plan.operations = (0..3).map(|client| waits(client, 100, 2_000, 20)).collect();
    plan
}

/// The nodes lose their cache of scripts with their process.
fn scripts_forgotten() -> Plan {
    let mut plan = world(1, 1, 4_500);
    plan.operations = vec![tries(0, 100, 100), waits(0, 600, 3_500, 100)];
    plan.faults = vec![restart(300, 0, 10, Memory::Kept)];
    plan
}
