//! Waiting one's turn among the clients: places, names, and who is asked when.

use core::time::Duration;

use crate::support::{World, acquired, config, failure, held, millis, node, nodes};
use bytes::BytesMut;
use quorlock_core::{
    AcquireError, AcquireFailure, AcquireRequest, Answer, Capabilities, ClientId, ClockSample,
    Command, Config, Event, Fairness, Fencing, Instant, Keys, LockId, NodeFacts, Owner, Problem,
    Queueing, Ttl, Turn, Verb, Wait, script,
};

const CHANNEL: &[u8] = b"key:quorlock-free:{key}";
const PLACE: u64 = 1_000;
/// The servers' time when a test begins.
const SERVER_US: u64 = 1_700_000_000_000_000;
/// A holder's lease, in ms: nobody waits so long who is told.
const LEFT: u64 = 60_000;

fn fair(count: usize) -> Config {
    Config {
        fairness: Fairness::Queue {
            place: millis(PLACE),
        },
        ..config(count)
    }
}

fn facts(now: Instant) -> NodeFacts {
    NodeFacts {
        can_kill: true,
        clock: Some(ClockSample {
            asked: now,
            heard: now,
            server_us: SERVER_US,
        }),
        pushes: true,
        ..NodeFacts::default()
    }
}

fn world_of(config: &Config) -> World {
    let mut world = World::unconnected(config);
    for index in 0..config.nodes.len() {
        world.ready_with(index, facts(world.now));
    }
    while world.set.poll_event().is_some() {}
    world
}

fn turn(command: &Command) -> Turn {
    command.queue.unwrap().turn.unwrap()
}

/// Refuses everywhere; what a lost round releases is gone already.
fn refuse(world: &mut World, command: &Command, answer: &Answer) {
    let mut later = Vec::new();
    for node in command.to {
        world.answer(node.index(), command, answer.clone());
        while let Some(command) = world.set.poll_command() {
            later.push(command);
        }
    }
    let released = |command: &Command| command.verb() == Verb::Release;
    for release in later.iter().filter(|it| released(it)) {
        world.answer_all(release, &Answer::Absent);
    }
    later.retain(|command| !released(command));
    world.put_back(later);
}

/// A lock that others hold, on all nodes: refused, listening, refused again.
fn waiting(count: usize) -> (World, LockId, Turn) {
    let mut world = world_of(&fair(count));
    let lock = world.acquire(Wait::Forever);
    let first = world.command(Verb::Acquire);
    refuse(&mut world, &first, &held(LEFT));
    let listen = world.command(Verb::Listen);
    world.answer_all(&listen, &Answer::Done);
    let second = world.command(Verb::Acquire);
    refuse(&mut world, &second, &held(LEFT));
    world.no_command();
    (world, lock, turn(&second))
}

fn tell(world: &mut World, index: usize, message: &[u8]) {
    let now = world.now;
    world.set.handle_message(now, node(index), CHANNEL, message);
}

/// Whether the waiter asks again by `millis`.
fn asks_by(world: &mut World, millis: u64) -> bool {
    world.set.handle_timeout(world.now);
    if world.set.poll_timeout() != Some(world.now) {
        world.run_to(millis);
    }
    let command = world.next_command();
    command.is_some_and(|command| command.verb() == Verb::Acquire)
}

#[test]
fn commands_name_the_queue_and_the_turn() {
    let mut world = world_of(&Config {
        fencing: Fencing::DEFAULT,
        ..fair(1)
    });
    let words = |world: &World, command: &Command| {
        let mut out = BytesMut::new();
        command.encode(&world.set.terms(node(0), command), &mut out);
        let text = String::from_utf8(out.to_vec()).unwrap();
        let lines = text.split("\r\n").skip(2).step_by(2);
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let lock = world.acquire(Wait::Forever);
    let acquire = world.command(Verb::Acquire);
    let turn = String::from_utf8(turn(&acquire).text().to_vec()).unwrap();
    assert!(turn.starts_with("1700000000000000-"), "{turn}");
    let found = words(&world, &acquire);
    let (queue, counter) = ("key:quorlock-queue:{key}", "key:quorlock-token:{key}");
    assert_eq!(
        found[1..6],
        [script::ACQUIRE_FAIR.sha, "3", "key", queue, counter]
    );
    assert_eq!(found[found.len() - 2..], [turn.as_str(), "1000"]);

    world.answer(0, &acquire, Answer::Done);
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    let owner = release.owner.to_string();
    let channel = "key:quorlock-free:{key}";
    let expected = ["2", "key", queue, owner.as_str(), turn.as_str(), channel];
    assert_eq!(words(&world, &release)[1], script::RELEASE_FAIR.sha);
    assert_eq!(words(&world, &release)[2..], expected);
}

#[test]
fn only_who_is_named_asks() {
    let (mut world, _, turn) = waiting(5);
    let another = Turn::new(SERVER_US + 1, Owner::new(ClientId(1), 1)).text();
    for index in 0..5 {
        tell(&mut world, index, &another);
    }
    assert!(!asks_by(&mut world, 200), "another one was named");
    for index in [4, 0, 2] {
        tell(&mut world, index, &turn.text());
    }
    let now = world.now.as_nanos() / 1_000_000;
    assert!(asks_by(&mut world, now), "a quorum has named us: at once");
}

#[test]
fn a_node_that_names_nobody_counts_for_everybody() {
    let (mut world, _, turn) = waiting(3);
    tell(&mut world, 0, b"free");
    tell(&mut world, 1, &turn.text());
    assert!(asks_by(&mut world, 0), "at once");
}

#[test]
fn who_is_named_by_too_few_asks_a_little_later() {
    let (mut world, _, turn) = waiting(5);
    tell(&mut world, 3, &turn.text());
    assert!(!asks_by(&mut world, 4), "the others may be about to");
    assert!(asks_by(&mut world, 10), "or know no place of ours");
}

/// A node that has named us was asked before; another one's late refusal does not put it off.
#[test]
fn a_late_refusal_does_not_put_off_who_was_named() {
    let mut world = world_of(&fair(5));
    world.acquire(Wait::Forever);
    let first = world.command(Verb::Acquire);
    refuse(&mut world, &first, &held(LEFT));
    let listen = world.command(Verb::Listen);
    world.answer_all(&listen, &Answer::Done);
    let second = world.command(Verb::Acquire);
    world.answer(0, &second, held(LEFT));
    tell(&mut world, 0, &turn(&second).text());
    for index in 1..4 {
        world.answer(index, &second, held(LEFT));
    }
    while world.next_command().is_some() {}
    world.answer(4, &second, held(LEFT));
    assert!(asks_by(&mut world, 10), "named during its round");
    let third = world.last.clone().unwrap();
    for index in 0..3 {
        world.answer(index, &third, held(LEFT));
    }
    while world.next_command().is_some() {}
    tell(&mut world, 1, &turn(&second).text());
    world.answer(3, &third, held(LEFT));
    let now = world.now.as_nanos() / 1_000_000;
    assert!(asks_by(&mut world, now + 11), "named before the refusal");
}

#[test]
fn places_are_renewed_under_the_same_turn() {
    let (mut world, _, turn_before) = waiting(3);
    for _ in 0..5 {
        let now = world.now.as_nanos() / 1_000_000;
        assert!(!asks_by(&mut world, now + PLACE / 4 - 10), "not yet");
        assert!(asks_by(&mut world, now + PLACE / 2 + 10), "before it ends");
        let again = world.last.clone().unwrap();
        assert_eq!(turn(&again), turn_before);
        refuse(&mut world, &again, &held(LEFT));
    }
}

/// Nobody tells him anything, and his pauses have grown beyond a short place.
#[test]
fn places_are_renewed_by_who_is_not_told() {
    let mut config = fair(1);
    config.fairness = Fairness::Queue { place: millis(40) };
    let mut world = World::unconnected(&config);
    let facts = facts(world.now);
    world.ready_with(
        0,
        NodeFacts {
            pushes: false,
            ..facts
        },
    );
    while world.set.poll_event().is_some() {}
    world.acquire(Wait::Forever);
    for _ in 0..20 {
        let again = world.command(Verb::Acquire);
        refuse(&mut world, &again, &held(LEFT));
        world.no_command();
        let now = world.now.as_nanos() / 1_000_000;
        world.set.handle_timeout(world.now);
        world.run_to(now + 21);
    }
}

#[test]
fn a_turn_begins_with_the_request_though_nodes_come_later() {
    let mut world = World::unconnected(&fair(1));
    world.acquire(Wait::Forever);
    world.run_to(300);
    world.ready_with(0, facts(world.now));
    let acquire = world.command(Verb::Acquire);
    let text = turn(&acquire).text();
    assert_eq!(text[..16], (SERVER_US - 300_000).to_string().into_bytes());
}

/// Without the servers' time nobody can say when he came: he asks behind everybody, and
/// knows it from the answer.
#[test]
fn without_a_clock_there_is_no_turn_yet() {
    let mut world = World::unconnected(&fair(1));
    world.ready_with(
        0,
        NodeFacts {
            clock: None,
            ..facts(world.now)
        },
    );
    world.acquire(Wait::Forever);
    let acquire = world.command(Verb::Acquire);
    assert!(matches!(acquire.queue, Some(Queueing { turn: None, .. })));
    let sample = facts(world.now).clock.unwrap();
    world.set.handle_clock(world.now, node(0), sample);
    refuse(&mut world, &acquire, &held(LEFT));
    world.command(Verb::Listen);
    let again = world.command(Verb::Acquire);
    assert_eq!(
        turn(&again).text()[..16],
        SERVER_US.to_string().into_bytes()
    );
}

#[test]
fn who_gives_up_leaves_the_queues() {
    let (mut world, lock, turn) = waiting(3);
    world.set.cancel(world.now, lock);
    let leave = world.command(Verb::Release);
    assert_eq!(leave.to, nodes(&[0, 1, 2]));
    assert_eq!(leave.queue.unwrap().turn, Some(turn));
    world.answer_all(&leave, &Answer::Absent);
    world.no_command();
    world.no_event();
}

#[test]
fn a_closed_client_leaves_the_queues_first() {
    let (mut world, _, turn) = waiting(3);
    world
        .set
        .close(world.now, world.now + Duration::from_secs(1));
    let leave = world.command(Verb::Release);
    assert_eq!(leave.queue.unwrap().turn, Some(turn));
    let failed = failure(world.event());
    assert_eq!(failed.reason, AcquireFailure::Closed);
    world.no_event();
    world.answer_all(&leave, &Answer::Absent);
    assert!(matches!(world.event(), Event::Closed(_)));
}

/// The round that won was refused by two nodes: the place is given back there as well.
#[test]
fn a_release_leaves_every_queue() {
    let (mut world, lock, turn) = waiting(5);
    for index in 0..3 {
        tell(&mut world, index, &turn.text());
    }
    assert!(asks_by(&mut world, 0));
    let won = world.last.clone().unwrap();
    for index in [3, 4] {
        world.answer(index, &won, held(LEFT));
    }
    for index in [0, 1, 2] {
        world.answer(index, &won, Answer::Done);
    }
    assert_eq!(acquired(world.event()).granted, nodes(&[0, 1, 2]));
    world.set.release(world.now, lock).unwrap();
    let (leave, release) = (world.command(Verb::Release), world.command(Verb::Release));
    assert_eq!((leave.to, release.to), (nodes(&[3, 4]), nodes(&[0, 1, 2])));
    for command in [leave, release] {
        assert_eq!(command.queue.unwrap().turn, Some(turn));
    }
    world.no_command();
}

/// A round that was lost is released, and the waiter stays where he is.
#[test]
fn a_lost_round_keeps_its_places() {
    let mut world = world_of(&fair(3));
    world.acquire(Wait::Forever);
    let acquire = world.command(Verb::Acquire);
    world.answer(0, &acquire, Answer::Done);
    world.answer(1, &acquire, held(LEFT));
    world.answer(2, &acquire, Answer::Behind(millis(500)));
    let release = world.command(Verb::Release);
    assert_eq!(release.queue.unwrap().turn, None);
}

#[test]
fn the_next_one_here_is_in_the_queues_while_the_first_one_holds() {
    let mut world = world_of(&fair(3));
    let first = world.acquire(Wait::Forever);
    world.acquire(Wait::Forever);
    let one = world.command(Verb::Acquire);
    world.no_command();
    world.answer_all(&one, &Answer::Done);
    assert_eq!(acquired(world.event()).lock, first);
    let two = world.command(Verb::Acquire);
    assert!(turn(&one).text() < turn(&two).text());
    refuse(&mut world, &two, &held(LEFT));
    world.command(Verb::Listen);
    world.command(Verb::Acquire);
    world.set.release(world.now, first).unwrap();
    let release = world.command(Verb::Release);
    assert_eq!(release.to, nodes(&[0, 1, 2]), "and no hand-over");
}

#[test]
fn a_single_try_has_no_turn() {
    let mut world = world_of(&fair(3));
    world.acquire(Wait::Try);
    let acquire = world.command(Verb::Acquire);
    assert!(matches!(acquire.queue, Some(Queueing { turn: None, .. })));
    for index in 0..2 {
        world.answer(index, &acquire, Answer::Behind(millis(700)));
    }
    let failed = failure(world.event());
    assert_eq!(
        failed.reason,
        AcquireFailure::Contended {
            free_in: Some(millis(700))
        }
    );
    let behind = (node(0), Problem::Behind(millis(700)));
    assert!(failed.problems.contains(&behind));
    let release = world.command(Verb::Release);
    assert_eq!(release.to, nodes(&[2]), "and no queue to leave");
    world.no_command();
}

/// Nobody can come first for all of them.
#[test]
fn several_keys_are_no_turn() {
    let mut world = world_of(&fair(3));
    let keys = Keys::new(["a", "b"]).unwrap();
    let request = AcquireRequest::all(keys, Ttl::from_millis(1_000));
    let error = world.set.acquire(world.now, request).unwrap_err();
    assert_eq!(error, AcquireError::SeveralInQueues);
}

#[test]
fn a_queue_is_no_key() {
    let mut world = world_of(&fair(3));
    let request = AcquireRequest::new("key:quorlock-queue:{key}", Ttl::from_millis(1_000));
    let error = world.set.acquire(world.now, request).unwrap_err();
    assert_eq!(error, AcquireError::ReservedKey);
}

#[test]
fn queues_need_scripts() {
    let mut world = World::unconnected(&fair(1));
    let capabilities = Capabilities {
        scripts: false,
        ..Capabilities::default()
    };
    let facts = facts(world.now);
    world.ready_with(
        0,
        NodeFacts {
            capabilities,
            ..facts
        },
    );
    assert_eq!(world.set.problem(node(0)), Some(Problem::NeedsScripts));
}
