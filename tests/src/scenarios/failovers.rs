//! A node dies before its replica has heard of the lock, and the replica takes its place.

use quorlock_core::{Replication, RestartGuard};

use super::script::{fault, ms, renewed, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Invariant;
use crate::simulation::Plan;
use crate::simulation::plan::{Fault, FaultKind, Members, Replicas};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "failover-with-wait",
        story: "A server grants and dies, and its replica, which has not heard of the lock, takes its place.",
        on: On::Simulated(Version::holds(
            "a grant counts when a replica has it",
            unheard_grant_with_wait,
            &[("acquired", 2), ("unheard by replicas", 1)],
        )),
        off: Off::Simulated(Version::violates(
            "nobody waits for the replica",
            unheard_grant,
            Invariant::OneHolder,
            &[("acquired", 2), ("failovers that lose", 1)],
        )),
        real: &["a_failover_behind_a_grant"],
    },
    Scenario {
        name: "renewal-with-wait",
        story: "A server renews a lease and dies, and its replica, which knows the grant only, takes its place.",
        on: On::Simulated(Version::holds(
            "a renewal counts when a replica has it",
            unheard_renewal_with_wait,
            &[("acquired", 3), ("lost", 1)],
        )),
        off: Off::Simulated(Version::violates(
            "nobody waits for the replica",
            unheard_renewal,
            Invariant::OneHolder,
            &[("acquired", 2), ("failovers that lose", 1)],
        )),
        real: &["a_failover_behind_a_renewal"],
    },
];

/// One server with a replica that hears nothing from `silent` on, and takes its place at `dies`.
fn failover(silent: u64, dies: u64) -> Plan {
    let mut plan = world(2, 1, dies + 1_500);
    plan.settings.guard = RestartGuard::Uptime;
    plan.replicas = Replicas {
        each: 1,
        lag: ms(1),
    };
    plan.faults = vec![
        lag(silent, dies - silent),
        fault(
            ms(dies),
            FaultKind::Failover {
                node: 0,
                down: ms(10),
            },
        ),
    ];
    plan
}

/// The replica hears nothing for so many milliseconds.
const fn lag(at: u64, span: u64) -> Fault {
    fault(
        ms(at),
        FaultKind::Lag {
            node: 0,
            replicas: Members::ALL,
            span: ms(span),
        },
    )
}

/// The plan, with clients that wait for the replica.
fn with_wait(mut plan: Plan) -> Plan {
    plan.settings.replication = Some(Replication {
        timeout: ms(100),
        ..Replication::new(1)
    });
    plan
}

fn unheard_grant() -> Plan {
    let mut plan = failover(50, 300);
    plan.operations = vec![tries(0, 100, 800), waits(1, 400, 1_000, 100)];
    plan
}

fn unheard_grant_with_wait() -> Plan {
    with_wait(unheard_grant())
}

/// The replica knows the lease as it was granted, until 1,100 ms. It has been renewed for the third time when the node dies.
fn unheard_renewal() -> Plan {
    let mut plan = failover(200, 1_110);
    plan.operations = vec![renewed(tries(0, 100, 1_500)), waits(1, 1_200, 1_000, 100)];
    plan
}

fn unheard_renewal_with_wait() -> Plan {
    with_wait(unheard_renewal())
}
