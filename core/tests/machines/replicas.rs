//! Grants that count when enough replicas have heard of them.

use crate::support::cluster::DONE;
use crate::support::wire::{HELLO, RUN, Wire, info};
use crate::support::{TTL, World, acquired, at, config, failure, held, millis, node, nodes};
use bytes::BytesMut;
use core::time::Duration;
use quorlock_core::{
    AcquireFailure, Answer, Config, ConfigError, Event, LockId, Problem, Replication, Ttl, Verb,
    Wait, script,
};
use quorlock_resp::{Decoder, Value};

const WAIT: &str = "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$3\r\n200\r\n";
/// What a server says when it is tried.
const NONE_HEARD: &str = ":0\r\n";
pub(crate) const NOTHING_ON_DISK: &str = "*2\r\n:1\r\n:0\r\n";
pub(crate) const HELD: &str = "*3\r\n:0\r\n:500\r\n:1700000000000000\r\n";

pub(crate) const FSYNC: Replication = Replication {
    fsync: true,
    ..Replication::new(1)
};

pub(crate) fn replicated(count: usize, replication: Replication) -> Config {
    Config {
        replication: Some(replication),
        ..config(count)
    }
}

/// Connected; this is what the server says when it is tried whether replicas can be waited for.
pub(crate) fn greeted(config: Config, trial: &str) -> Wire {
    let mut wire = Wire::new(config);
    wire.connect();
    wire.sent();
    wire.receive(HELLO);
    wire.receive(&info(RUN));
    wire.receive(trial);
    wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
    wire.events();
    wire.sent();
    wire
}

/// One node that must have one replica.
fn one() -> Wire {
    let wire = greeted(replicated(1, Replication::new(1)), NONE_HEARD);
    assert_eq!(wire.client.problem(node(0)), None);
    wire
}

pub(crate) fn attempt(wire: &mut Wire) -> LockId {
    let request = World::request(Wait::Try);
    wire.client.acquire(wire.now, request).unwrap()
}

/// The lock is held on the node and its replica.
fn held_by_both(wire: &mut Wire) -> LockId {
    let lock = attempt(wire);
    wire.sent();
    wire.receive(&[DONE, ":1\r\n"].concat());
    assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
    lock
}

#[test]
fn the_question_stands_behind_the_command_in_one_write() {
    let mut wire = one();
    attempt(&mut wire);
    let sent = wire.sent();
    assert!(sent.contains(script::ACQUIRE.sha), "{sent}");
    assert!(sent.ends_with(WAIT), "{sent}");
    wire.receive(DONE);
    assert_eq!(
        wire.events(),
        [],
        "not granted before the replica has heard"
    );
    wire.receive(":1\r\n");
    assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
}

#[test]
fn answers_cut_anywhere_are_read_alike() {
    let replies = [DONE, ":1\r\n"].concat();
    for cut in 1..replies.len() {
        let mut wire = one();
        attempt(&mut wire);
        wire.receive(&replies[..cut]);
        assert_eq!(wire.events(), [], "{cut}");
        wire.receive(&replies[cut..]);
        assert!(matches!(wire.events()[..], [Event::Acquired(_)]), "{cut}");
    }
}

#[test]
fn a_grant_that_too_few_replicas_have_is_released() {
    for count in [":0\r\n", "-UNBLOCKED force unblock\r\n"] {
        let mut wire = one();
        attempt(&mut wire);
        wire.sent();
        wire.receive(&[DONE, count].concat());
        let failed = failure(wire.events().remove(0));
        assert_eq!(failed.reason, AcquireFailure::Unreachable);
        let short = Problem::TooFewReplicas { got: 0, wanted: 1 };
        let words = "granted, but 0 of the 1 replicas that must have it had it in time";
        assert_eq!(short.to_string(), words);
        assert_eq!(failed.problems, [(node(0), short)]);
        let sent = wire.sent();
        assert!(sent.contains(script::RELEASE.sha), "{sent}");
        assert!(!sent.contains("WAIT"), "a release waits for nobody: {sent}");
    }
}

#[test]
fn a_refusal_is_told_at_once_and_its_count_is_dropped() {
    let mut wire = one();
    attempt(&mut wire);
    wire.sent();
    wire.receive(HELD);
    let failed = failure(wire.events().remove(0));
    assert!(matches!(failed.reason, AcquireFailure::Contended { .. }));
    // the next one's answers come behind
    attempt(&mut wire);
    wire.receive(&[":1\r\n", DONE].concat());
    assert_eq!(wire.events(), [], "that was another one's replica");
    wire.receive(":0\r\n");
    assert!(matches!(wire.events()[..], [Event::AcquireFailed(_)]));
}

#[test]
fn a_connection_that_ends_between_the_two_answers_leaves_a_release() {
    let cases = [(Replication::new(1), NONE_HEARD), (FSYNC, NOTHING_ON_DISK)];
    for (replication, trial) in cases {
        for received in ["", DONE] {
            let mut wire = greeted(replicated(1, replication), trial);
            attempt(&mut wire);
            wire.receive(received);
            wire.client.handle_disconnected(wire.now, node(0), "reset");
            assert!(matches!(
                wire.events()[..],
                [Event::Node(_), Event::AcquireFailed(_)]
            ));
            wire.to(at(100));
            wire.connect();
            wire.sent();
            wire.receive(&HELLO.replace("42", "43"));
            wire.receive(&[&info(RUN), trial].concat());
            wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
            wire.receive(":1\r\n");
            assert!(wire.sent().contains(script::RELEASE.sha), "{received:?}");
        }
    }
}

#[test]
fn a_count_that_is_none_ends_the_connection() {
    for count in ["+OK\r\n", "*2\r\n:1\r\n:1\r\n"] {
        let mut wire = one();
        attempt(&mut wire);
        wire.receive(&[DONE, count].concat());
        let problem = wire.client.problem(node(0));
        assert!(matches!(problem, Some(Problem::Disconnected(_))), "{count}");
    }
}

#[test]
fn an_extension_counts_when_the_replica_has_it() {
    for (count, extended) in [(":1\r\n", true), (":0\r\n", false)] {
        let mut wire = one();
        let lock = held_by_both(&mut wire);
        let longer = Ttl::from_millis(2 * 1_000);
        wire.client.extend(wire.now, lock, longer).unwrap();
        assert!(wire.sent().ends_with(WAIT));
        wire.receive(&[DONE, count].concat());
        match &wire.events()[..] {
            [Event::Extended(_)] => assert!(extended),
            [Event::ExtendFailed(failed)] => {
                assert!(!extended);
                assert_eq!((failed.failed, failed.last), (nodes(&[0]), false));
            }
            other => panic!("{other:?}"),
        }
        wire.client.release(wire.now, lock).unwrap();
        assert!(wire.sent().contains(script::RELEASE.sha));
    }
}

#[test]
fn a_lock_is_handed_over_when_the_replica_has_it() {
    for (count, granted) in [(":1\r\n", true), (":0\r\n", false)] {
        let mut wire = one();
        let first = held_by_both(&mut wire);
        wire.acquire();
        wire.client.release(wire.now, first).unwrap();
        let sent = wire.sent();
        assert!(sent.contains(script::HANDOVER.sha), "{sent}");
        assert!(sent.ends_with(WAIT), "{sent}");
        wire.receive(&["*4\r\n:1\r\n:0\r\n:1\r\n:1\r\n", count].concat());
        let events = wire.events();
        // given back it is all the same
        assert!(matches!(events[0], Event::Released(_)), "{events:?}");
        let next = matches!(events.get(1), Some(Event::Acquired(_)));
        assert_eq!(next, granted, "{events:?}");
        assert_eq!(wire.sent().contains(script::RELEASE.sha), !granted);
    }
}

#[test]
fn a_script_that_is_sent_again_is_asked_for_again() {
    let mut wire = one();
    attempt(&mut wire);
    wire.sent();
    wire.receive("-NOSCRIPT No matching script.\r\n");
    let sent = wire.sent();
    assert!(sent.contains("EVAL\r\n") && sent.ends_with(WAIT), "{sent}");
    wire.receive(&[":0\r\n", DONE, ":1\r\n"].concat());
    assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
}

#[test]
fn a_server_whose_replicas_cannot_be_waited_for_is_named() {
    for refusal in [
        "ERR unknown command 'WAITAOF', with args beginning with: '1' '0' '1' ",
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
        "NOPERM User app has no permissions to run the 'waitaof' command",
    ] {
        let wire = greeted(replicated(1, FSYNC), &format!("-{refusal}\r\n"));
        let problem = wire.client.problem(node(0)).unwrap();
        assert_eq!(problem, Problem::CannotWait(refusal.into()));
        assert!(problem.is_permanent());
        let words = format!("its replicas can't be waited for: {refusal}");
        assert_eq!(problem.to_string(), words);
    }
    // it may be promoted, and then they can
    let replica = "-ERR WAIT cannot be used with replica instances. Please also note\r\n";
    let wire = greeted(replicated(1, Replication::new(1)), replica);
    assert_eq!(wire.client.problem(node(0)), None);
}

#[test]
fn a_conversation_is_nothing_to_wait_behind() {
    let mut wire = Wire::new(replicated(1, Replication::new(1)));
    wire.connect();
    wire.receive(HELLO);
    wire.receive(&info(RUN).replace("-NOSCRIPT No", "-NOPERM no"));
    wire.receive(&[":0\r\n", &"+OK\r\n".repeat(script::ALL.len())].concat());
    assert_eq!(wire.client.problem(node(0)), Some(Problem::NeedsScripts));
}

#[test]
fn the_question_follows_a_redirect() {
    let mut world = crate::support::cluster::World::halves_with(Replication::new(1), ":0\r\n");
    world.acquire("foo", Wait::Try);
    assert!(world.sent("b").ends_with(WAIT));
    // b keeps what it counts to itself
    world.receive("b", &crate::support::cluster::World::ask("a"));
    let sent = world.sent("a");
    assert!(sent.starts_with(crate::support::cluster::ASKING), "{sent}");
    assert!(sent.ends_with(WAIT), "{sent}");
    world.receive("b", ":7\r\n");
    world.receive("a", &["+OK\r\n", DONE].concat());
    assert_eq!(world.events(), []);
    world.receive("a", ":1\r\n");
    assert!(matches!(world.events()[..], [Event::Acquired(_)]));
}

fn short() -> Answer {
    Answer::TooFewReplicas { got: 0, wanted: 1 }
}

#[test]
fn a_node_that_is_short_is_outvoted_and_released_at_the_end() {
    let mut world = World::with(&replicated(3, Replication::new(1)));
    let lock = world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(2, &command, short());
    world.answer(0, &command, Answer::Done);
    world.no_event();
    world.answer(1, &command, Answer::Done);
    assert_eq!(acquired(world.event()).granted, nodes(&[0, 1]));
    world.set.release(world.now, lock).unwrap();
    assert_eq!(world.command(Verb::Release).to, nodes(&[0, 1, 2]));
}

#[test]
fn a_lost_round_is_released_where_a_node_is_short() {
    let mut world = World::with(&replicated(3, Replication::new(1)));
    world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    world.answer(1, &command, held(500));
    world.answer(2, &command, short());
    let failed = failure(world.event());
    assert!(matches!(failed.reason, AcquireFailure::Contended { .. }));
    assert_eq!(world.command(Verb::Release).to, nodes(&[0, 2]));
}

#[test]
fn a_healing_that_is_short_is_released_and_not_reported() {
    let mut world = World::with(&replicated(3, Replication::new(1)));
    let lock = world.hold();
    let extend = |world: &mut World, answers: [Answer; 3]| {
        let ttl = Ttl::from_millis(u32::try_from(TTL).unwrap());
        world.set.extend(world.now, lock, ttl).unwrap();
        let command = world.command(Verb::Extend);
        for (index, answer) in answers.into_iter().enumerate() {
            world.answer(index, &command, answer);
        }
        match world.event() {
            Event::Extended(extended) => extended,
            other => panic!("{other:?}"),
        }
    };
    extend(&mut world, [Answer::Done, Answer::Done, Answer::Absent]);
    let heal = world.command(Verb::Heal);
    world.answer(2, &heal, short());
    let extended = extend(&mut world, [Answer::Done, Answer::Done, Answer::Done]);
    assert!(extended.healed.is_empty());
    world.set.release(world.now, lock).unwrap();
    assert_eq!(world.command(Verb::Release).to, nodes(&[0, 1, 2]));
}

#[test]
fn what_no_node_can_wait_for_is_refused() {
    let check = |replication| replicated(1, replication).votes_needed();
    assert_eq!(check(Replication::new(1)), Ok(1));
    assert_eq!(check(Replication::new(0)), Err(ConfigError::NoReplicas));
    let round_timeout = config(1).timing.round_timeout;
    let just = round_timeout.saturating_sub(millis(1));
    for (timeout, right) in [
        (Duration::ZERO, false),
        (Duration::from_micros(999), false),
        (millis(1), true),
        (just, true),
        (round_timeout, false),
        (Duration::MAX, false),
    ] {
        let found = check(Replication {
            timeout,
            ..Replication::new(1)
        });
        let refused = Err(ConfigError::ReplicaTimeout {
            timeout,
            round_timeout,
        });
        assert_eq!(found, if right { Ok(1) } else { refused });
    }
}

#[test]
fn a_count_is_read_as_it_was_asked_for() {
    let count = |replication: Replication, bytes: &str| {
        let bytes = BytesMut::from(bytes);
        let mut decoder = Decoder::new(quorlock_resp::Limits::DEFAULT);
        let value = decoder.decode(&bytes).unwrap().unwrap().value();
        replication.count(value)
    };
    let memory = Replication::new(2);
    assert_eq!(count(memory, ":3\r\n"), Some(3));
    assert_eq!(count(memory, ":-1\r\n"), Some(0));
    assert_eq!(count(memory, "-ERR no\r\n"), Some(0));
    assert_eq!(count(memory, "_\r\n"), None);
    assert_eq!(count(FSYNC, ":3\r\n"), None);
    assert_eq!(count(FSYNC, "*1\r\n:1\r\n"), None);
    assert_eq!(memory.judge(Answer::Absent, 0), Answer::Absent);
    assert_eq!(memory.judge(Answer::Done, 2), Answer::Done);
    assert_eq!(memory.count(Value::Null), None);
}
