//! Many seeds of the simulated world: no violation with the protections on, and the checker sees one where they are
//! off.
#![allow(missing_docs, clippy::panic, clippy::unwrap_used, reason = "tests")]

use core::ops::Range;
use core::time::Duration;
use std::env;

use quorlock_tests::simulation::{Plan, Tally, run};

/// Seeds of the main sweep. A build without optimisation is some ten times slower.
const SEEDS: u64 = if cfg!(debug_assertions) { 60 } else { 400 };

/// Seeds per test; `QUORLOCK_SEEDS` asks for another number, `QUORLOCK_SEED` for a single one.
fn seeds(count: u64) -> Range<u64> {
    let number = |name| env::var(name).ok().map(|text| text.parse().unwrap());
    match number("QUORLOCK_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("QUORLOCK_SEEDS").unwrap_or(count),
    }
}

fn sweep(plan: &Plan, count: u64) -> Tally {
    let mut sum = Tally::default();
    for seed in seeds(count) {
        sum.add(&run(plan, seed).unwrap_or_else(|violation| panic!("{violation}")));
    }
    println!("{sum:#?}");
    sum
}

#[test]
fn locks_stay_exclusive_and_nothing_is_left() {
    let sum = sweep(&Plan::SAFE, SEEDS);
    if seeds(SEEDS).count() < 60 {
        return;
    }
    // a run that has not seen these has shown nothing
    for (what, seen) in [
        ("acquired", sum.acquired),
        ("contended", sum.contended),
        ("cancelled", sum.cancelled),
        ("extended", sum.extended),
        ("failed extensions", sum.extend_failed),
        ("healed", sum.healed),
        ("lost", sum.lost),
        ("verified", sum.verified),
        ("expired earlier", sum.expired_earlier),
        ("cuts", sum.cuts),
        ("executed late", sum.late),
    ] {
        assert!(seen >= 50, "only {seen} {what}");
    }
}

#[test]
fn groups_of_other_sizes() {
    for nodes in [1, 2, 3, 4] {
        sweep(
            &Plan {
                nodes,
                ..Plan::SAFE
            },
            SEEDS / 6,
        );
    }
}

/// An allowance so wide that it is not the notice before a loss that keeps two from holding.
#[test]
fn clocks_may_drift_as_far_as_is_allowed() {
    sweep(
        &Plan {
            clients: 6,
            keys: 1,
            nodes: 1,
            skew_ppm: 90_000,
            drift_ppm: 170_000,
            cut_every: Duration::ZERO,
            ..Plan::SAFE
        },
        SEEDS / 6,
    );
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..5 {
        assert_eq!(
            run(&Plan::SAFE, seed).unwrap(),
            run(&Plan::SAFE, seed).unwrap()
        );
    }
    assert_ne!(
        run(&Plan::SAFE, 1).unwrap().digest,
        run(&Plan::SAFE, 2).unwrap().digest
    );
}

/// Without the allowance for drift, and clocks that drift: the checker must see what happens.
#[test]
fn without_the_drift_allowance_two_hold_at_once() {
    let plan = Plan {
        clients: 6,
        keys: 1,
        skew_ppm: 200_000,
        drift_ppm: 0,
        cut_every: Duration::ZERO,
        ..Plan::SAFE
    };
    let violation = (0..500).find_map(|seed| run(&plan, seed).err()).unwrap();
    assert!(violation.contains("hold"), "{violation}");
}
