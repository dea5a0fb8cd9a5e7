//! `WAIT` where replicas lag: what it counts, what it holds up, and when it ends.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on fails where it stands"
)]

use core::time::Duration;

use bytes::BytesMut;
use quorlock_core::script::ACQUIRE;
use quorlock_embedded::{Config, ConnectionId, Keys, Node, Progress, ServerTime};
use quorlock_resp::encode;

const NOW: ServerTime = ServerTime::from_micros(1_700_000_000_000_000);

const SET: &[&[u8]] = &[b"SET", b"k", b"v"];
const GET: &[&[u8]] = &[b"GET", b"k"];
const WAIT: &[&[u8]] = &[b"WAIT", b"1", b"100"];

/// A node with so many replicas, which lag.
fn node(replicas: u8) -> Node {
    let config = Config {
        replicas,
        ..Config::default()
    };
    let mut node = Node::new(config, NOW);
    node.let_replicas_lag();
    node
}

/// A connection with what it has sent and the node has not taken.
struct Peer {
    id: ConnectionId,
    input: BytesMut,
}

impl Peer {
    fn of(node: &mut Node) -> Self {
        Self {
            id: node.connect().unwrap(),
            input: BytesMut::new(),
        }
    }

    /// Sends these commands, in one.
    fn send(
        &mut self,
        node: &mut Node,
        now: ServerTime,
        commands: &[&[&[u8]]],
    ) -> (Progress, String) {
        for words in commands {
            encode::command(&mut self.input, words);
        }
        let mut output = BytesMut::new();
        let progress = node.handle_input(now, self.id, &mut self.input, &mut output);
        (progress, String::from_utf8(output.to_vec()).unwrap())
    }

    /// What it hears without having sent anything.
    fn hear(&mut self, node: &mut Node, now: ServerTime) -> (Progress, String) {
        self.send(node, now, &[])
    }
}

fn after(millis: u64) -> ServerTime {
    NOW.after(Duration::from_millis(millis))
}

fn idle(text: &str) -> (Progress, String) {
    (Progress::Idle, text.into())
}

fn waiting(text: &str) -> (Progress, String) {
    (Progress::Waiting, text.into())
}

#[test]
fn who_waits_is_answered_when_a_replica_has_heard_and_then_goes_on() {
    let mut node = node(1);
    let mut peer = Peer::of(&mut node);
    assert_eq!(node.poll_timeout(), None);
    let answered = peer.send(&mut node, NOW, &[SET, WAIT, GET]);
    assert_eq!(answered, waiting("+OK\r\n"), "GET stands behind WAIT");
    assert_eq!(node.poll_timeout(), Some(after(100)));
    assert_eq!(node.poll_ready(after(99)), None);
    assert_eq!(peer.hear(&mut node, after(99)), waiting(""));

    let written = node.written();
    node.handle_heard(0, written);
    assert_eq!(node.poll_ready(after(99)), Some(peer.id));
    assert_eq!(peer.hear(&mut node, after(99)), idle(":1\r\n$1\r\nv\r\n"));
    assert_eq!(
        (node.poll_ready(after(99)), node.poll_timeout()),
        (None, None)
    );
    assert_eq!(
        peer.send(&mut node, after(99), &[WAIT]),
        idle(":1\r\n"),
        "it has heard"
    );
}

#[test]
fn the_time_is_up_in_the_millisecond_that_was_said() {
    let mut node = node(2);
    let mut peer = Peer::of(&mut node);
    let two: &[&[u8]] = &[b"WAIT", b"2", b"100"];
    assert_eq!(peer.send(&mut node, NOW, &[SET, two]).0, Progress::Waiting);
    let written = node.written();
    node.handle_heard(1, written);
    assert_eq!(node.poll_ready(after(99)), None);
    assert_eq!(node.poll_ready(after(100)), Some(peer.id));
    assert_eq!(
        peer.hear(&mut node, after(100)),
        idle(":1\r\n"),
        "one of two"
    );
}

#[test]
fn a_wait_without_a_time_goes_on_until_enough_have_heard() {
    let mut node = node(1);
    let mut peer = Peer::of(&mut node);
    let for_ever: &[&[u8]] = &[b"WAIT", b"1", b"0"];
    assert_eq!(
        peer.send(&mut node, NOW, &[SET, for_ever]).0,
        Progress::Waiting
    );
    assert_eq!(node.poll_timeout(), None);
    assert_eq!(node.poll_ready(after(1_000_000)), None);
    let written = node.written();
    node.handle_heard(0, written);
    assert_eq!(peer.hear(&mut node, NOW), idle(":1\r\n"));
}

/// Each connection waits for what it has written itself, as in Redis.
#[test]
fn others_writes_are_not_waited_for() {
    let mut node = node(1);
    let (mut one, mut other) = (Peer::of(&mut node), Peer::of(&mut node));
    assert_eq!(one.send(&mut node, NOW, &[SET]), idle("+OK\r\n"));
    assert_eq!(
        other.send(&mut node, NOW, &[GET, WAIT]),
        idle("$1\r\nv\r\n:1\r\n")
    );
    let heard = node.written();
    assert_eq!(other.send(&mut node, NOW, &[SET]), idle("+OK\r\n"));
    node.handle_heard(0, heard);
    assert_eq!(one.send(&mut node, NOW, &[WAIT]), idle(":1\r\n"));
    assert_eq!(other.send(&mut node, NOW, &[WAIT]), waiting(""));
    node.handle_heard(0, heard);
    assert_eq!(node.poll_ready(NOW), None, "that is old");
    let written = node.written();
    node.handle_heard(1, written);
    assert_eq!(node.poll_ready(NOW), None, "there is no such replica");
}

/// A script that changes something is one write; who changes nothing has nothing to wait for.
#[test]
fn only_changes_move_the_offset() {
    let mut node = node(1);
    let mut peer = Peer::of(&mut node);
    let acquire = |owner: &'static [u8]| -> [&[u8]; 6] {
        [
            b"EVAL",
            ACQUIRE.text.as_bytes(),
            b"1",
            b"lock",
            owner,
            b"1000",
        ]
    };
    let mut moves = |words: &[&[u8]], now| {
        let before = node.written();
        let (progress, _) = peer.send(&mut node, now, &[words]);
        assert_eq!(progress, Progress::Idle);
        node.written() > before
    };
    assert!(moves(&acquire(b"a"), NOW));
    assert!(!moves(&acquire(b"b"), NOW), "refused");
    assert!(!moves(&[b"PTTL", b"lock"], NOW));
    assert!(moves(&[b"GET", b"lock"], after(1_001)), "it has expired");
    assert!(!moves(&[b"DEL", b"lock"], NOW));
    for words in [
        &[b"SET".as_slice(), b"k", b"v"][..],
        &[b"PEXPIRE", b"k", b"5000"],
        &[b"PERSIST", b"k"],
        &[b"DEL", b"k"],
        &[b"RPUSH", b"l", b"e"],
        &[b"RPUSH", b"l", b"e"],
        &[b"FLUSHALL"],
    ] {
        assert!(moves(words, NOW), "{words:?}");
    }
    assert!(!moves(&[b"FLUSHALL"], NOW), "there was nothing");
}

#[test]
fn for_more_replicas_than_there_are_nobody_waits() {
    let mut node = node(1);
    let mut peer = Peer::of(&mut node);
    let two: &[&[u8]] = &[b"WAIT", b"2", b"0"];
    assert_eq!(
        peer.send(&mut node, NOW, &[SET, two]),
        idle("+OK\r\n:0\r\n")
    );
}

#[test]
fn who_waits_can_be_killed_and_can_leave() {
    let mut node = node(1);
    let (mut one, mut other) = (Peer::of(&mut node), Peer::of(&mut node));
    assert_eq!(
        one.send(&mut node, NOW, &[SET, WAIT, &[b"DEL", b"k"]]).0,
        Progress::Waiting
    );
    let id = one.id.to_string();
    let kill: &[&[u8]] = &[b"CLIENT", b"KILL", b"ID", id.as_bytes()];
    assert_eq!(other.send(&mut node, NOW, &[kill]), idle(":1\r\n"));
    assert_eq!(
        (node.poll_timeout(), node.poll_ready(after(100))),
        (None, None)
    );
    assert_eq!(
        one.hear(&mut node, after(100)),
        idle(""),
        "nothing behind it is done"
    );
    assert_eq!(
        other.send(&mut node, NOW, &[GET, WAIT]),
        idle("$1\r\nv\r\n:1\r\n")
    );

    assert_eq!(
        other.send(&mut node, NOW, &[SET, WAIT]).0,
        Progress::Waiting
    );
    node.disconnect(other.id);
    assert_eq!(node.poll_timeout(), None);
}

/// The replicas of the next life have to hear anew, whatever its keys are.
#[test]
fn a_restart_begins_with_replicas_that_have_heard_nothing() {
    for keys in [Keys::Kept, Keys::Lost] {
        let mut node = node(1);
        let mut peer = Peer::of(&mut node);
        assert_eq!(peer.send(&mut node, NOW, &[SET, SET]).0, Progress::Idle);
        let earlier = node.written();
        node.handle_heard(0, earlier);
        node.restart(NOW, keys);
        assert!(node.written() < earlier);
        let mut peer = Peer::of(&mut node);
        assert_eq!(peer.send(&mut node, NOW, &[SET, WAIT]).0, Progress::Waiting);
    }
}
