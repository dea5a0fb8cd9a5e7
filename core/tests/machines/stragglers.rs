//! Answers that come when their round, or their extension, is over.

use crate::support::told::{asks_by, free, world};
use crate::support::{World, at, held, millis, node, nodes};
use quorlock_core::{Answer, Event, NodeState, Ttl, Verb, Wait};

/// A lease that nobody waits for to its end, in ms.
const LEFT: u64 = 60_000;

#[test]
fn a_refusal_of_an_older_round_is_no_news() {
    for (straggler, woken) in [("none", true), ("older", true), ("last", false)] {
        let mut world = world(3);
        world.acquire(Wait::Forever);
        let first = world.command(Verb::Acquire);
        for index in [0, 1] {
            world.answer(index, &first, held(LEFT));
        }
        assert_eq!(world.command(Verb::Release).to, nodes(&[2]));
        world.command(Verb::Listen);
        let last = world.command(Verb::Acquire);
        for index in [0, 1] {
            world.answer(index, &last, held(LEFT));
        }
        assert_eq!(world.command(Verb::Release).to, nodes(&[2]));
        match straggler {
            "older" => world.answer(2, &first, held(LEFT)),
            "last" => world.answer(2, &last, held(LEFT)),
            _ => {}
        }
        free(&mut world, 0);
        assert_eq!(asks_by(&mut world, 1), woken, "{straggler}");
    }
}

#[test]
fn an_extension_that_comes_too_late_heals_nobody() {
    for (late, heals) in [(96, true), (97, false)] {
        let mut world = World::new(3);
        let lock = world.hold();
        let short = Ttl::new(millis(100)).unwrap();
        world.set.extend(world.now, lock, short).unwrap();
        let extend = world.command(Verb::Extend);
        // of use for 100 ms less 1 % less 2 ms; the lock itself is held for longer
        world.now = at(late);
        world.answer(0, &extend, Answer::Done);
        world.answer(1, &extend, Answer::Done);
        let extended = matches!(world.event(), Event::Extended(_));
        world.answer(2, &extend, Answer::Absent);
        let healed = world.next_command().map(|command| command.verb());
        assert_eq!(extended, heals, "{late} ms");
        assert_eq!(healed, heals.then_some(Verb::Heal), "{late} ms");
    }
}

#[test]
fn a_node_that_stalls_may_still_answer() {
    let mut world = World::new(3);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(1, &command, held(LEFT));
    world
        .set
        .handle_node(world.now, node(0), NodeState::Stalled);
    world.no_event();
    world.answer(0, &command, Answer::Done);
    world.answer(2, &command, Answer::Done);
    assert!(matches!(world.event(), Event::Acquired(_)));
}
