//! Fencing tokens: proposed above what is known, asked for again where a node knows more.

use crate::support::{World, acquired, at, config, failure, held, node, nodes};
use bytes::BytesMut;
use quorlock_core::{
    AcquireFailure, Answer, ClockSample, Config, Event, Fencing, FencingToken, NodeFacts, Problem,
    Verb, Wait,
};

const EPOCH: u64 = 1_700_000_000_000_000;
/// What a proposal adds to the servers' time.
const MARGIN: u64 = 2_000;

fn fenced(count: usize) -> Config {
    Config {
        fencing: Fencing::DEFAULT,
        ..config(count)
    }
}

/// All ready; their clocks are so many µs ahead of the first's.
fn world(ahead: &[u64]) -> World {
    let mut world = World::unconnected(&fenced(ahead.len()));
    for (index, ahead) in ahead.iter().enumerate() {
        let clock = ClockSample {
            asked: world.now,
            heard: world.now,
            server_us: EPOCH + ahead,
        };
        let facts = NodeFacts {
            can_kill: true,
            clock: Some(clock),
            ..NodeFacts::default()
        };
        world.ready_with(index, facts);
    }
    world
}

#[test]
fn a_tenure_has_the_token_that_its_round_proposed() {
    let mut world = world(&[0, 0, 0]);
    world.now = at(5);
    let lock = world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    let proposed = FencingToken::new(EPOCH + 5_000 + MARGIN);
    assert_eq!(command.token, Some(proposed));
    world.answer(0, &command, Answer::Done);
    world.answer(1, &command, Answer::Done);
    assert_eq!(acquired(world.event()).token, Some(proposed));
    world.set.extend(world.now, lock, command.ttl).unwrap();
    assert_eq!(
        world.command(Verb::Extend).token,
        None,
        "an extension keeps it"
    );
}

#[test]
fn who_is_outbid_at_the_deadline_does_not_ask_again() {
    let mut world = world(&[0]);
    world.acquire(Wait::Until(at(100)));
    let command = world.command(Verb::Acquire);
    world.now = at(100);
    let counter = command.token.unwrap().get();
    world.answer(0, &command, Answer::Outbid(counter));
    failure(world.event());
    world.no_command();
}

#[test]
fn without_fencing_there_is_no_token() {
    let mut world = World::new(1);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    assert_eq!(command.token, None);
    world.answer(0, &command, Answer::Done);
    assert_eq!(acquired(world.event()).token, None);
}

#[test]
fn one_clock_that_runs_ahead_does_not_set_the_time() {
    let hour = 3_600_000_000;
    for (ahead, expected) in [
        (vec![0, 0, hour], 0),
        (vec![0, hour], 0),
        (vec![hour], hour),
    ] {
        let mut world = world(&ahead);
        world.acquire(Wait::Try);
        let token = world.command(Verb::Acquire).token;
        assert_eq!(
            token,
            Some(FencingToken::new(EPOCH + expected + MARGIN)),
            "{ahead:?}"
        );
    }
}

#[test]
fn a_round_that_is_outbid_is_repeated_at_once_above_the_counters() {
    let mut world = world(&[0, 0, 0]);
    world.acquire(Wait::Try);
    let first = world.command(Verb::Acquire);
    let counter = EPOCH + 9_000_000;
    world.answer(0, &first, Answer::Done);
    world.answer(1, &first, Answer::Outbid(counter));
    world.answer(2, &first, Answer::Outbid(counter + 7));
    let undo = world.command(Verb::Release);
    assert_eq!((undo.to, undo.owner), (nodes(&[0]), first.owner));
    let second = world.command(Verb::Acquire);
    assert_eq!(second.token, Some(FencingToken::new(counter + 8)));
    assert_ne!(second.owner, first.owner);
    for index in 0..3 {
        world.answer(index, &second, Answer::Done);
    }
    let acquired = acquired(world.event());
    assert_eq!((acquired.token, acquired.rounds), (second.token, 2));
}

#[test]
fn a_minority_that_outbids_changes_nothing() {
    let mut world = world(&[0, 0, 0]);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Outbid(u64::MAX));
    world.answer(1, &command, Answer::Done);
    world.answer(2, &command, Answer::Done);
    assert_eq!(acquired(world.event()).token, command.token);
    world.no_command();
}

#[test]
fn a_held_lock_is_contended_whatever_the_counters() {
    let mut world = world(&[0, 0, 0]);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(1, &command, held(500));
    world.answer(0, &command, Answer::Outbid(7));
    // the third might have granted: once more, and the lock is held on two
    assert_eq!(world.command(Verb::Release).to, nodes(&[2]));
    let second = world.command(Verb::Acquire);
    world.answer(1, &second, held(500));
    world.answer(2, &second, held(500));
    assert!(matches!(
        failure(world.event()).reason,
        AcquireFailure::Contended { .. }
    ));
}

#[test]
fn being_outbid_for_ever_ends() {
    let mut world = world(&[0]);
    world.acquire(Wait::Try);
    let mut rounds = 0;
    while let Some(command) = world.set.poll_command() {
        rounds += 1;
        assert!(rounds < 100, "no end");
        let above = command.token.unwrap().get() + 1;
        world.answer(0, &command, Answer::Outbid(above));
    }
    assert_eq!(rounds, 9, "the first, and eight more");
    let failed = failure(world.event());
    assert_eq!(failed.problems, [(node(0), Problem::Outbid)]);
}

/// A user with a Redis client of his own, whose nodes tell no clock at the start.
#[test]
fn without_a_clock_the_first_proposal_only_asks() {
    let mut world = World::with(&fenced(1));
    world.acquire(Wait::Try);
    let first = world.command(Verb::Acquire);
    assert_eq!(first.token, Some(FencingToken::new(0)));
    let sample = ClockSample {
        asked: world.now,
        heard: world.now,
        server_us: EPOCH,
    };
    world.set.handle_clock(world.now, node(0), sample);
    world.answer(0, &first, Answer::Outbid(0));
    let second = world.command(Verb::Acquire).token;
    assert_eq!(second, Some(FencingToken::new(EPOCH + MARGIN)));
}

#[test]
fn a_token_too_far_ahead_is_a_lost_vote_and_leaves_nothing() {
    let mut world = world(&[0, 0, 0]);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::TooFarAhead);
    world.answer(1, &command, Answer::TooFarAhead);
    let failed = failure(world.event());
    assert_eq!(failed.reason, AcquireFailure::Unreachable);
    assert!(failed.problems.contains(&(node(0), Problem::TokenAhead)));
    assert_eq!(world.command(Verb::Release).to, nodes(&[2]));
}

#[test]
fn an_acquire_carries_token_lead_and_retention() {
    let mut world = world(&[0]);
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    let mut out = BytesMut::new();
    command.encode(&world.set.terms(node(0), &command), &mut out);
    let text = String::from_utf8(out.to_vec()).unwrap();
    let tail = "$1\r\n2\r\n$3\r\nkey\r\n$24\r\nkey:quorlock-token:{key}\r\n";
    assert!(
        text.starts_with("*12\r\n$7\r\nEVALSHA\r\n$40\r\n"),
        "{text}"
    );
    assert!(text.contains(tail), "{text}");
    let token = EPOCH + MARGIN;
    let max_ttl = u64::from(u32::MAX);
    let (lead, day) = (max_ttl * 250, max_ttl.max(86_400_000));
    let arguments = [
        0.to_string(),
        String::new(),
        token.to_string(),
        lead.to_string(),
        day.to_string(),
    ];
    let expected = arguments
        .map(|it| format!("${}\r\n{it}\r\n", it.len()))
        .concat();
    assert!(text.ends_with(&expected), "{text}");
}

#[test]
fn quorlocks_own_keys_are_no_locks() {
    let mut world = World::new(1);
    for key in ["quorlock:guard", "key:quorlock-token:{key}"] {
        let mut request = World::request(Wait::Try);
        request.keys = bytes::Bytes::from(key).into();
        let error = world.set.acquire(world.now, request).unwrap_err();
        assert_eq!(error, quorlock_core::AcquireError::ReservedKey);
    }
    assert!(!matches!(world.set.poll_event(), Some(Event::Acquired(_))));
}

#[test]
fn a_round_that_waits_for_its_first_node_proposes_by_its_clock() {
    let mut world = World::unconnected(&fenced(1));
    world.acquire(Wait::Forever);
    world.no_command();
    let clock = ClockSample {
        asked: world.now,
        heard: world.now,
        server_us: EPOCH,
    };
    let facts = NodeFacts {
        can_kill: true,
        clock: Some(clock),
        ..NodeFacts::default()
    };
    world.ready_with(0, facts);
    let token = world.command(Verb::Acquire).token;
    assert_eq!(token, Some(FencingToken::new(EPOCH + MARGIN)));
}
