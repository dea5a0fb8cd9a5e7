//! Rounds: decided at a quorum, lost for certain, counted from their start.

use crate::support::{
    VALIDITY, World, acquired, at, config, failed, failure, held, millis, node, nodes,
};
use quorlock_core::{
    AcquireError, AcquireFailure, AcquireRequest, Answer, Event, Problem, Ttl, Verb, Wait,
};

#[test]
fn won_at_the_quorum_without_waiting_for_the_slowest() {
    let mut world = World::new(5);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    assert_eq!(command.to, nodes(&[0, 1, 2, 3, 4]));
    world.now = at(10);
    for index in [4, 1] {
        world.answer(index, &command, Answer::Done);
        world.no_event();
    }
    world.answer(2, &command, Answer::Done);
    let acquired = acquired(world.event());
    assert_eq!(
        acquired.valid_until,
        at(VALIDITY),
        "validity counts from the start of the round"
    );
    assert_eq!(acquired.granted, nodes(&[1, 2, 4]));
    assert_eq!(
        (acquired.rounds, acquired.user_data, acquired.waited),
        (1, 7, millis(10))
    );
}

#[test]
fn granted_too_late_is_not_granted() {
    for (time, granted) in [
        (VALIDITY - 1, true),
        (VALIDITY, false),
        (VALIDITY + 1, false),
    ] {
        let mut world = World::new(1);
        world.acquire(Wait::Try);
        let command = world.command(Verb::Acquire);
        // the answer is read before the round's timer is
        world.now = at(time);
        world.answer(0, &command, Answer::Done);
        let event = world.event();
        assert_eq!(
            matches!(event, Event::Acquired(_)),
            granted,
            "{time} ms: {event:?}"
        );
        if !granted {
            assert_eq!(failure(event).reason, AcquireFailure::Deadline);
            assert_eq!(world.command(Verb::Release).to, nodes(&[0]));
        }
    }
}

#[test]
fn lost_as_soon_as_no_quorum_is_left_and_released_where_it_may_be_held() {
    let mut world = World::new(5);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    world.answer(1, &command, held(300));
    world.answer(2, &command, held(500));
    world.no_event();
    world.answer(3, &command, held(100));
    // node 4 never answered: released too, behind its acquire
    let release = world.command(Verb::Release);
    assert_eq!((release.to, release.owner), (nodes(&[0, 4]), command.owner));
    let failed = failure(world.event());
    // node 0 granted, node 4 may yet: one of three has to come free, after 100 ms
    assert_eq!(
        failed.reason,
        AcquireFailure::Contended {
            free_in: Some(millis(100))
        }
    );
    assert_eq!(
        failed.problems[0],
        (node(1), Problem::Held(Some(millis(300))))
    );
    assert_eq!(failed.problems.len(), 3, "node 4 was not waited for");
    // its late grant changes nothing
    world.answer(4, &command, Answer::Done);
    world.no_event();
    world.no_command();
}

#[test]
fn a_tie_ends_as_contended_at_the_deadline() {
    let mut world = World::new(2);
    world.acquire(Wait::Until(at(700)));
    let mut rounds = 0;
    for _ in 0..1_000 {
        if world.now >= at(700) {
            break;
        }
        world.run_to(700);
        while let Some(command) = world.set.poll_command() {
            if command.verb() == Verb::Acquire {
                rounds += 1;
                world.answer(0, &command, Answer::Done);
                world.answer(1, &command, Answer::Foreign(None));
            } else {
                world.answer(0, &command, Answer::Done);
            }
        }
    }
    assert!(rounds > 3, "{rounds} rounds");
    let failed = failure(world.event());
    assert_eq!(failed.reason, AcquireFailure::Contended { free_in: None });
    assert_eq!(world.now, at(700));
    world.no_command();
    assert_eq!(world.set.poll_timeout(), None);
}

#[test]
fn each_round_has_a_fresh_owner_and_old_replies_do_not_count() {
    let mut world = World::new(3);
    world.acquire(Wait::Forever);
    let first = world.command(Verb::Acquire);
    for index in 0..2 {
        world.answer(index, &first, held(900));
    }
    world.command(Verb::Release);
    world.run_to(400);
    let second = world.command(Verb::Acquire);
    assert_ne!(first.owner, second.owner);
    world.answer(0, &second, Answer::Done);
    world.answer(2, &first, Answer::Done);
    world.no_event();
    world.answer(1, &second, Answer::Done);
    assert_eq!(acquired(world.event()).owner, second.owner);
}

#[test]
fn unreachable_no_later_than_the_deadline_when_nobody_answers() {
    let mut world = World::new(5);
    world.acquire(Wait::Until(at(450)));
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    world.run_to(450);
    let failed = failure(world.event());
    assert_eq!(
        (failed.reason, world.now),
        (AcquireFailure::Unreachable, at(450))
    );
    assert_eq!(world.command(Verb::Release).to, command.to);
}

#[test]
fn rejected_at_once_where_no_waiting_helps() {
    let mut world = World::new(3);
    world.acquire(Wait::Forever);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, failed("WRONGTYPE Operation against a key"));
    world.answer(1, &command, failed("LOADING"));
    // one rejection leaves a quorum that may come: the round is lost, not the case
    world.no_event();
    world.command(Verb::Release);
    world.run_to(400);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, failed("WRONGTYPE Operation against a key"));
    world.answer(2, &command, failed("NOPERM this user"));
    let failed = failure(world.event());
    assert_eq!(failed.reason, AcquireFailure::Rejected);
    assert!(failed.problems[0].1.to_string().starts_with("WRONGTYPE"));
}

#[test]
fn noscript_is_answered_with_the_text_once() {
    let mut world = World::new(1);
    world.acquire(Wait::Try);
    let digest = world.command(Verb::Acquire);
    assert!(!digest.full_text);
    world.answer(0, &digest, failed("NOSCRIPT No matching script."));
    let text = world.command(Verb::Acquire);
    assert!(text.full_text);
    assert_eq!((text.owner, text.ticket), (digest.owner, digest.ticket));
    world.answer(0, &text, failed("NOSCRIPT No matching script."));
    assert_eq!(failure(world.event()).reason, AcquireFailure::Unreachable);
}

#[test]
fn noscript_after_the_round_does_not_send_the_acquire_behind_its_release() {
    let mut world = World::new(1);
    let lock = world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.set.cancel(world.now, lock);
    world.command(Verb::Release);
    world.answer(0, &command, failed("NOSCRIPT No matching script."));
    world.no_command();
}

#[test]
fn a_wait_ends_when_a_quorum_can_be_free() {
    let mut config = config(3);
    config.timing.retry.first = millis(100_000);
    config.timing.retry.longest = millis(100_000);
    let mut world = World::with(&config);
    world.acquire(Wait::Forever);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, held(50));
    world.answer(1, &command, held(20));
    world.command(Verb::Release);
    // with jitter of half a pause at least; the lease decides, not the pause
    let due = world.set.poll_timeout().unwrap();
    assert!(due >= at(50 + 2) && due < at(50 + 2 + 100_001), "{due:?}");
}

#[test]
fn what_can_never_be_acquired_is_refused_before_anything_is_sent() {
    let mut world = World::new(1);
    let ttl = |length| Ttl::new(millis(length)).unwrap();
    let mut refused = |request| world.set.acquire(at(0), request).unwrap_err();
    assert_eq!(
        refused(AcquireRequest::new("", ttl(1_000))),
        AcquireError::EmptyKey
    );
    let long = vec![b'k'; 4_097];
    let too_long = AcquireError::KeyTooLong {
        len: 4_097,
        max: 4_096,
    };
    assert_eq!(refused(AcquireRequest::new(long, ttl(1_000))), too_long);
    assert!(matches!(
        refused(AcquireRequest::new("k", ttl(2))),
        AcquireError::TtlTooShort { .. }
    ));
    world.no_command();
    for longest in [vec![b'k'; 4_096], vec![b'k']] {
        let request = AcquireRequest::new(longest, ttl(3));
        world.set.acquire(at(0), request).unwrap();
    }
}

#[test]
fn an_answer_to_a_lost_round_tells_nothing_of_the_one_that_won() {
    let mut world = World::new(3);
    let lock = world.acquire(Wait::Until(at(10_000)));
    let lost = world.command(Verb::Acquire);
    world.answer(0, &lost, held(50));
    world.answer(1, &lost, held(50));
    world.command(Verb::Release);
    world.now = world.set.poll_timeout().unwrap();
    world.set.handle_timeout(world.now);
    let won = world.command(Verb::Acquire);
    world.answer(0, &won, Answer::Done);
    world.answer(1, &won, Answer::Done);
    acquired(world.event());
    world.answer(2, &lost, held(50));
    world.set.release(world.now, lock).unwrap();
    // node 2 may grant the round that won yet
    assert_eq!(world.command(Verb::Release).to, nodes(&[0, 1, 2]));
}

#[test]
fn what_is_refused_for_good_was_not_executed_and_is_not_released() {
    for (error, to) in [
        ("WRONGTYPE Operation against a key", &[2][..]),
        ("OOM command not allowed", &[0, 2]),
    ] {
        let mut world = World::new(3);
        world.acquire(Wait::Try);
        let command = world.command(Verb::Acquire);
        world.answer(0, &command, failed(error));
        world.answer(1, &command, held(50));
        assert_eq!(world.command(Verb::Release).to, nodes(to), "{error}");
    }
}

/// What is told when the deadline comes `age` after a second round began that nobody answers. The first was refused.
fn failed_at(age: u64) -> AcquireFailure {
    let ask = |wait| {
        let mut world = World::new(1);
        let ttl = Ttl::from_millis(10_000);
        let request = AcquireRequest {
            wait,
            ..AcquireRequest::new("key", ttl)
        };
        world.set.acquire(at(0), request).unwrap();
        let command = world.command(Verb::Acquire);
        world.answer(0, &command, held(500));
        let due = world.set.poll_timeout().unwrap();
        world.now = due;
        world.set.handle_timeout(due);
        world.command(Verb::Acquire);
        world
    };
    let began = ask(Wait::Forever).now;
    let deadline = began + millis(age);
    let mut world = ask(Wait::Until(deadline));
    assert_eq!(world.now, began);
    world.now = deadline;
    world.set.handle_timeout(deadline);
    failure(world.event()).reason
}

#[test]
fn a_round_that_has_just_begun_knows_less_than_the_one_before() {
    let contended = |reason| matches!(reason, AcquireFailure::Contended { .. });
    assert!(contended(failed_at(999)));
    // from when on a node is silent
    assert_eq!(failed_at(1_000), AcquireFailure::Unreachable);
}

#[test]
fn locks_are_limited_and_so_are_releases_on_their_way() {
    let mut config = config(1);
    config.limits.locks = 2;
    config.limits.in_flight = 3;
    let mut world = World::with(&config);
    let full = Err(AcquireError::TooManyLocks { limit: 2 });
    let mut held = vec![world.hold(), world.hold()];
    assert_eq!(
        world.set.acquire(world.now, World::request(Wait::Try)),
        full
    );
    let mut releases = Vec::new();
    for _ in 0..4 {
        world.set.cancel(world.now, held.remove(0));
        releases.push(world.command(Verb::Release));
        held.push(world.hold());
    }
    for lock in held {
        world.set.cancel(world.now, lock);
    }
    assert_eq!(
        world.set.acquire(world.now, World::request(Wait::Try)),
        full,
        "six releases"
    );
    for release in releases {
        world.answer(0, &release, Answer::Done);
    }
    while world.set.poll_command().is_some() {}
    world.hold();
}

/// The time for connecting is not the time for answering.
#[test]
fn a_round_is_not_bounded_by_the_time_to_connect() {
    let mut config = config(3);
    config.timing.connect_timeout = millis(50);
    let mut world = World::with(&config);
    world.acquire(Wait::Try);
    let a = world.command(Verb::Acquire);
    world.run_to(100);
    for n in 0..3 {
        world.answer(n, &a, Answer::Done);
    }
    assert!(matches!(world.event(), Event::Acquired(_)));
}

#[test]
fn the_first_vote_of_a_node_stands() {
    for first in [held(500), failed("LOADING"), Answer::Broken] {
        let mut world = World::new(3);
        world.acquire(Wait::Try);
        let command = world.command(Verb::Acquire);
        world.answer(0, &command, first.clone());
        world.answer(0, &command, Answer::Done);
        world.answer(1, &command, Answer::Done);
        world.no_event();
        world.answer(2, &command, Answer::Done);
        let granted = acquired(world.event()).granted;
        assert_eq!(granted, nodes(&[1, 2]), "{first:?}");
    }
}

#[test]
fn what_a_node_said_before_it_was_connected_again_is_told() {
    let mut world = World::new(1);
    world.acquire(Wait::Until(at(200)));
    let command = world.command(Verb::Acquire);
    let words = "READONLY You can't write against a read only replica.";
    world.answer(0, &command, failed(words));
    world.down(0);
    // a round that nobody is asked in
    world.now = at(100);
    world.set.handle_timeout(world.now);
    world.ready(0);
    world.now = at(200);
    world.set.handle_timeout(world.now);
    let failed = failure(world.event());
    assert_eq!(failed.problems.len(), 1);
    assert_eq!(failed.problems[0].1.to_string(), words);
}
