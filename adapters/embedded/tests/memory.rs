//! The node in memory: a lock's life by a clock that the test sets, limits, and bytes that mean nothing.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on fails where it stands"
)]

use core::time::Duration;

use bytes::{Bytes, BytesMut};
use quorlock_core::script::{ACQUIRE, EXTEND, RELEASE, Script};
use quorlock_embedded::{
    CallError, Config, Limits, MemoryConnection, MemoryNode, Node, Progress, ServerTime,
    TooManyConnections,
};

const NOW: ServerTime = ServerTime::from_micros(1_700_000_000_000_000);

fn node(limits: Limits) -> MemoryNode {
    let config = Config {
        limits,
        ..Config::default()
    };
    MemoryNode::new(config, NOW)
}

fn script(connection: &mut MemoryConnection, script: Script, arguments: &[&[u8]]) -> Vec<u8> {
    let mut words: Vec<&[u8]> = vec![b"EVAL", script.text.as_bytes(), b"1", b"lock"];
    words.extend(arguments);
    connection.call(&words).unwrap().bytes().to_vec()
}

fn reply(connection: &mut MemoryConnection, words: &[&[u8]]) -> Vec<u8> {
    connection.call(words).unwrap().bytes().to_vec()
}

#[test]
fn a_lock_is_taken_held_extended_and_released() {
    let node = node(Limits::DEFAULT);
    let mut one = node.connect().unwrap();
    let mut other = node.connect().unwrap();

    let granted = b"*3\r\n:1\r\n:0\r\n:1700000000000000\r\n";
    assert_eq!(script(&mut one, ACQUIRE, &[b"a", b"1000"]), granted);
    node.advance(Duration::from_millis(400));
    let held = b"*3\r\n:0\r\n:600\r\n:1700000000400000\r\n";
    assert_eq!(script(&mut other, ACQUIRE, &[b"b", b"1000"]), held);
    let extended = b"*3\r\n:1\r\n:0\r\n:1700000000400000\r\n";
    assert_eq!(script(&mut one, EXTEND, &[b"a", b"1000"]), extended);
    assert_eq!(script(&mut other, RELEASE, &[b"b"]), b":-1\r\n");

    // The key lives in the millisecond of its expiry and not in the next.
    node.advance(Duration::from_secs(1));
    let last = b"*3\r\n:0\r\n:0\r\n:1700000001400000\r\n";
    assert_eq!(script(&mut other, ACQUIRE, &[b"b", b"1000"]), last);
    node.advance(Duration::from_millis(1));
    let taken = b"*3\r\n:1\r\n:0\r\n:1700000001401000\r\n";
    assert_eq!(script(&mut other, ACQUIRE, &[b"b", b"1000"]), taken);
    assert_eq!(script(&mut one, RELEASE, &[b"a"]), b":-1\r\n");
    assert_eq!(script(&mut other, RELEASE, &[b"b"]), b":1\r\n");
    assert_eq!(script(&mut other, RELEASE, &[b"b"]), b":0\r\n");
}

#[test]
fn a_call_without_a_reply_says_why() {
    let node = node(Limits::DEFAULT);
    let mut connection = node.connect().unwrap();
    connection.send(b"*2\r\n$4\r\nECHO\r\n$100\r\n");
    assert_eq!(connection.call(&[b"PING"]), Err(CallError::Unfinished));

    let mut victim = node.connect().unwrap();
    let mut killer = node.connect().unwrap();
    let id = victim.id().to_string();
    assert_eq!(
        reply(&mut killer, &[b"CLIENT", b"KILL", b"ID", id.as_bytes()]),
        b":1\r\n"
    );
    assert!(!victim.is_open());
    assert_eq!(victim.call(&[b"SET", b"k", b"v"]), Err(CallError::Closed));
    assert_eq!(reply(&mut killer, &[b"GET", b"k"]), b"$-1\r\n");
}

#[test]
fn every_limit_has_its_answer() {
    let limits = Limits {
        connections: 1,
        keys: 1,
        ..Limits::DEFAULT
    };
    let node = node(limits);
    let mut connection = node.connect().unwrap();
    assert_eq!(node.connect().unwrap_err(), TooManyConnections(1));

    assert_eq!(reply(&mut connection, &[b"SET", b"k", b"v"]), b"+OK\r\n");
    let full = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n";
    assert_eq!(reply(&mut connection, &[b"SET", b"l", b"v"]), full);
    let full = [
        b"-OOM command not allowed when used memory > 'maxmemory'. script: ",
        ACQUIRE.sha.as_bytes(),
        b", on @user_script:40.\r\n",
    ]
    .concat();
    assert_eq!(script(&mut connection, ACQUIRE, &[b"a", b"1000"]), full);
    assert_eq!(reply(&mut connection, &[b"DBSIZE"]), b":1\r\n");

    // A connection that ends makes room for another.
    drop(connection);
    assert!(node.connect().is_ok());
}

#[test]
fn a_password_is_asked_for_before_anything_is_done() {
    let config = Config {
        password: Some(Bytes::from_static(b"secret")),
        ..Config::default()
    };
    let node = MemoryNode::new(config, NOW);
    let mut connection = node.connect().unwrap();
    let refused = b"-NOAUTH Authentication required.\r\n";
    assert_eq!(reply(&mut connection, &[b"SET", b"k", b"v"]), refused);
    assert!(reply(&mut connection, &[b"AUTH", b"secre"]).starts_with(b"-WRONGPASS"));
    assert!(reply(&mut connection, &[b"AUTH", b"secret1"]).starts_with(b"-WRONGPASS"));
    assert_eq!(reply(&mut connection, &[b"SET", b"k", b"v"]), refused);
    let greeting = reply(
        &mut connection,
        &[b"HELLO", b"3", b"AUTH", b"default", b"secret"],
    );
    assert!(greeting.starts_with(b"%7\r\n"));
    assert_eq!(reply(&mut connection, &[b"GET", b"k"]), b"_\r\n");
}

#[test]
fn input_waits_when_the_output_is_full() {
    let limits = Limits {
        output: 10,
        ..Limits::DEFAULT
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let mut node = Node::new(config, NOW);
    let connection = node.connect().unwrap();
    let mut input = BytesMut::from(b"*1\r\n$4\r\nPING\r\n".repeat(5).as_slice());
    let mut output = BytesMut::new();
    let mut rounds = Vec::new();
    while node.handle_input(NOW, connection, &mut input, &mut output) == Progress::Full {
        rounds.push(output.split().len());
    }
    // Two replies of 7 bytes go over the limit of 10.
    assert_eq!((rounds, output.len()), (vec![14, 14], 7));
}

/// Random bytes, random pieces of requests, and random requests: the node answers or closes, and stays sound.
#[test]
fn no_bytes_break_it() {
    const PIECES: [&[u8]; 16] = [
        b"*3\r\n",
        b"*1\r\n",
        b"*-1\r\n",
        b"$4\r\n",
        b"$0\r\n",
        b"\r\n",
        b"*2\r\n$4\r\nECHO\r\n",
        b"$3\r\nSET\r\n",
        b"$1\r\nk\r\n",
        b"$6\r\nSCRIPT\r\n",
        b"$4\r\nLOAD\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"$-1\r\n",
        b"*99999999\r\n",
        b"*1\r\n$4\r\nQUIT\r\n",
        b"PING\r\n",
    ];
    let node = node(Limits::DEFAULT);
    // Xorshift (Marsaglia 2003) with a fixed seed: a failure repeats.
    let mut state = 0x2545_f491_u32;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        usize::try_from(state).unwrap() % below
    };
    let (mut closed, mut answered) = (0, 0);
    for _ in 0..2_000 {
        let mut connection = node.connect().unwrap();
        for _ in 0..20 {
            if random(4) == 0 {
                connection.send(&[u8::try_from(random(256)).unwrap()]);
            } else {
                connection.send(PIECES.get(random(PIECES.len())).unwrap());
            }
        }
        answered += usize::from(connection.receive().starts_with(b"+PONG"));
        closed += usize::from(!connection.is_open());
    }
    assert!(
        closed > 100 && answered > 10,
        "{closed} closed, {answered} answered"
    );
    let mut connection = node.connect().unwrap();
    assert_eq!(reply(&mut connection, &[b"PING"]), b"+PONG\r\n");
}

#[test]
fn replicas_are_as_many_as_the_node_is_told() {
    let config = Config {
        replicas: 2,
        ..Config::default()
    };
    let node = MemoryNode::new(config, NOW);
    let mut connection = node.connect().unwrap();
    for (words, expected) in [
        ([b"WAIT", b"1".as_slice(), b"100"], b":2\r\n".as_slice()),
        ([b"WAIT", b"3", b"0"], b":2\r\n"),
        (
            [b"WAIT", b"x", b"0"],
            b"-ERR value is not an integer or out of range\r\n",
        ),
        (
            [b"WAIT", b"1", b"x"],
            b"-ERR timeout is not an integer or out of range\r\n",
        ),
        ([b"WAIT", b"1", b"-1"], b"-ERR timeout is negative\r\n"),
    ] {
        assert_eq!(reply(&mut connection, &words), expected, "{words:?}");
    }
}
