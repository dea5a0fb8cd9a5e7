//! One client holds the lock by the nodes 1, 2 and 3. Node 3 loses its memory, and another client asks 3, 4 and 5.

use core::time::Duration;

use quorlock_core::RestartGuard;

use super::script::{fault, ms, out_of_reach, restart, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Invariant;
use crate::simulation::Plan;
use crate::simulation::plan::{Fault, FaultKind, Memory};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "node-restarts-empty",
        story: "Nodes 1, 2 and 3 grant; node 3 restarts empty; another client asks 3, 4 and 5.",
        on: On::Simulated(Version::holds(
            "the guard by uptime",
            empty_with_guard,
            &[("acquired", 3)],
        )),
        off: Off::Simulated(Version::violates(
            "no guard",
            empty_without_guard,
            Invariant::OneHolder,
            &[("acquired", 2)],
        )),
        real: &["a_node_that_restarts_empty"],
    },
    Scenario {
        name: "guard-one-tick-short",
        story: "A node restarts empty just after it granted, and seems to be older than it is: uptimes are told in whole seconds.",
        on: On::Simulated(Version::holds(
            "the guard lasts a second longer than the longest lease",
            just_restarted,
            &[("acquired", 3), ("lost", 1)],
        )),
        off: Off::Planted("core/08-guard-one-second-short"),
        real: &["a_young_server_is_announced_and_votes_later"],
    },
    Scenario {
        name: "guard-token-counter-lost",
        story: "A majority forgets its counters of tokens, one node after the other.",
        on: On::Simulated(Version::holds(
            "tokens go with the servers' clocks",
            counters_lost,
            &[("acquired", 3)],
        )),
        off: Off::Planted("core/12-token-without-the-clock"),
        real: &[],
    },
    Scenario {
        name: "delayed-restart",
        story: "As `node-restarts-empty`, without a guard.",
        on: On::Simulated(Version::holds(
            "the node stays down for the longest lease",
            kept_down,
            &[("acquired", 3)],
        )),
        off: Off::Simulated(Version::violates(
            "the node is back at once",
            empty_without_guard,
            Invariant::OneHolder,
            &[("acquired", 2)],
        )),
        real: &[
            "a_node_that_stays_down_for_the_longest_lease_votes_at_once",
            "a_node_that_restarts_empty",
        ],
    },
    Scenario {
        name: "fsync-lost-tail",
        story: "As `node-restarts-empty`, with the data of before the lock (an old dump, `appendfsync everysec`).",
        on: On::Simulated(Version::holds(
            "the guard key names the server's life",
            old_data_with_guard,
            &[("acquired", 3)],
        )),
        off: Off::Simulated(Version::violates(
            "no guard",
            old_data_without_guard,
            Invariant::OneHolder,
            &[("acquired", 2)],
        )),
        real: &[
            "a_node_that_restarts_from_an_old_dump",
            "a_node_that_restarts_from_an_old_append_only_file",
        ],
    },
    Scenario {
        name: "flushall",
        story: "As `node-restarts-empty`, by FLUSHALL: the process lives on.",
        on: On::Simulated(Version::holds(
            "the guard `strict`",
            flushed_under_strict,
            &[("acquired", 3)],
        )),
        off: Off::Simulated(Version::violates(
            "the guard `uptime`",
            flushed_under_uptime,
            Invariant::ForgettersSilent,
            &[("acquired", 2)],
        )),
        real: &["a_node_that_is_flushed"],
    },
    Scenario {
        name: "failover-loses-write",
        story: "A replica that has not heard of the lock takes its primary's place.",
        on: On::Simulated(Version::holds(
            "the guard `strict`",
            failover_with_guard,
            &[("acquired", 3)],
        )),
        off: Off::Simulated(Version::violates(
            "no guard",
            failover_without_guard,
            Invariant::OneHolder,
            &[("acquired", 2)],
        )),
        real: &["a_replica_that_lags_is_promoted"],
    },
    Scenario {
        name: "clock-jump",
        story: "As `node-restarts-empty`, by a clock that jumps forward by more than the lease.",
        on: On::Simulated(Version::holds(
            "answers tell the server's time",
            clock_jump_with_guard,
            &[("acquired", 3)],
        )),
        off: Off::Simulated(Version::violates(
            "no guard",
            clock_jump_without_guard,
            Invariant::OneHolder,
            &[("acquired", 2)],
        )),
        real: &["a_clock_that_jumps_forward"],
    },
    Scenario {
        name: "eviction",
        story: "A server throws the lock away when its memory is full.",
        on: On::Unit("a_server_evicts_where_memory_is_bounded_and_the_policy_says_so"),
        off: Off::Shown("an_eviction_that_was_accepted_costs_the_lock"),
        real: &["a_server_that_evicts_is_refused_unless_accepted"],
    },
];

/// The node in both groups.
const SHARED: usize = 2;

/// When it is struck.
const STRIKE: u64 = 300;

/// Five nodes; the first client does not reach the last two of them, the second one not the first two.
fn seed_case(guard: RestartGuard, disaster: Fault) -> Plan {
    let mut plan = world(2, 5, 5_000);
    plan.settings.guard = guard;
    plan.operations = vec![tries(0, 100, 800), waits(1, 400, 4_000, 100)];
    plan.faults = vec![
        out_of_reach(0, &[3, 4], 60_000),
        out_of_reach(1, &[0, 1], 60_000),
        disaster,
    ];
    plan
}

fn empty(guard: RestartGuard) -> Plan {
    seed_case(guard, restart(STRIKE, SHARED, 10, Memory::Lost))
}

fn empty_with_guard() -> Plan {
    empty(RestartGuard::Uptime)
}

fn empty_without_guard() -> Plan {
    empty(RestartGuard::Off)
}

/// The node is back one lease after it crashed.
fn kept_down() -> Plan {
    seed_case(
        RestartGuard::Off,
        restart(STRIKE, SHARED, 1_010, Memory::Lost),
    )
}

/// The dump is of before the lock was granted.
fn old_data(guard: RestartGuard) -> Plan {
    seed_case(guard, restart(STRIKE, SHARED, 10, Memory::Old(ms(250))))
}

fn old_data_with_guard() -> Plan {
    old_data(RestartGuard::Strict)
}

fn old_data_without_guard() -> Plan {
    old_data(RestartGuard::Off)
}

fn flushed(guard: RestartGuard) -> Plan {
    seed_case(guard, fault(ms(STRIKE), FaultKind::Flush { node: SHARED }))
}

fn flushed_under_strict() -> Plan {
    flushed(RestartGuard::Strict)
}

fn flushed_under_uptime() -> Plan {
    flushed(RestartGuard::Uptime)
}

/// By more than the lease.
fn clock_jump(guard: RestartGuard) -> Plan {
    let by = Duration::from_millis(1_200);
    let by_us = i64::try_from(by.as_micros()).expect("a short time");
    let kind = FaultKind::ClockJump {
        node: SHARED,
        by_us,
    };
    seed_case(guard, fault(ms(STRIKE), kind))
}

fn clock_jump_with_guard() -> Plan {
    clock_jump(RestartGuard::Uptime)
}

fn clock_jump_without_guard() -> Plan {
    clock_jump(RestartGuard::Off)
}

/// The node is back in the last tenth of a second, and is connected in the next one: it tells an uptime of a second.
fn just_restarted() -> Plan {
    let mut plan = seed_case(RestartGuard::Uptime, restart(880, SHARED, 10, Memory::Lost));
    plan.settings.timing.reconnect.first = ms(400);
    plan.operations = vec![tries(0, 850, 1_500), waits(1, 1_300, 3_500, 100)];
    plan
}

/// Two of three nodes forget their counters, one after the other, and the next client reaches only these.
fn counters_lost() -> Plan {
    let mut plan = world(2, 3, 6_000);
    plan.operations = vec![tries(0, 100, 100), waits(1, 5_200, 1_000, 100)];
    plan.faults = vec![
        out_of_reach(1, &[2], 60_000),
        restart(300, 0, 10, Memory::Lost),
        restart(2_700, 1, 10, Memory::Lost),
    ];
    plan
}

/// A single server whose replica, which has not heard of the lock, takes its place: another life, with older keys.
fn failover(guard: RestartGuard) -> Plan {
    let mut plan = world(2, 1, 4_000);
    plan.settings.guard = guard;
    plan.operations = vec![tries(0, 100, 800), waits(1, 400, 3_000, 100)];
    plan.faults = vec![restart(STRIKE, 0, 10, Memory::Old(ms(250)))];
    plan
}

fn failover_with_guard() -> Plan {
    failover(RestartGuard::Strict)
}

fn failover_without_guard() -> Plan {
    failover(RestartGuard::Off)
}
