//! A lease that is renewed in time, and one that is not.

use super::script::{held, ms, renewed, restart, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Plan;
use crate::simulation::plan::{Memory, Operation, Way};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "watchdog-keeps",
        story: "The lock is held for more than two leases.",
        on: On::Simulated(Version::holds(
            "the lease is renewed",
            keeps,
            &[("acquired", 2), ("contended", 1), ("lost", 0)],
        )),
        off: Off::Simulated(Version::holds(
            "it is not renewed, and lost after its lease",
            without,
            &[("acquired", 3), ("contended", 0), ("lost", 1)],
        )),
        real: &[
            "a_lock_is_extended_for_as_long_as_it_is_held",
            "a_lock_that_is_not_extended_ends_with_its_lease",
        ],
    },
    Scenario {
        name: "watchdog-minority-fails",
        story: "Renewals reach some of five nodes.",
        on: On::Simulated(Version::holds(
            "three",
            minority_fails,
            &[("acquired", 3), ("lost", 0)],
        )),
        off: Off::Simulated(Version::holds(
            "two: lost, which the holder is told before its lease ends",
            majority_fails,
            &[("acquired", 3), ("lost", 1)],
        )),
        real: &[
            "connections_that_are_cut_for_a_second",
            "told_in_time_when_all_servers_freeze",
        ],
    },
    Scenario {
        name: "extension-on-restarted-node",
        story: "A node restarts empty under a lock that is renewed.",
        on: On::Simulated(Version::holds(
            "a renewal never makes a key",
            restarted_node,
            &[("acquired", 2), ("healed", 1), ("lost", 0)],
        )),
        off: Off::Harmless("the other nodes hold it"),
        real: &[],
    },
];

/// The lock is held for more than two leases, and another client wants it.
fn two_leases(first: Operation) -> Plan {
    let mut plan = world(2, 3, 4_000);
    plan.operations = vec![first, waits(1, 1_200, 800, 100)];
    plan
}

fn keeps() -> Plan {
    two_leases(renewed(tries(0, 100, 2_200)))
}

fn without() -> Plan {
    two_leases(tries(0, 100, 2_200))
}

/// The renewals reach only some of five nodes.
fn cut_off(nodes: &[usize]) -> Plan {
    let mut plan = world(2, 5, 5_000);
    plan.operations = vec![renewed(tries(0, 100, 1_600)), waits(1, 1_200, 3_000, 100)];
    plan.faults = vec![held(ms(300), 0, nodes, Way::Both, 1_200)];
    plan
}

fn minority_fails() -> Plan {
    cut_off(&[3, 4])
}

fn majority_fails() -> Plan {
    cut_off(&[2, 3, 4])
}

/// A node restarts empty under a lock that is renewed: it gets the lock again as a lock, never by a renewal.
fn restarted_node() -> Plan {
    let mut plan = world(1, 3, 3_500);
    plan.operations = vec![renewed(tries(0, 100, 1_400))];
    plan.faults = vec![restart(500, 2, 10, Memory::Lost)];
    plan
}
