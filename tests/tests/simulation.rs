//! Many seeds of the simulated world: no violation with the protections on, and the checker sees one where they are
//! off.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "simulation/by_hand.rs"]
mod by_hand;
#[path = "simulation/failovers.rs"]
mod failovers;
#[path = "simulation/invariants.rs"]
mod invariants;
#[path = "simulation/repeatable.rs"]
mod repeatable;
#[path = "simulation/sweeps.rs"]
mod sweeps;
#[path = "simulation/twins.rs"]
mod twins;

use core::ops::Range;
use std::env;

use quorlock_tests::simulation::{Plan, Profile, Tally, run};

/// Seeds per test; `QUORLOCK_SEEDS` asks for another number, `QUORLOCK_SEED` for a single one.
fn seeds(from: u64, count: u64) -> Range<u64> {
    let number = |name| env::var(name).ok().map(|text| text.parse().unwrap());
    match number("QUORLOCK_SEED") {
        Some(seed) => seed..seed + 1,
        None => from..from + number("QUORLOCK_SEEDS").unwrap_or(count),
    }
}

/// Runs the plans of some seeds, none of which may break anything.
fn sweep(seeds: Range<u64>, plan: impl Fn(u64) -> Plan) -> Tally {
    let mut sum = Tally::default();
    for (count, seed) in (1..).zip(seeds) {
        let outcome = run(&plan(seed));
        sum.add(&outcome.tally);
        if let Some(violation) = outcome.violation {
            let span = sum.span.as_secs_f32();
            panic!("seed {seed}, the {count}. one, after {span:.1} s of virtual time: {violation}");
        }
    }
    sum
}

/// The first violation in the plans of some seeds, with its seed.
fn first_violation(
    seeds: Range<u64>,
    plan: impl Fn(u64) -> Plan,
) -> Option<(u64, quorlock_tests::simulation::Violation)> {
    seeds
        .into_iter()
        .find_map(|seed| Some((seed, run(&plan(seed)).violation?)))
}

/// The plan of a seed with the defaults.
fn safe(seed: u64) -> Plan {
    Profile::Safe.plan(seed)
}

/// A sweep that has not seen enough of something has shown nothing.
fn assert_seen(seen: &[(&str, u64)], least: u64) {
    for (what, count) in seen {
        println!("{what:28} {count:10}");
    }
    for (what, count) in seen {
        assert!(*count >= least, "only {count} {what}");
    }
}
