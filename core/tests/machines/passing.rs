//! Handed over inside one client: a release and an acquire in one command.

use crate::support::{
    TTL, VALIDITY, World, acquired, at, config, failed, held, node, nodes, released,
};
use bytes::BytesMut;
use quorlock_core::{
    Answer, Capabilities, Command, CompareAndDelete, Event, Fencing, LockId, NodeFacts, Owner,
    Verb, Verdict, Wait,
};

fn both(released: Answer, acquired: Answer) -> Answer {
    Answer::HandedOver(Box::new((released, acquired)))
}

/// One holds on `count` nodes, another one waits behind it.
fn queued(count: usize) -> (World, LockId, LockId) {
    let mut world = World::new(count);
    let first = world.hold();
    let second = world.acquire(Wait::Forever);
    world.no_command();
    (world, first, second)
}

/// The hand-over that the release by the first one begins.
fn hand_over(world: &mut World, first: LockId) -> Command {
    world.set.release(world.now, first).unwrap();
    world.command(Verb::HandOver)
}

#[test]
fn one_command_releases_and_acquires() {
    let (mut world, first, second) = queued(5);
    world.now = at(100);
    let command = hand_over(&mut world, first);
    assert_eq!(command.to, nodes(&[0, 1, 2, 3, 4]));
    assert_ne!(command.giver, Some(command.owner));
    world.no_command();
    for index in 0..3 {
        world.no_event();
        world.answer(index, &command, both(Answer::Done, Answer::Done));
    }
    let released = released(world.event());
    assert_eq!(
        (released.lock, released.verdict),
        (first, Verdict::Verified)
    );
    let acquired = acquired(world.event());
    assert_eq!((acquired.lock, acquired.owner), (second, command.owner));
    assert_eq!(
        acquired.valid_until,
        at(100 + VALIDITY),
        "a lease of its own"
    );
}

#[test]
fn whoever_gives_up_his_lock_hands_it_over() {
    let (mut world, first, second) = queued(3);
    world.set.cancel(world.now, first);
    let command = world.command(Verb::HandOver);
    world.answer_all(&command, &both(Answer::Done, Answer::Done));
    assert_eq!(acquired(world.event()).lock, second);
    world.no_event();
}

#[test]
fn the_words_of_a_hand_over() {
    for (fencing, keys, token) in [(Fencing::Off, 1, ""), (Fencing::DEFAULT, 2, "0")] {
        let mut config = config(1);
        config.fencing = fencing;
        let mut world = World::with(&config);
        let first = world.hold();
        world.acquire(Wait::Forever);
        let command = hand_over(&mut world, first);
        let mut out = BytesMut::new();
        command.encode(&world.set.terms(node(0), &command), &mut out);
        let out = String::from_utf8(out.to_vec()).unwrap();
        let words: Vec<&str> = out.split("\r\n").skip(1).collect();
        let words: Vec<&str> = words
            .chunks(2)
            .filter_map(|it| it.get(1).copied())
            .collect();
        assert_eq!(words[2], keys.to_string());
        let arguments = &words[3 + keys..];
        let owner = |owner: Owner| owner.to_string();
        assert_eq!(arguments[0], owner(command.owner));
        assert_eq!(arguments[1..4], [TTL.to_string().as_str(), "0", ""]);
        assert_eq!(arguments[4], token);
        assert_eq!(arguments[7], owner(command.giver.unwrap()));
        assert_eq!(arguments[8], "key:quorlock-free:{key}");
        assert_eq!(arguments.len(), 9);
    }
}

#[test]
fn a_refused_successor_waits_and_the_release_is_done() {
    let (mut world, first, _) = queued(3);
    let command = hand_over(&mut world, first);
    // both of them had been overtaken on two nodes
    world.answer(0, &command, both(Answer::Foreign(None), held(300)));
    world.answer(1, &command, both(Answer::Foreign(None), held(300)));
    let cleaned = world.command(Verb::Release);
    assert_eq!((cleaned.to, cleaned.owner), (nodes(&[2]), command.owner));
    assert_eq!(released(world.event()).verdict, Verdict::ExpiredEarlier);
    world.answer(2, &command, both(Answer::Done, Answer::Done));
    world.no_event();
    world.run_to(400);
    world.command(Verb::Acquire);
}

#[test]
fn an_error_undoes_neither_half_and_the_two_go_on_alone() {
    for (text, full_text) in [("NOSCRIPT no", true), ("WRONGTYPE counter", false)] {
        let (mut world, first, second) = queued(1);
        let command = hand_over(&mut world, first);
        world.answer(0, &command, failed(text));
        if !full_text {
            assert!(matches!(world.event(), Event::AcquireFailed(failed) if failed.lock == second));
        }
        let release = world.command(Verb::Release);
        assert_eq!(Some(release.owner), command.giver);
        world.answer(0, &release, Answer::Done);
        assert_eq!(released(world.event()).verdict, Verdict::Verified);
        if full_text {
            let acquire = world.command(Verb::Acquire);
            assert!(acquire.full_text);
            world.answer(0, &acquire, Answer::Done);
            assert_eq!(acquired(world.event()).lock, second);
        }
    }
}

#[test]
fn a_broken_connection_leaves_both_halves_open() {
    let (mut world, first, second) = queued(1);
    let command = hand_over(&mut world, first);
    world.down(0);
    world.answer(0, &command, Answer::Broken);
    world.no_command();
    world.ready(0);
    // what may have been executed is released: the giver's key, and the heir's
    let mut owners = [world.command(Verb::Release), world.command(Verb::Release)].map(|release| {
        world.answer(0, &release, Answer::Absent);
        release.owner
    });
    owners.sort_by_key(|owner| Some(*owner) != command.giver);
    assert_eq!(owners, [command.giver.unwrap(), command.owner]);
    let event = released(world.event());
    assert_eq!((event.lock, event.verdict), (first, Verdict::Verified));
    world.set.handle_timeout(world.now);
    let acquire = world.command(Verb::Acquire);
    world.answer(0, &acquire, Answer::Done);
    assert_eq!(acquired(world.event()).lock, second);
}

#[test]
fn who_held_more_nodes_than_can_grant_releases_on_the_others() {
    let (mut world, first, _) = queued(3);
    world
        .set
        .handle_node(world.now, node(2), quorlock_core::NodeState::Stalled);
    world.set.release(world.now, first).unwrap();
    assert_eq!(world.command(Verb::HandOver).to, nodes(&[0, 1]));
    assert_eq!(world.command(Verb::Release).to, nodes(&[2]));
    world.no_command();
}

#[test]
fn nodes_asked_in_their_own_words_get_the_two_one_by_one() {
    let facts = NodeFacts {
        can_kill: true,
        capabilities: Capabilities {
            compare_and_delete: Some(CompareAndDelete::DelIfEq),
            scripts: true,
        },
        ..NodeFacts::default()
    };
    let mut world = World::unconnected(&config(2));
    world.ready_with(0, facts);
    world.ready(1);
    while world.set.poll_event().is_some() {}
    let first = world.hold();
    world.acquire(Wait::Forever);
    world.set.release(world.now, first).unwrap();
    assert_eq!(world.command(Verb::HandOver).to, nodes(&[1]));
    assert_eq!(world.command(Verb::Release).to, nodes(&[0]));
    assert_eq!(world.command(Verb::Acquire).to, nodes(&[0]), "behind it");
}

#[test]
fn after_some_in_a_row_the_others_have_their_chance() {
    let mut config = config(1);
    config.hand_overs = 2;
    let mut world = World::with(&config);
    let mut holder = world.hold();
    for _ in 0..4 {
        world.acquire(Wait::Forever);
    }
    for _ in 0..2 {
        let command = hand_over(&mut world, holder);
        world.now += core::time::Duration::from_micros(100);
        world.answer(0, &command, both(Answer::Done, Answer::Done));
        released(world.event());
        holder = acquired(world.event()).lock;
    }
    world.set.release(world.now, holder).unwrap();
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Done);
    released(world.event());
    world.no_command();
    // between eight and sixteen rounds of 100 µs later
    let due = world.set.poll_timeout().unwrap();
    let pause = due.duration_since(world.now).as_micros();
    assert!((800..=1_600).contains(&pause), "{pause} us");
    world.set.handle_timeout(due);
    world.now = due;
    let acquire = world.command(Verb::Acquire);
    world.answer(0, &acquire, Answer::Done);
    let holder = acquired(world.event()).lock;
    hand_over(&mut world, holder);
}
