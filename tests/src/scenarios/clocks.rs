//! Clocks that run at different rates, or step back.

use core::time::Duration;

use quorlock_core::RestartGuard;

use super::script::{fault, ms, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Invariant;
use crate::simulation::Plan;
use crate::simulation::plan::{Clock, FaultKind};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "clock-steps-back",
        story: "A node's clock steps back while the lock is held.",
        on: On::Simulated(Version::holds(
            "the lock is free later",
            steps_back,
            &[("acquired", 3), ("lost", 1)],
        )),
        off: Off::Harmless("keys that live longer keep others out, nothing more"),
        real: &["a_clock_that_steps_back_frees_the_lock_later"],
    },
    Scenario {
        name: "drift-within-allowance",
        story: "A node's clock is fast.",
        on: On::Simulated(Version::holds(
            "by less than clients allow for",
            fast_node_within,
            &[("acquired", 3), ("lost", 1)],
        )),
        off: Off::Simulated(Version::violates(
            "clients allow for nothing",
            fast_node_beyond,
            Invariant::OneHolder,
            &[("acquired", 2)],
        )),
        real: &[],
    },
    Scenario {
        name: "client-clock-slow",
        story: "The holder's clock is slow.",
        on: On::Simulated(Version::holds(
            "by less than it allows for",
            slow_client_within,
            &[("acquired", 3), ("lost", 1)],
        )),
        off: Off::Simulated(Version::violates(
            "by ten times as much",
            slow_client_beyond,
            Invariant::OneHolder,
            &[("acquired", 2)],
        )),
        real: &[],
    },
];

/// The only node's clock steps back while the lock is held: its key lives longer.
fn steps_back() -> Plan {
    let mut plan = world(2, 1, 6_000);
    plan.operations = vec![tries(0, 100, 1_500), waits(1, 1_300, 5_000, 100)];
    let kind = FaultKind::ClockJump {
        node: 0,
        by_us: -1_500_000,
    };
    plan.faults = vec![fault(ms(300), kind)];
    plan
}

/// The node's clock and the first client's run at these rates; clients allow for one percent and 2 ms. The second client
/// asks once, `second` milliseconds after the beginning. The first one is told of its loss at the end of its validity.
fn rates(node_ppm: i64, client_ppm: i64, second: u64) -> Plan {
    let mut plan = world(2, 1, 3_000);
    let rate = |rate_ppm| Clock {
        rate_ppm,
        ahead_us: 0,
    };
    plan.node_clocks = vec![rate(node_ppm)];
    plan.client_clocks = vec![rate(client_ppm), Clock::default()];
    plan.settings.timing.lost_notice = Duration::ZERO;
    plan.operations = vec![tries(0, 100, 1_500), tries(1, second, 100)];
    plan
}

/// The key has just ended on the node; what the first client may believe ended for the allowance only.
fn fast_node_within() -> Plan {
    rates(9_000, 0, 1_094)
}

/// Ten times what would have been allowed for, and nothing is.
fn fast_node_beyond() -> Plan {
    let mut plan = unguarded(rates(100_000, 0, 1_050));
    plan.settings.drift = (0, Duration::ZERO);
    plan
}

fn slow_client_within() -> Plan {
    rates(0, -9_000, 1_104)
}

fn slow_client_beyond() -> Plan {
    unguarded(rates(0, -100_000, 1_150))
}

/// With a guard such a clock would be noticed: it gains more than is allowed for, as one that jumps.
fn unguarded(mut plan: Plan) -> Plan {
    plan.settings.guard = RestartGuard::Off;
    plan
}
