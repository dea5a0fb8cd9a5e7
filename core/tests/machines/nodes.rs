//! Acquisitions while nodes come, go and fall silent.

use crate::support::{VALIDITY, World, acquired, at, config, failure, held, node, nodes};
use quorlock_core::{AcquireFailure, Answer, Event, NodeState, Problem, Verb, Wait};

#[test]
fn unreachable_at_once_without_asking_anybody() {
    let mut world = World::new(3);
    world.down(0);
    world.down(2);
    world.acquire(Wait::Try);
    // asking node 1 alone would only leave a key
    world.no_command();
    let failed = failure(world.event());
    assert_eq!(failed.reason, AcquireFailure::Unreachable);
    assert_eq!(
        failed.problems[1],
        (node(2), Problem::Disconnected("gone".into()))
    );
}

#[test]
fn the_first_round_waits_for_nodes_that_are_being_connected() {
    let mut world = World::unconnected(&config(3));
    world.acquire(Wait::Try);
    world.no_command();
    world.now = at(20);
    world.ready(1);
    let first = world.command(Verb::Acquire);
    world.answer(1, &first, Answer::Done);
    world.down(0);
    world.no_event();
    world.ready(2);
    let second = world.command(Verb::Acquire);
    assert_eq!((second.to, second.owner), (nodes(&[2]), first.owner));
    world.answer(2, &second, Answer::Done);
    let acquired = acquired(world.event());
    assert_eq!(
        acquired.valid_until,
        at(VALIDITY),
        "the time of connecting counts"
    );
}

#[test]
fn a_new_connection_ends_the_pause_of_a_starved_acquisition() {
    let mut world = World::new(1);
    world.down(0);
    world.acquire(Wait::Forever);
    world.run_to(5_000);
    world.no_command();
    world.ready(0);
    world.set.handle_timeout(world.now);
    world.command(Verb::Acquire);
}

#[test]
fn a_new_connection_does_not_end_the_pause_of_who_was_refused() {
    let mut world = World::new(3);
    world.down(2);
    world.acquire(Wait::Forever);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, held(5_000));
    assert_eq!(world.command(Verb::Release).to, nodes(&[1]));
    world.ready(2);
    world.set.handle_timeout(world.now);
    world.no_command();
}

#[test]
fn what_is_known_of_a_node_is_not_told_again() {
    let mut world = World::new(1);
    world.ready(0);
    assert_eq!(world.set.poll_event(), None);
    world.down(0);
    assert!(matches!(world.set.poll_event(), Some(Event::Node(_))));
    world.down(0);
    assert_eq!(world.set.poll_event(), None);
}

#[test]
fn a_node_that_comes_while_a_round_is_open_takes_part_in_it_once() {
    let mut world = World::new(3);
    world.down(2);
    world.acquire(Wait::Try);
    let first = world.command(Verb::Acquire);
    world.answer(0, &first, Answer::Done);
    world.ready(2);
    let late = world.command(Verb::Acquire);
    assert_eq!((late.to, late.owner), (nodes(&[2]), first.owner));
    world.down(2);
    world.answer(2, &late, Answer::Broken);
    world.ready(2);
    world.no_command();
    world.answer(1, &first, held(100));
    assert!(matches!(world.event(), Event::AcquireFailed(_)));
    assert_eq!(world.command(Verb::Release).to, nodes(&[0, 2]));
}

/// Waiters that try again do not fill the client while one node hangs.
#[test]
fn waiters_do_not_pile_up_releases_on_a_silent_node() {
    let mut config = config(3);
    config.limits.locks = 20;
    let mut world = World::with(&config);
    for _ in 0..5 {
        world.acquire(Wait::Forever);
    }
    // node 0 does not answer, nodes 1 and 2 refuse
    for t in 1..1_000 {
        world.now = at(t);
        if world.set.poll_timeout().is_some_and(|d| d <= world.now) {
            world.set.handle_timeout(world.now);
        }
        while let Some(c) = world.set.poll_command() {
            for n in c.to {
                if n.index() > 0 {
                    world.answer(
                        n.index(),
                        &c,
                        if c.verb() == Verb::Release {
                            Answer::Done
                        } else {
                            held(5_000)
                        },
                    );
                }
            }
        }
    }
    let r = world.set.acquire(world.now, World::request(Wait::Try));
    assert!(r.is_ok(), "{r:?} with 5 locks of 20");
}

/// Found by the fuzz target `machine`: whoever drives the set himself chooses the reason.
#[test]
fn a_node_that_is_down_is_not_sent_releases_whatever_the_reason() {
    let mut world = World::new(3);
    let lock = world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    world.answer(1, &command, Answer::Done);
    acquired(world.event());
    let silent = NodeState::Down(Problem::Silent);
    world.set.handle_node(world.now, node(2), silent);
    world
        .set
        .handle_answer(world.now, node(2), command.ticket, Answer::Broken);
    world.set.release(world.now, lock).unwrap();
    assert_eq!(world.command(Verb::Release).to, nodes(&[0, 1]));
}
