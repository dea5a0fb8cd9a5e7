//! Releases: where they go, what they come to, and that none is forgotten.

use crate::support::{TTL, VALIDITY, World, at, failed, millis, nodes, released};
use quorlock_core::{
    AcquireFailure, Answer, Event, Instant, Ttl, UnknownLock, Verb, Verdict, Wait,
};

#[test]
fn verified_at_a_quorum_and_the_slow_node_still_gets_it() {
    let mut world = World::new(5);
    let lock = world.hold();
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    assert_eq!(release.to, nodes(&[0, 1, 2, 3, 4]));
    for index in [0, 1] {
        world.answer(index, &release, Answer::Done);
        world.no_event();
    }
    world.answer(2, &release, Answer::Done);
    let released = released(world.event());
    assert_eq!(released.verdict, Verdict::Verified);
    assert_eq!(released.report.released, nodes(&[0, 1, 2]));
    assert_eq!(released.report.unknown, nodes(&[3, 4]));
    assert_eq!(released.report.confirmed(), nodes(&[0, 1, 2]));
    // repeated: an error, nothing is sent
    assert_eq!(world.set.release(world.now, lock), Err(UnknownLock));
    world.no_command();
}

#[test]
fn a_release_whose_reply_was_lost_is_repeated_and_confirmed_by_gone() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.down(0);
    world.answer(0, &release, Answer::Broken);
    world.no_command();
    world.ready(0);
    let again = world.command(Verb::Release);
    assert_eq!(again.owner, release.owner);
    world.answer(0, &again, Answer::Absent);
    assert_eq!(released(world.event()).verdict, Verdict::Verified);
}

#[test]
fn unverified_until_the_end_of_the_lease_when_nobody_answers() {
    let mut world = World::new(3);
    let lock = world.hold();
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.run_to(1_999);
    world.no_event();
    world.run_to(2_000);
    let released = released(world.event());
    // granted at 0: TTL and the allowance for a slow clock
    assert_eq!(
        released.verdict,
        Verdict::Unverified {
            until: at(TTL + 12)
        }
    );
    // it goes on: the answers of the slow nodes end it
    for index in 0..3 {
        world.answer(index, &release, Answer::Done);
    }
    world.no_event();
    assert_eq!(world.set.poll_timeout(), None);
}

#[test]
fn a_lock_lost_before_its_release_is_told_as_such() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.run_to(334);
    world.command(Verb::Extend);
    world.run_to(VALIDITY);
    assert!(matches!(world.event(), Event::Lost(_)));
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Done);
    assert_eq!(released(world.event()).verdict, Verdict::ExpiredEarlier);
}

#[test]
fn a_release_at_the_end_of_validity_tells_the_loss_first() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.now = at(VALIDITY);
    world.set.release(world.now, lock).unwrap();
    assert!(matches!(world.event(), Event::Lost(_)));
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Foreign(None));
    assert_eq!(released(world.event()).verdict, Verdict::ExpiredEarlier);
}

#[test]
fn a_cancelled_acquisition_is_released_everywhere_and_silent() {
    let mut world = World::new(3);
    let lock = world.acquire(Wait::Forever);
    let acquire = world.command(Verb::Acquire);
    world.answer(0, &acquire, Answer::Done);
    world.set.cancel(world.now, lock);
    let release = world.command(Verb::Release);
    assert_eq!(
        (release.to, release.owner),
        (nodes(&[0, 1, 2]), acquire.owner)
    );
    world.answer(1, &acquire, Answer::Done);
    world.answer(2, &acquire, Answer::Done);
    for index in 0..3 {
        world.answer(index, &release, Answer::Done);
    }
    world.no_event();
    world.no_command();
    assert_eq!(world.set.poll_timeout(), None);
}

#[test]
fn what_a_broken_connection_may_have_executed_is_released_on_the_next() {
    let mut world = World::new(1);
    let lock = world.acquire(Wait::Try);
    let acquire = world.command(Verb::Acquire);
    world.down(0);
    world.answer(0, &acquire, Answer::Broken);
    let Event::AcquireFailed(failed) = world.event() else {
        panic!()
    };
    assert_eq!(
        (failed.lock, failed.reason),
        (lock, AcquireFailure::Unreachable)
    );
    world.no_command();
    world.now = at(700);
    world.ready(0);
    let release = world.command(Verb::Release);
    assert_eq!(release.owner, acquire.owner);
    // and again, if that connection breaks as well
    world.down(0);
    world.answer(0, &release, Answer::Broken);
    world.ready(0);
    world.command(Verb::Release);
}

#[test]
fn a_node_that_never_comes_back_is_given_up_after_its_patience() {
    let mut world = World::new(1);
    world.acquire(Wait::Try);
    let acquire = world.command(Verb::Acquire);
    world.down(0);
    world.answer(0, &acquire, Answer::Broken);
    world.event();
    world.run_to(TTL + 12 + 60_000);
    assert_eq!(world.set.poll_timeout(), None);
    world.ready(0);
    world.no_command();
}

#[test]
fn an_error_is_waited_out_and_a_refusal_is_not() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.answer(0, &release, failed("BUSY Redis is busy running a script."));
    world.no_command();
    world.run_to(100);
    let release = world.command(Verb::Release);
    world.answer(0, &release, failed("NOPERM this user has no permissions"));
    let released = released(world.event());
    assert_eq!(
        released.verdict,
        Verdict::Unverified {
            until: at(TTL + 12)
        }
    );
}

#[test]
fn noscript_sends_the_text() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.answer(0, &release, failed("NOSCRIPT No matching script."));
    let text = world.command(Verb::Release);
    assert!(text.full_text);
    world.answer(0, &text, Answer::Done);
    assert_eq!(released(world.event()).verdict, Verdict::Verified);
}

#[test]
fn close_ends_everything_and_waits_for_the_slow_node() {
    let mut world = World::new(3);
    let held = world.hold();
    let waiting = world.acquire_key("other", Wait::Forever);
    let acquire = world.command(Verb::Acquire);
    for index in 0..2 {
        world.answer(index, &acquire, Answer::Foreign(None));
    }
    let lost_round = world.command(Verb::Release);
    world.set.close(world.now, at(5_000));
    let Event::AcquireFailed(failed) = world.event() else {
        panic!()
    };
    assert_eq!(
        (failed.lock, failed.reason),
        (waiting, AcquireFailure::Closed)
    );
    let release = world.command(Verb::Release);
    for index in 0..3 {
        world.answer(index, &release, Answer::Done);
    }
    assert_eq!(released(world.event()).lock, held);
    world.no_event();
    assert!(
        !world.set.is_closed(),
        "node 2 owes the release of the lost round"
    );
    world.answer(2, &lost_round, Answer::Absent);
    let Event::Closed(closed) = world.event() else {
        panic!()
    };
    assert!(closed.unconfirmed.is_empty());
    let refused = world.set.acquire(world.now, World::request(Wait::Try));
    assert_eq!(refused, Err(quorlock_core::AcquireError::Closed));
}

#[test]
fn close_ends_at_its_deadline_and_names_who_owes() {
    let mut world = World::new(3);
    world.hold();
    world.set.close(world.now, at(500));
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Done);
    world.run_to(499);
    world.no_event();
    assert_eq!(world.set.poll_timeout(), Some(at(500)));
    world.run_to(500);
    // one released, two unknown: they could still be a quorum
    let verdict = released(world.event()).verdict;
    assert_eq!(
        verdict,
        Verdict::Unverified {
            until: at(TTL + 12)
        }
    );
    let Event::Closed(closed) = world.event() else {
        panic!()
    };
    assert_eq!(closed.unconfirmed, nodes(&[1, 2]));
    assert_eq!(world.set.poll_timeout(), None);
}

#[test]
fn a_broken_extension_is_released_when_the_node_comes_back() {
    let mut world = World::new(1);
    let lock = world.hold();
    world
        .set
        .extend(world.now, lock, Ttl::new(millis(3_600_000)).unwrap())
        .unwrap();
    let extend = world.command(Verb::Extend);
    world.down(0);
    world.answer(0, &extend, Answer::Broken);
    world.set.cancel(world.now, lock);
    world.run_to(120_000);
    while world.set.poll_event().is_some() {}
    world.run_to(180_000);
    world.ready(0);
    world.command(Verb::Release); // the key is there for an hour
}

/// A release in flight when its patience ends, answered with an error, is stuck.
#[test]
fn a_release_past_its_patience_ends() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.set.cancel(world.now, lock);
    let mut release = world.command(Verb::Release);
    // LOADING until after the patience: ttl + 60 s
    for _ in 0..10_000 {
        let due = world.set.poll_timeout().unwrap();
        if due >= at(61_012) {
            break;
        }
        world.now = world.now.max(due);
        world.answer(0, &release, failed("LOADING x"));
        world.now += millis(100);
        world.set.handle_timeout(world.now);
        match world.set.poll_command() {
            Some(c) => release = c,
            None => break,
        }
    }
    // in flight now; time passes beyond the end
    world.now = at(62_000);
    world.set.handle_timeout(world.now);
    world.answer(0, &release, failed("LOADING x"));
    world.set.close(world.now, Instant::NEVER);
    world.run_to(10_000_000);
    let mut closed = false;
    while let Some(event) = world.set.poll_event() {
        closed |= matches!(event, Event::Closed(_));
    }
    assert!(closed, "poll_timeout {:?}", world.set.poll_timeout());
}

#[test]
fn a_release_past_its_patience_on_a_broken_connection_ends() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.set.cancel(world.now, lock);
    let release = world.command(Verb::Release);
    world.run_to(62_000);
    world.down(0);
    world.answer(0, &release, Answer::Broken);
    world.set.close(world.now, Instant::NEVER);
    while world.set.poll_event().is_some() {}
    world.run_to(10_000_000);
    assert!(
        world.set.is_closed(),
        "poll_timeout {:?}",
        world.set.poll_timeout()
    );
}

#[test]
fn a_release_falls_back_to_the_text_on_each_connection() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.set.cancel(world.now, lock);
    let r = world.command(Verb::Release);
    world.answer(0, &r, failed("NOSCRIPT x"));
    let r = world.command(Verb::Release);
    assert!(r.full_text);
    world.down(0);
    world.answer(0, &r, Answer::Broken);
    world.ready(0);
    let mut texts = 0;
    for t in 1..20 {
        while let Some(r) = world.set.poll_command() {
            texts += u32::from(r.full_text);
            world.answer(0, &r, failed("NOSCRIPT x"));
        }
        world.now = at(t * 100);
        world.set.handle_timeout(world.now);
    }
    assert!(texts > 0, "EVALSHA for ever");
}

/// Found by fuzzing: the first release was over at once and closed the set.
#[test]
fn nothing_is_told_after_closed() {
    let mut world = World::new(1);
    for _ in 0..3 {
        world.hold();
    }
    world.down(0);
    // long after the leases and the patience of their releases
    world.now = at(200_000);
    world.set.close(world.now, Instant::NEVER);
    let events: Vec<Event> = core::iter::from_fn(|| world.set.poll_event()).collect();
    let released = events
        .iter()
        .filter(|event| matches!(event, Event::Released(_)));
    assert_eq!(released.count(), 3);
    assert!(
        matches!(events.last(), Some(Event::Closed(_))),
        "{events:?}"
    );
    world.ready(0);
    world.no_command();
    assert_eq!(world.set.poll_event(), None);
}
