//! What the user may not do on a node: end old connections, delete keys.

use crate::support::guarded::{EPOCH, clock, encoded, guarded, run_to, up};
use crate::support::{World, at, config, failed, failure, held, nodes, released};
use quorlock_core::{Answer, Closed, Event, Instant, NodeFacts, RestartGuard, Verb, Wait};

/// Of a user who may not `CLIENT KILL`.
fn cannot_kill() -> NodeFacts {
    NodeFacts {
        can_kill: false,
        ..NodeFacts::default()
    }
}

#[test]
fn where_kill_is_forbidden_an_acquire_has_a_deadline_in_the_servers_clock() {
    let mut world = guarded(1, RestartGuard::Off);
    let facts = NodeFacts {
        can_kill: false,
        clock: Some(clock(&world, 0)),
        ..up(9_999)
    };
    world.ready_with(0, facts.clone());
    let Some(Event::Node(news)) = world.set.poll_event() else {
        panic!("news of the node")
    };
    assert!(news.caution.is_some() && news.problem.is_none());
    let lock = world.acquire(Wait::Try);
    let acquire = world.command(Verb::Acquire);
    // the round ends after half of the lease
    let deadline = (EPOCH + 500_000).to_string();
    assert!(encoded(&world, 0, &acquire).contains(&deadline));
    // cut; the release goes out on a new connection, and again after the deadline
    world.set.cancel(world.now, lock);
    let release = world.command(Verb::Release);
    world.now = at(1);
    world.down(0);
    world.answer(0, &acquire, Answer::Broken);
    world.answer(0, &release, Answer::Broken);
    world.ready_with(0, facts);
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Absent);
    run_to(&mut world, 504);
    world.no_command();
    run_to(&mut world, 505);
    let again = world.command(Verb::Release);
    world.answer(0, &again, Answer::Done);
    run_to(&mut world, 10_000);
    world.no_command();
}

#[test]
fn a_connection_that_has_not_ended_leaves_nothing_behind() {
    for millis in [0, 1] {
        let mut world = World::unconnected(&config(1));
        world.ready_with(0, cannot_kill());
        world.run_to(millis);
        let lock = world.hold();
        world.set.release(world.now, lock).unwrap();
        let release = world.command(Verb::Release);
        world.answer(0, &release, Answer::Done);
        released(world.event());
        run_to(&mut world, 10_000);
        world.no_command();
    }
}

#[test]
fn a_connection_that_was_killed_leaves_nothing_behind() {
    let mut world = World::new(1);
    let lock = world.hold();
    world.now = at(1);
    world.down(0);
    world.ready(0);
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Done);
    released(world.event());
    run_to(&mut world, 10_000);
    world.no_command();
}

#[test]
fn a_release_that_was_sent_before_the_deadline_is_repeated_behind_it() {
    // the acquire may be executed until 500 ms, and 5 ms are added
    for (sent, answered, again) in [
        (1, 499, Some(505)),
        (1, 700, Some(700)),
        (504, 504, Some(505)),
        (505, 505, None),
    ] {
        let mut world = World::unconnected(&config(1));
        world.ready_with(0, cannot_kill());
        let lock = world.hold();
        world.now = at(1);
        world.down(0);
        world.ready_with(0, cannot_kill());
        world.now = at(sent);
        world.set.release(world.now, lock).unwrap();
        let release = world.command(Verb::Release);
        world.now = at(answered);
        if let Some(again) = again {
            run_to(&mut world, again - 1);
            world.no_command();
        }
        world.answer(0, &release, Answer::Done);
        if let Some(again) = again {
            run_to(&mut world, again);
            let repeated = world.command(Verb::Release);
            world.answer(0, &repeated, Answer::Absent);
        }
        run_to(&mut world, 10_000);
        world.no_command();
    }
}

#[test]
fn a_release_that_is_refused_for_good_is_not_confirmed() {
    for (close_at, unconfirmed) in [(10, nodes(&[0])), (2_000, nodes(&[]))] {
        let mut world = World::new(3);
        let lock = world.hold();
        world.set.release(world.now, lock).unwrap();
        let release = world.command(Verb::Release);
        world.answer(0, &release, failed("NOPERM no permissions to run 'del'"));
        world.answer(1, &release, Answer::Done);
        world.answer(2, &release, Answer::Done);
        released(world.event());
        world.run_to(close_at);
        world.set.close(world.now, Instant::NEVER);
        assert_eq!(world.event(), Event::Closed(Closed { unconfirmed }));
    }
}

#[test]
fn what_a_lost_round_may_not_delete_is_there_only_where_it_was_granted() {
    for (granted, unconfirmed) in [(true, nodes(&[0])), (false, nodes(&[]))] {
        let mut world = World::new(2);
        world.acquire(Wait::Try);
        let acquire = world.command(Verb::Acquire);
        if granted {
            world.answer(0, &acquire, Answer::Done);
        }
        world.answer(1, &acquire, held(100));
        failure(world.event());
        let release = world.command(Verb::Release);
        assert_eq!(release.to, nodes(&[0]));
        world.answer(0, &release, failed("NOPERM no permissions to run 'del'"));
        world.set.close(world.now, Instant::NEVER);
        assert_eq!(world.event(), Event::Closed(Closed { unconfirmed }));
    }
}
