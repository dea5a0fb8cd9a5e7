//! One bundle, told by hand what its parts answer.

use core::time::Duration;

use quorlock_core::{Bundle, Instant, Order, Refused, Wait};

/// How long a bundle waits for the answer to a try.
const PATIENCE: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Instant {
    Instant::ORIGIN + Duration::from_millis(millis)
}

fn bundle(parts: usize, wait: Wait) -> Bundle {
    Bundle::new(at(0), parts, wait, PATIENCE, 1)
}

fn orders(bundle: &mut Bundle) -> Vec<Order> {
    core::iter::from_fn(|| bundle.poll_order()).collect()
}

const fn ask(part: usize, wait: Wait) -> Order {
    Order::Ask { part, wait }
}

const fn give_back(part: usize) -> Order {
    Order::GiveBack { part }
}

const fn failed(part: usize) -> Order {
    Order::Failed { part }
}

/// A bundle of three parts whose first try was refused by part 1, after part 0 was granted.
fn refused_once(wait: Wait) -> Bundle {
    let mut bundle = bundle(3, wait);
    orders(&mut bundle);
    bundle.handle_granted(at(1), 0);
    bundle.handle_refused(at(2), 1, Refused::ForNow);
    bundle
}

#[test]
fn all_are_tried_at_once_and_all_are_needed() {
    let mut bundle = bundle(3, Wait::Forever);
    let tries = [0, 1, 2].map(|part| ask(part, Wait::Try));
    assert_eq!(bundle.poll_timeout(), Some(at(0)), "orders are queued");
    assert_eq!(orders(&mut bundle), tries);
    for part in [2, 0] {
        bundle.handle_granted(at(1), part);
        assert_eq!(orders(&mut bundle), []);
    }
    bundle.handle_granted(at(2), 1);
    assert_eq!(orders(&mut bundle), [Order::Acquired]);
    assert_eq!(bundle.poll_timeout(), None);
}

#[test]
fn all_is_given_back_before_the_one_that_refused_is_waited_for() {
    let mut bundle = refused_once(Wait::Until(at(500)));
    let wait = Wait::Until(at(500));
    assert_eq!(
        orders(&mut bundle),
        [give_back(0), give_back(2), ask(1, wait)]
    );
    // by itself: it knows the deadline
    assert_eq!(bundle.poll_timeout(), None);
    bundle.handle_granted(at(100), 1);
    let tries = [0, 2].map(|part| ask(part, Wait::Try));
    assert_eq!(orders(&mut bundle), tries);
    bundle.handle_granted(at(101), 0);
    bundle.handle_granted(at(101), 2);
    assert_eq!(orders(&mut bundle), [Order::Acquired]);
}

#[test]
fn what_was_given_back_is_not_heard_any_more() {
    let mut bundle = refused_once(Wait::Forever);
    orders(&mut bundle);
    bundle.handle_granted(at(3), 2);
    bundle.handle_refused(at(3), 0, Refused::ForGood);
    bundle.handle_granted(at(3), 7);
    assert_eq!(orders(&mut bundle), []);
}

#[test]
fn from_the_second_refusal_on_it_pauses_for_longer_and_longer() {
    let mut longest = [Duration::ZERO; 8];
    for seed in 0..200 {
        let mut now = at(0);
        let mut bundle = Bundle::new(now, 2, Wait::Forever, PATIENCE, seed);
        let mut granted = 0;
        for longest in &mut longest {
            let refused = 1 - granted;
            orders(&mut bundle);
            bundle.handle_granted(now, granted);
            orders(&mut bundle);
            now += Duration::from_millis(4);
            bundle.handle_refused(now, refused, Refused::ForNow);
            assert_eq!(orders(&mut bundle).first(), Some(&give_back(granted)));
            if let Some(until) = bundle.poll_timeout() {
                *longest = (*longest).max(until.duration_since(now));
                now = until;
                bundle.handle_timeout(now);
            }
            granted = refused;
        }
    }
    // 4 ms is what an answer took; it doubles four times
    let bounds = [0, 4, 8, 16, 32, 64, 64, 64].map(Duration::from_millis);
    for (longest, bound) in longest.into_iter().zip(bounds) {
        assert!(
            longest <= bound && longest >= bound / 2,
            "{longest:?} of {bound:?}"
        );
    }
}

#[test]
fn a_refusal_that_no_waiting_helps_is_the_end() {
    let mut bundle = bundle(2, Wait::Forever);
    orders(&mut bundle);
    bundle.handle_granted(at(1), 0);
    bundle.handle_refused(at(1), 1, Refused::ForGood);
    assert_eq!(orders(&mut bundle), [give_back(0), failed(1)]);
    bundle.handle_timeout(at(10_000));
    bundle.handle_refused(at(10_000), 0, Refused::Lost);
    assert_eq!(orders(&mut bundle), []);
}

#[test]
fn a_single_try_ends_with_the_first_refusal_and_has_no_timer() {
    for refused in [Refused::ForNow, Refused::Lost] {
        let mut bundle = bundle(2, Wait::Try);
        orders(&mut bundle);
        assert_eq!(bundle.poll_timeout(), None);
        bundle.handle_granted(at(1), 0);
        bundle.handle_refused(at(5_000), 1, refused);
        assert_eq!(orders(&mut bundle), [give_back(0), failed(1)]);
    }
}

#[test]
fn one_that_was_waited_for_until_the_deadline_is_the_end() {
    let mut bundle = refused_once(Wait::Until(at(500)));
    orders(&mut bundle);
    bundle.handle_refused(at(499), 1, Refused::ForNow);
    assert_eq!(orders(&mut bundle), [failed(1)]);
}

#[test]
fn the_deadline_ends_tries_and_pauses() {
    let mut trying = bundle(2, Wait::Until(at(500)));
    orders(&mut trying);
    trying.handle_granted(at(1), 0);
    // called too late
    trying.handle_timeout(at(500));
    assert_eq!(orders(&mut trying), [give_back(0), give_back(1), failed(1)]);

    let mut pausing = refused_once(Wait::Until(at(5)));
    pausing.handle_granted(at(4), 1);
    orders(&mut pausing);
    pausing.handle_refused(at(4), 0, Refused::ForNow);
    assert_eq!(orders(&mut pausing), [give_back(1), give_back(2)]);
    assert!(pausing.poll_timeout().is_some_and(|until| until <= at(5)));
    pausing.handle_timeout(at(5));
    assert_eq!(orders(&mut pausing), [failed(0)]);
}

#[test]
fn a_silent_part_is_waited_for_alone() {
    let [soon, late] = [500, 9_000].map(|millis| Wait::Until(at(millis)));
    for (wait, silent_from) in [(soon, 250), (late, 1_000), (Wait::Forever, 1_000)] {
        let mut bundle = bundle(3, wait);
        orders(&mut bundle);
        bundle.handle_granted(at(1), 0);
        bundle.handle_granted(at(1), 2);
        assert_eq!(bundle.poll_timeout(), Some(at(silent_from)));
        bundle.handle_timeout(at(silent_from - 1));
        assert_eq!(orders(&mut bundle), []);
        bundle.handle_timeout(at(silent_from));
        let gave_back = [0, 1, 2].map(give_back);
        let expected = [&gave_back[..], &[ask(1, wait)]].concat();
        assert_eq!(orders(&mut bundle), expected);
    }
}

#[test]
fn one_that_is_lost_meanwhile_is_waited_for() {
    let mut bundle = bundle(2, Wait::Forever);
    orders(&mut bundle);
    bundle.handle_granted(at(1), 0);
    bundle.handle_refused(at(2), 0, Refused::Lost);
    assert_eq!(orders(&mut bundle), [give_back(1), ask(0, Wait::Forever)]);
    // granted, and lost before anybody looked
    bundle.handle_refused(at(3), 0, Refused::Lost);
    assert_eq!(orders(&mut bundle), []);
    let until = bundle.poll_timeout();
    assert!(until.is_some_and(|until| until <= at(4)), "{until:?}");
}

#[test]
fn one_part_alone_is_simply_waited_for() {
    for wait in [Wait::Forever, Wait::Try, Wait::Until(at(500))] {
        let mut bundle = bundle(1, wait);
        assert_eq!(orders(&mut bundle), [ask(0, wait)]);
        bundle.handle_granted(at(1), 0);
        assert_eq!(orders(&mut bundle), [Order::Acquired]);
    }
}
