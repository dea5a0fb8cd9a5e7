//! While a lock is held: extension, healing, loss.

use crate::support::{TTL, VALIDITY, World, at, config, held, millis, nodes};
use quorlock_core::{Answer, Event, LostCause, Ttl, Verb, Wait};

#[test]
fn extended_from_a_third_of_the_lease_on() {
    let mut world = World::new(3);
    world.hold();
    world.run_to(333);
    world.no_command();
    world.run_to(334);
    let command = world.command(Verb::Extend);
    assert_eq!(command.to, nodes(&[0, 1, 2]));
    let started = world.now;
    world.now = at(400);
    world.answer(0, &command, Answer::Done);
    world.no_event();
    world.answer(1, &command, Answer::Done);
    let Event::Extended(extended) = world.event() else {
        panic!()
    };
    assert_eq!(
        extended.valid_until,
        started + millis(VALIDITY),
        "from the extension's start"
    );
    assert_eq!(extended.extended, nodes(&[0, 1]));
    // and again a third of a lease after that start
    assert_eq!(world.set.poll_timeout(), Some(started + millis(TTL) / 3));
}

#[test]
fn a_failed_extension_leaves_what_is_held_and_is_tried_again() {
    let mut world = World::new(3);
    world.hold();
    for index in 0..3 {
        world.down(index);
    }
    let mut failures = 0;
    for _ in 0..1_000 {
        if world.now >= at(900) {
            break;
        }
        world.run_to(900);
        while let Some(event) = world.set.poll_event() {
            match event {
                Event::ExtendFailed(failed) => {
                    failures += 1;
                    assert_eq!(failed.valid_until, at(VALIDITY));
                    assert_eq!((failed.failed, failed.last), (nodes(&[0, 1, 2]), false));
                }
                Event::Node(_) => {}
                other => panic!("{other:?}"),
            }
        }
        world.no_command();
    }
    assert!(failures > 3, "{failures} attempts");
    for index in 0..3 {
        world.ready(index);
    }
    // a node that is back ends the pause: the votes of the first round may be one
    world.set.handle_timeout(world.now);
    while let Some(command) = world.set.poll_command() {
        for node in command.to {
            world.answer(node.index(), &command, Answer::Done);
        }
        world.set.handle_timeout(world.now + millis(200));
    }
    let extended = core::iter::from_fn(|| world.set.poll_event());
    assert!(
        extended
            .into_iter()
            .any(|event| matches!(event, Event::Extended(_)))
    );
}

#[test]
fn lost_at_the_end_of_validity_whatever_the_network_does() {
    let mut world = World::new(3);
    let lock = world.hold();
    world.run_to(VALIDITY - 1);
    world.command(Verb::Extend);
    world.no_event();
    world.run_to(VALIDITY);
    let Event::Lost(lost) = world.event() else {
        panic!()
    };
    assert_eq!((lost.lock, lost.cause), (lock, LostCause::Expired));
    assert_eq!((world.now, lost.valid_until), (at(VALIDITY), at(VALIDITY)));
    assert_eq!(world.set.poll_timeout(), None);
}

#[test]
fn an_answer_after_the_end_revives_nothing() {
    let mut world = World::new(1);
    world.hold();
    world.run_to(334);
    let command = world.command(Verb::Extend);
    // the holder was paused: the answer is read before the timer is
    world.now = at(VALIDITY);
    world.answer(0, &command, Answer::Done);
    assert!(matches!(world.event(), Event::Lost(_)));
    world.no_event();
}

#[test]
fn extension_validity_counts_from_its_start_and_is_checked() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.now = at(100);
    let long = Ttl::new(millis(3_000)).unwrap();
    world.set.extend(world.now, lock, long).unwrap();
    let command = world.command(Verb::Extend);
    assert_eq!(command.ttl, long);
    world.now = at(900);
    world.answer(0, &command, Answer::Done);
    let Event::Extended(extended) = world.event() else {
        panic!()
    };
    assert_eq!(extended.valid_until, at(100 + 3_000 - 30 - 2));
}

#[test]
fn a_shorter_extension_takes_nothing_away() {
    let mut world = World::new(1);
    let lock = world.hold();
    world
        .set
        .extend(world.now, lock, Ttl::new(millis(100)).unwrap())
        .unwrap();
    let command = world.command(Verb::Extend);
    world.answer(0, &command, Answer::Done);
    let Event::Extended(extended) = world.event() else {
        panic!()
    };
    assert_eq!(extended.valid_until, at(VALIDITY));
}

#[test]
fn a_node_that_lost_the_key_is_healed_and_is_no_vote() {
    let mut world = World::new(3);
    world.hold();
    world.run_to(334);
    let extend = world.command(Verb::Extend);
    world.answer(0, &extend, Answer::Absent);
    world.answer(1, &extend, Answer::Done);
    world.no_event();
    world.no_command();
    world.answer(2, &extend, Answer::Done);
    assert!(matches!(world.event(), Event::Extended(_)));
    let heal = world.command(Verb::Heal);
    assert_eq!((heal.to, heal.owner), (nodes(&[0]), extend.owner));
    world.answer(0, &heal, Answer::Done);
    world.run_to(700);
    let extend = world.command(Verb::Extend);
    for index in 0..2 {
        world.answer(index, &extend, Answer::Done);
    }
    let Event::Extended(extended) = world.event() else {
        panic!()
    };
    assert_eq!(extended.healed, nodes(&[0]));
}

#[test]
fn a_late_absent_of_a_won_extension_is_healed_too() {
    let mut world = World::new(3);
    world.hold();
    world.run_to(334);
    let extend = world.command(Verb::Extend);
    world.answer(0, &extend, Answer::Done);
    world.answer(1, &extend, Answer::Done);
    world.no_command();
    world.answer(2, &extend, Answer::Absent);
    assert_eq!(world.command(Verb::Heal).to, nodes(&[2]));
}

#[test]
fn a_quorum_without_the_key_is_never_healed() {
    let mut world = World::new(3);
    world.hold();
    world.run_to(334);
    let extend = world.command(Verb::Extend);
    world.answer(0, &extend, Answer::Absent);
    world.answer(1, &extend, Answer::Absent);
    let Event::ExtendFailed(failed) = world.event() else {
        panic!()
    };
    assert!(failed.last);
    world.answer(2, &extend, Answer::Done);
    world.run_to(VALIDITY);
    world.no_command();
    assert!(
        matches!(world.event(), Event::Lost(_)),
        "at the end of validity, not before"
    );
    assert_eq!(world.now, at(VALIDITY));
}

#[test]
fn a_rival_with_a_quorum_ends_the_lock_at_once() {
    let mut world = World::new(3);
    world.hold();
    world.run_to(334);
    let extend = world.command(Verb::Extend);
    world.answer(0, &extend, held(500));
    world.answer(1, &extend, held(500));
    assert!(matches!(world.event(), Event::ExtendFailed(_)));
    let Event::Lost(lost) = world.event() else {
        panic!()
    };
    assert_eq!(lost.cause, LostCause::Overtaken);
}

#[test]
fn without_auto_extension_nothing_is_sent() {
    let mut world = World::new(1);
    let mut request = World::request(Wait::Try);
    request.auto_extend = false;
    world.set.acquire(world.now, request).unwrap();
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    world.event();
    world.run_to(VALIDITY);
    world.no_command();
    assert!(matches!(world.event(), Event::Lost(_)));
}

#[test]
fn a_node_that_comes_after_the_grant_gets_the_key_at_once() {
    let mut world = World::unconnected(&config(3));
    world.acquire(Wait::Try);
    world.ready(0);
    world.ready(1);
    for index in 0..2 {
        let command = world.command(Verb::Acquire);
        world.answer(index, &command, Answer::Done);
    }
    assert!(matches!(world.event(), Event::Acquired(_)));
    world.now = at(10);
    world.ready(2);
    while world.set.poll_event().is_some() {}
    world.set.handle_timeout(world.now);
    let extend = world.command(Verb::Extend);
    for index in 0..2 {
        world.answer(index, &extend, Answer::Done);
    }
    world.answer(2, &extend, Answer::Absent);
    assert_eq!(world.command(Verb::Heal).to, nodes(&[2]));
}

#[test]
fn a_node_that_comes_back_starts_no_extension_that_was_not_asked_for() {
    let mut world = World::new(1);
    let mut request = World::request(Wait::Try);
    request.auto_extend = false;
    let lock = world.set.acquire(world.now, request).unwrap();
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    world.down(0);
    world
        .set
        .extend(world.now, lock, Ttl::new(millis(TTL)).unwrap())
        .unwrap();
    world.now = at(10);
    world.ready(0);
    while world.set.poll_event().is_some() {}
    world.run_to(500);
    world.no_command();
}

#[test]
fn a_loss_is_told_shortly_before_the_end() {
    for (ttl, notice) in [(TTL, 10), (42, 5)] {
        let mut config = config(1);
        config.timing.lost_notice = millis(10);
        let mut world = World::with(&config);
        let mut request = World::request(Wait::Try);
        request.auto_extend = false;
        request.ttl = Ttl::new(millis(ttl)).unwrap();
        world.set.acquire(world.now, request).unwrap();
        let command = world.command(Verb::Acquire);
        world.answer(0, &command, Answer::Done);
        let Event::Acquired(acquired) = world.event() else {
            panic!()
        };
        world.run_to(5_000);
        let Event::Lost(lost) = world.event() else {
            panic!()
        };
        assert_eq!(lost.valid_until, acquired.valid_until);
        let told = acquired.valid_until.duration_since(world.now);
        assert!(
            told <= millis(notice) && told > millis(notice - 1),
            "{told:?}"
        );
    }
}

#[test]
fn a_node_that_comes_while_an_extension_is_open_takes_part_in_it() {
    let mut world = World::new(3);
    world.hold();
    world.down(2);
    world.run_to(334);
    while world.set.poll_event().is_some() {}
    world.run_to(334);
    let extend = world.command(Verb::Extend);
    assert_eq!(extend.to, nodes(&[0, 1]));
    world.answer(0, &extend, Answer::Done);
    // node 1 is silent; node 2 is back and makes the quorum
    world.ready(2);
    let late = world.command(Verb::Extend);
    assert_eq!((late.to, late.ticket), (nodes(&[2]), extend.ticket));
    world.answer(2, &late, Answer::Done);
    while let Some(event) = world.set.poll_event() {
        if let Event::Extended(extended) = event {
            assert_eq!(extended.extended, nodes(&[0, 2]));
            return;
        }
    }
    panic!("not extended");
}

#[test]
fn a_node_that_is_gone_is_not_healed() {
    let mut world = World::new(3);
    world.hold();
    world.run_to(334);
    let extend = world.command(Verb::Extend);
    world.answer(2, &extend, Answer::Absent);
    world.down(2);
    world.answer(0, &extend, Answer::Done);
    world.answer(1, &extend, Answer::Done);
    world.no_command();
}
