//! The negative twins: with a protection off, the checker must see what it is for.

use quorlock_tests::simulation::{Invariant, Profile, run};

use crate::first_violation;

/// The first seed in so many whose plan breaks what the profile says it breaks.
fn broken(profile: Profile, seeds: u64) -> (u64, Invariant) {
    let found = first_violation(0..seeds, |seed| profile.plan(seed));
    let (seed, violation) = found.expect("no seed breaks anything");
    println!("{}: seed {seed}: {violation}", profile.name());
    assert!(
        profile.breaks().contains(&violation.invariant),
        "{violation}"
    );
    (seed, violation.invariant)
}

#[test]
fn i01_without_a_drift_allowance_two_hold_at_once() {
    let (_, invariant) = broken(Profile::NoDriftAllowance, 2_000);
    assert_eq!(invariant, Invariant::OneHolder);
}

/// Two hold at once, tokens fall, or a young server passes for an old one: whichever a seed finds first.
#[test]
fn i01_i02_i15_break_where_clocks_of_nodes_jump() {
    broken(Profile::ClockJumps, 20_000);
}

#[test]
fn i01_without_a_guard_two_hold_at_once() {
    let (_, invariant) = broken(Profile::Unguarded, 2_000);
    assert_eq!(invariant, Invariant::OneHolder);
}

/// A primary dies with what its replica has not heard of: two hold at once, or tokens fall.
#[test]
fn i01_i02_break_where_nobody_waits_for_the_replicas_of_a_cluster() {
    broken(Profile::ClusterUnheard, 2_000);
}

#[test]
fn i01_without_waiting_for_replicas_two_hold_at_once() {
    let (_, invariant) = broken(Profile::FailoversUnheard, 2_000);
    assert_eq!(invariant, Invariant::OneHolder);
}

#[test]
fn i03_a_storage_that_looks_at_no_token_accepts_stale_writes() {
    let (seed, _) = broken(Profile::Unfenced, 500);
    let mut fenced = Profile::Unfenced.plan(seed);
    fenced.settings.fenced = true;
    let outcome = run(&fenced);
    assert_eq!(outcome.violation, None);
    assert!(outcome.tally.stale_writes > 0);
}
