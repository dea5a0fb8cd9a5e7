//! Each invariant with what it needs to mean anything: seeds of its own in which nothing breaks, and in which that was
//! seen which it is about. That the checks see what they are for, the unit tests of the checks show, and the twins.

use core::time::Duration;

use quorlock_tests::simulation::{Profile, Tally};

use crate::{assert_seen, safe, seeds, sweep};

/// Seeds of one invariant. Together with the others' they are a sweep.
const SEEDS: u64 = if cfg!(debug_assertions) { 4 } else { 100 };

/// No seed of the invariant of this number breaks anything; `seen` counts what it is about.
fn hold(number: u64, seen: impl Fn(&Tally) -> Vec<(&'static str, u64)>) {
    hold_in(Profile::Safe, number, seen);
}

fn hold_in(profile: Profile, number: u64, seen: impl Fn(&Tally) -> Vec<(&'static str, u64)>) {
    let sum = sweep(seeds(number * 1_000_000, SEEDS), |seed| profile.plan(seed));
    assert_seen(&seen(&sum), 1);
}

#[test]
fn i01_one_holder_at_a_time() {
    hold(1, |sum| {
        vec![("acquired", sum.acquired), ("contended", sum.contended)]
    });
}

#[test]
fn i02_tokens_rise_with_every_tenure() {
    hold(2, |sum| {
        vec![("acquired", sum.acquired), ("outbid", sum.outbid)]
    });
}

/// Applications that think for longer than any lease lasts.
#[test]
fn i03_no_stale_write_is_accepted() {
    let plan = |seed| {
        let mut plan = safe(seed);
        let operations = plan.operations.iter_mut();
        for writes in operations.filter_map(|operation| operation.writes.as_mut()) {
            writes.thinking = Duration::from_millis(1_100);
        }
        plan
    };
    // few of the short runs of a debug build get that far
    let sum = sweep(seeds(3_000_000, 12 * SEEDS), plan);
    assert_seen(
        &[
            ("writes", sum.writes),
            ("stale writes refused", sum.stale_writes),
        ],
        1,
    );
}

#[test]
fn i04_nobody_touches_anothers_key() {
    hold(4, |sum| {
        vec![("releases of another's key", sum.foreign_releases)]
    });
}

#[test]
fn i05_every_key_has_an_end() {
    hold(5, |sum| {
        vec![
            ("acquired", sum.acquired),
            ("extended", sum.extended),
            ("healed", sum.healed),
        ]
    });
}

#[test]
fn i06_after_the_faults_every_key_is_had_again() {
    hold(6, |sum| {
        vec![
            ("held back", sum.held_back),
            ("node restarts", sum.restarts),
        ]
    });
}

#[test]
fn i07_verdicts_on_releases_are_true() {
    hold(7, |sum| {
        vec![
            ("verified", sum.verified),
            ("expired earlier", sum.expired_earlier),
        ]
    });
}

#[test]
fn i08_the_keys_of_the_dead_end() {
    hold(8, |sum| vec![("client crashes", sum.client_crashes)]);
}

#[test]
fn i09_a_client_that_did_what_was_due_comes_to_rest() {
    hold(9, |sum| {
        vec![("events", sum.events / 1_000), ("pauses", sum.pauses)]
    });
}

#[test]
fn i11_events_come_in_their_order() {
    hold(11, |sum| {
        vec![
            ("acquired", sum.acquired),
            ("extended", sum.extended),
            ("lost", sum.lost),
            ("verified", sum.verified),
        ]
    });
}

#[test]
fn i12_losses_are_told_in_time() {
    hold(12, |sum| vec![("lost", sum.lost)]);
}

#[test]
fn i13_what_is_told_to_be_held_is_valid() {
    hold(13, |sum| {
        vec![("acquired", sum.acquired), ("extended", sum.extended)]
    });
}

#[test]
fn i14_what_was_asked_for_is_given_back() {
    hold(14, |sum| {
        vec![
            ("cancelled", sum.cancelled),
            ("contended", sum.contended),
            ("connections cut", sum.cuts),
            ("releases executed late", sum.late_releases),
        ]
    });
}

#[test]
fn i15_who_may_have_forgotten_does_not_vote() {
    for profile in [Profile::Safe, Profile::Strict] {
        hold_in(profile, 15, |sum| {
            vec![
                ("guarded refusals", sum.guarded),
                ("nodes that forgot", sum.amnesia),
            ]
        });
    }
}

#[test]
fn i16_a_grant_counts_for_its_own_round() {
    hold(16, |sum| {
        vec![("outbid", sum.outbid), ("executed late", sum.late)]
    });
}
