//! Several of one client for one key: one contends, the others wait their turn.

use crate::support::{TTL, VALIDITY, World, acquired, at, failed, failure, held, millis, node};
use quorlock_core::{AcquireFailure, Answer, Event, LockId, LostCause, Problem, Verb, Wait};

/// The head of the line is granted the lock.
fn grant(world: &mut World) -> LockId {
    let command = world.next_command().unwrap();
    let answer = match command.verb() {
        Verb::HandOver => Answer::HandedOver(Box::new((Answer::Done, Answer::Done))),
        _ => Answer::Done,
    };
    world.answer_all(&command, &answer);
    acquired(world.event()).lock
}

#[test]
fn one_is_on_the_wire_and_the_others_follow_in_order() {
    let mut world = World::new(3);
    let all = [(); 4].map(|()| world.acquire(Wait::Forever));
    for lock in all {
        assert_eq!(grant(&mut world), lock);
        world.no_command();
        world.no_event();
        world.set.cancel(world.now, lock);
    }
    let release = world.command(Verb::Release);
    world.answer_all(&release, &Answer::Done);
    assert_eq!(world.set.poll_timeout(), None, "nothing is left to do");
}

#[test]
fn other_keys_and_single_tries_do_not_queue() {
    let mut world = World::new(3);
    world.hold();
    world.acquire_key("other", Wait::Forever);
    world.command(Verb::Acquire);
    let single = world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer_all(&command, &held(300));
    assert_eq!(failure(world.event()).lock, single);
}

#[test]
fn who_waits_behind_ends_at_his_own_deadline() {
    let mut world = World::new(3);
    world.hold();
    let lock = world.acquire(Wait::Until(at(100)));
    world.acquire(Wait::Forever);
    world.run_to(99);
    world.no_event();
    world.run_to(100);
    let failed = failure(world.event());
    assert_eq!(failed.lock, lock);
    // lease_end is one lease and the drift after the grant, as the others count it
    let AcquireFailure::Contended {
        free_in: Some(left),
    } = failed.reason
    else {
        panic!("{failed:?}")
    };
    assert!(
        left > millis(TTL - 100) && left < millis(TTL - 80),
        "{left:?}"
    );
    assert_eq!(failed.problems[0], (node(0), Problem::Held(Some(left))));
    assert_eq!(failed.problems.len(), 3);
}

#[test]
fn who_waits_behind_a_contender_is_told_what_stood_in_its_way() {
    let mut world = World::new(1);
    world.acquire(Wait::Forever);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, held(500));
    let lock = world.acquire(Wait::Until(at(0)));
    world.set.handle_timeout(world.now);
    let failed = failure(world.event());
    let free_in = Some(millis(500));
    assert_eq!(failed.lock, lock);
    assert_eq!(failed.reason, AcquireFailure::Contended { free_in });
    assert_eq!(failed.problems, [(node(0), Problem::Held(free_in))]);
}

#[test]
fn who_gives_up_makes_room() {
    let mut world = World::new(3);
    let [head, second, third] = [(); 3].map(|()| world.acquire(Wait::Forever));
    let round = world.command(Verb::Acquire);
    world.set.cancel(world.now, second);
    world.no_command();
    world.set.cancel(world.now, head);
    assert_eq!(world.command(Verb::Release).owner, round.owner);
    assert_eq!(grant(&mut world), third);
}

#[test]
fn a_lost_lock_stands_in_nobodys_way() {
    let mut world = World::new(3);
    let request = quorlock_core::AcquireRequest {
        auto_extend: false,
        ..World::request(Wait::Forever)
    };
    let first = world.set.acquire(world.now, request).unwrap();
    assert_eq!(grant(&mut world), first);
    let second = world.acquire(Wait::Forever);
    world.run_to(VALIDITY);
    match world.event() {
        Event::Lost(lost) => assert_eq!((lost.lock, lost.cause), (first, LostCause::Expired)),
        other => panic!("{other:?}"),
    }
    // the key may be there for a while yet; asking tells how long
    let command = world.command(Verb::Acquire);
    world.answer_all(&command, &held(15));
    let lost_round = world.command(Verb::Release);
    assert_eq!(lost_round.owner, command.owner);
    world.set.release(world.now, first).unwrap();
    world.command(Verb::Release);
    world.run_to(VALIDITY + 30);
    assert_eq!(grant(&mut world), second);
}

#[test]
fn a_rejected_line_ends_one_by_one_without_an_end_to_the_stack() {
    let mut world = World::new(1);
    for _ in 0..10_000 {
        world.acquire(Wait::Forever);
    }
    let mut rejected = 0;
    while let Some(command) = world.set.poll_command() {
        world.answer(0, &command, failed("NOPERM no"));
        while let Some(event) = world.set.poll_event() {
            assert_eq!(failure(event).reason, AcquireFailure::Rejected);
            rejected += 1;
        }
        world.set.handle_timeout(world.now);
    }
    assert_eq!(rejected, 10_000);
}

#[test]
fn closing_ends_the_queue_and_calls_nobody() {
    let mut world = World::new(3);
    let first = world.hold();
    let second = world.acquire(Wait::Forever);
    world.set.close(world.now, at(1_000));
    let failed = failure(world.event());
    assert_eq!(
        (failed.lock, failed.reason),
        (second, AcquireFailure::Closed)
    );
    let command = world.command(Verb::Release);
    world.answer_all(&command, &Answer::Done);
    assert_eq!(crate::support::released(world.event()).lock, first);
    assert!(matches!(world.event(), Event::Closed(_)));
    world.no_command();
}

/// As when the client was paused past all of their deadlines.
#[test]
fn who_is_called_after_his_deadline_is_told_so() {
    let mut world = World::new(3);
    let all = [100, 200, 200].map(|end| world.acquire(Wait::Until(at(end))));
    world.now = at(300);
    world.set.handle_timeout(world.now);
    let failed: Vec<LockId> = all.iter().map(|_| failure(world.event()).lock).collect();
    assert_eq!(failed, all);
    let asked = world.command(Verb::Acquire);
    world.answer_all(&asked, &Answer::Done);
    let release = world.command(Verb::Release);
    world.answer_all(&release, &Answer::Done);
    world.no_event();
    assert_eq!(world.set.poll_timeout(), None, "nothing is left to do");
}
