//! Sweeps over whatever may happen, with the protections on.

use core::time::Duration;

use quorlock_tests::simulation::plan::{Fate, Fault, FaultKind, Plan};
use quorlock_tests::simulation::vacuity::Required;
use quorlock_tests::simulation::{Profile, Tally};

use crate::{assert_seen, safe, seeds, sweep};

/// Seeds of the main sweep. A build without optimisation is some ten times slower.
const SEEDS: u64 = if cfg!(debug_assertions) { 24 } else { 400 };

fn assert_not_vacuous(profile: Profile, sum: &Tally, count: u64) {
    let required = Required::of(profile, sum, count);
    for it in &required {
        println!("{:28} {:10} of {}", it.what, it.seen, it.least);
    }
    assert!(required.iter().all(Required::is_met), "{required:#?}");
}

#[test]
fn i18_locks_stay_exclusive_whatever_goes_wrong() {
    let seeds = seeds(0, SEEDS);
    let count = seeds.end - seeds.start;
    assert_not_vacuous(Profile::Safe, &sweep(seeds, safe), count);
}

#[test]
fn i18_the_strict_guard_stands_flushed_nodes_as_well() {
    let seeds = seeds(100_000, SEEDS / 2);
    let count = seeds.end - seeds.start;
    let sum = sweep(seeds, |seed| Profile::Strict.plan(seed));
    assert_not_vacuous(Profile::Strict, &sum, count);
}

/// Slots move, nodes leave and come: whoever holds a lock goes on holding it, wherever it goes.
#[test]
fn i18_locks_go_with_their_slots_through_a_cluster() {
    // a question that finds its keys on two nodes is rare
    let seeds = seeds(600_000, 4 * SEEDS);
    let count = seeds.end - seeds.start;
    let sum = sweep(seeds, |seed| Profile::Cluster.plan(seed));
    assert_not_vacuous(Profile::Cluster, &sum, count);
}

/// Whose grants count when so many replicas have them stays alone, whoever takes his nodes' place.
#[test]
fn i18_replicas_take_the_place_of_nodes() {
    let sum = sweep(seeds(600_000, SEEDS / 2), |seed| {
        Profile::Failovers.plan(seed)
    });
    let seen = [
        ("acquired", sum.acquired),
        ("lost", sum.lost),
        ("failovers", sum.failovers),
        ("failovers that lose", sum.failovers_that_lose),
        ("heard by replicas", sum.heard),
        ("unheard by replicas", sum.unheard),
    ];
    assert_seen(&seen, 1);
}

/// In the order in which clients came: nobody stands behind the dead for ever, and what else holds still does.
#[test]
fn i18_queues_of_waiters_change_nothing_but_the_order() {
    let sum = sweep(seeds(500_000, SEEDS / 2), |seed| Profile::Fair.plan(seed));
    let seen = [
        ("acquired", sum.acquired),
        ("contended", sum.contended),
        ("behind another's turn", sum.behind),
        ("crashed while waiting", sum.crashed_waiters),
        ("lost", sum.lost),
        ("nodes that forgot", sum.amnesia),
    ];
    assert_seen(&seen, 1);
    assert_eq!(sum.handed_over, 0, "past the queues");
}

#[test]
fn i18_groups_of_other_sizes() {
    for nodes in [1, 2, 3, 4] {
        let plan = |seed| {
            let mut plan = safe(seed);
            plan.node_clocks.resize_with(nodes, Default::default);
            plan.faults.retain(|fault| node_of(fault) < nodes);
            plan
        };
        let sum = sweep(seeds(200_000, SEEDS / 8), plan);
        assert_seen(&[("acquired", sum.acquired), ("lost", sum.lost)], 1);
    }
}

/// The node that a fault is about; 0 where it is about several.
fn node_of(fault: &Fault) -> usize {
    match fault.kind {
        FaultKind::ClockJump { node, .. }
        | FaultKind::Cut { node, .. }
        | FaultKind::Failover { node, .. }
        | FaultKind::Flush { node }
        | FaultKind::Lag { node, .. }
        | FaultKind::NodePause { node, .. }
        | FaultKind::Remove { node, .. }
        | FaultKind::Repeat { node, .. }
        | FaultKind::Restart { node, .. } => node,
        FaultKind::ClientCrash { .. }
        | FaultKind::ClientPause { .. }
        | FaultKind::Hold { .. }
        | FaultKind::MoveSlot { .. } => 0,
    }
}

/// An allowance so wide that it is not the notice before a loss that keeps two from holding.
#[test]
fn i18_clocks_may_drift_as_far_as_is_allowed() {
    let plan = |seed| {
        let mut plan = Profile::NoDriftAllowance.plan(seed);
        for clock in plan.client_clocks.iter_mut().chain(&mut plan.node_clocks) {
            clock.rate_ppm = clock.rate_ppm * 9 / 20;
        }
        plan.settings.drift.0 = 170_000;
        plan
    };
    let sum = sweep(seeds(300_000, SEEDS / 4), plan);
    assert_seen(&[("acquired", sum.acquired), ("lost", sum.lost)], 1);
}

/// A storm of broken connections: nothing is left behind, and no reply goes to the wrong question.
#[test]
fn i18_connections_break_all_the_time() {
    let plan = |seed: u64| -> Plan {
        let mut plan = safe(seed);
        let nodes = plan.node_clocks.len() as u64;
        let clients = plan.client_clocks.len() as u64;
        plan.faults = (1..200)
            .map(|number| {
                let fate = if (number ^ seed).is_multiple_of(3) {
                    Fate::Lost
                } else {
                    Fate::Late(Duration::from_millis(number * 7 % 400))
                };
                let client = usize::try_from(number % clients).unwrap();
                let node = usize::try_from(number / clients % nodes).unwrap();
                Fault {
                    at: Duration::from_micros(number * 37_123),
                    kind: FaultKind::Cut { client, node, fate },
                }
            })
            .collect();
        plan
    };
    let sum = sweep(seeds(400_000, SEEDS / 8), plan);
    assert_seen(
        &[
            ("acquired", sum.acquired),
            ("connections cut", sum.cuts),
            ("executed late", sum.late),
        ],
        1,
    );
}
