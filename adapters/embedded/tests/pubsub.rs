//! Messages: who gets which, in which order, and what becomes of who does not read them.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails where it stands"
)]

use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use bytes::BytesMut;
use quorlock_embedded::{Config, Limits, MemoryConnection, MemoryNode, Server, ServerTime};
use quorlock_resp::encode;

const LISTENING: &[u8] = b">3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n";
const MESSAGE: &[u8] = b">3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$2\r\nhi\r\n";

fn node() -> MemoryNode {
    MemoryNode::new(
        Config::default(),
        ServerTime::from_micros(1_700_000_000_000_000),
    )
}

fn connect(node: &MemoryNode) -> MemoryConnection {
    let mut connection = node.connect().unwrap();
    connection.call(&[b"HELLO", b"3"]).unwrap();
    connection
}

fn request(words: &[&[u8]]) -> BytesMut {
    let mut bytes = BytesMut::new();
    encode::command(&mut bytes, words);
    bytes
}

/// What is said to these words, and before.
fn said(connection: &mut MemoryConnection, words: &[&[u8]]) -> BytesMut {
    connection.send(&request(words));
    connection.receive()
}

/// One name, two channels: that of the hash slot is none of those of all nodes.
#[test]
fn the_channels_of_slots_are_others() {
    let node = node();
    let (mut one, mut other) = (connect(&node), connect(&node));
    assert_eq!(said(&mut one, &[b"SUBSCRIBE", b"ch"]), LISTENING);
    let listening = b">3\r\n$10\r\nssubscribe\r\n$2\r\nch\r\n:1\r\n".as_slice();
    assert_eq!(said(&mut other, &[b"SSUBSCRIBE", b"ch"]), listening);
    assert_eq!(said(&mut one, &[b"SPUBLISH", b"ch", b"hi"]), ":1\r\n");
    let message = b">3\r\n$8\r\nsmessage\r\n$2\r\nch\r\n$2\r\nhi\r\n".as_slice();
    assert_eq!(other.receive(), message);
    assert!(one.receive().is_empty());
    let ended = b">3\r\n$12\r\nsunsubscribe\r\n$2\r\nch\r\n:0\r\n".as_slice();
    assert_eq!(said(&mut other, &[b"SUNSUBSCRIBE"]), ended);
    assert_eq!(said(&mut one, &[b"SPUBLISH", b"ch", b"hi"]), ":0\r\n");
    assert_eq!(said(&mut other, &[b"PUBLISH", b"ch", b"hi"]), ":1\r\n");
    assert_eq!(one.receive(), MESSAGE);
}

#[test]
fn listeners_are_told_and_counted() {
    let node = node();
    let (mut one, mut other, mut silent) = (connect(&node), connect(&node), connect(&node));
    assert_eq!(said(&mut one, &[b"SUBSCRIBE", b"ch"]), LISTENING);
    assert_eq!(said(&mut silent, &[b"PUBLISH", b"ch", b"hi"]), ":1\r\n");
    assert_eq!(one.receive(), MESSAGE);
    assert_eq!(said(&mut other, &[b"SUBSCRIBE", b"ch"]), LISTENING);
    assert_eq!(said(&mut silent, &[b"PUBLISH", b"ch", b"hi"]), ":2\r\n");
    assert_eq!(said(&mut silent, &[b"PUBLISH", b"other", b"hi"]), ":0\r\n");
    assert_eq!(
        (one.receive(), other.receive()),
        (MESSAGE.into(), MESSAGE.into())
    );
    assert!(silent.receive().is_empty());
    // a message stands before the reply to what was asked behind it
    said(&mut silent, &[b"PUBLISH", b"ch", b"hi"]);
    assert_eq!(said(&mut one, &[b"PING"]), [MESSAGE, b"+PONG\r\n"].concat());
    // and the reply before what the command itself has told
    let reply = [b":2\r\n", MESSAGE].concat();
    assert_eq!(said(&mut one, &[b"PUBLISH", b"ch", b"hi"]), reply);
}

#[test]
fn who_leaves_is_told_no_more() {
    let node = node();
    let (mut one, mut other) = (connect(&node), connect(&node));
    said(&mut one, &[b"SUBSCRIBE", b"ch", b"too"]);
    let left = b">3\r\n$11\r\nunsubscribe\r\n$2\r\nch\r\n:1\r\n";
    assert_eq!(said(&mut one, &[b"UNSUBSCRIBE", b"ch"]), left.as_slice());
    assert_eq!(said(&mut other, &[b"PUBLISH", b"ch", b"hi"]), ":0\r\n");
    said(&mut one, &[b"UNSUBSCRIBE"]);
    assert_eq!(said(&mut other, &[b"PUBLISH", b"too", b"hi"]), ":0\r\n");
    let nothing = b">3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n";
    assert_eq!(said(&mut one, &[b"UNSUBSCRIBE"]), nothing.as_slice());
    for leave in [b"QUIT".as_slice(), b"", b"KILL"] {
        let mut listener = connect(&node);
        said(&mut listener, &[b"SUBSCRIBE", b"ch"]);
        if leave == b"KILL" {
            let id = listener.id().to_string();
            said(&mut other, &[b"CLIENT", b"KILL", b"ID", id.as_bytes()]);
        } else if leave.is_empty() {
            drop(listener);
        } else {
            said(&mut listener, &[leave]);
        }
        assert_eq!(
            said(&mut other, &[b"PUBLISH", b"ch", b"hi"]),
            ":0\r\n",
            "{leave:?}"
        );
    }
}

#[test]
fn listening_has_its_limits() {
    let mut old = node().connect().unwrap();
    assert!(said(&mut old, &[b"SUBSCRIBE", b"ch"]).starts_with(b"-ERR this node serves"));
    let config = Config {
        limits: Limits {
            channels: 1,
            output: 100,
            ..Limits::DEFAULT
        },
        ..Config::default()
    };
    let node = MemoryNode::new(config, ServerTime::from_micros(0));
    let mut one = connect(&node);
    assert_eq!(said(&mut one, &[b"SUBSCRIBE", b"ch"]), LISTENING);
    assert!(said(&mut one, &[b"SUBSCRIBE", b"too"]).starts_with(b"-ERR max number"));
}

#[test]
fn over_a_socket_a_waiting_reader_is_told() {
    let server = Server::start(Config::default(), "127.0.0.1:0").unwrap();
    let mut listener = TcpStream::connect(server.address()).unwrap();
    listener
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    listener.write_all(&request(&[b"HELLO", b"3"])).unwrap();
    listener
        .write_all(&request(&[b"SUBSCRIBE", b"ch"]))
        .unwrap();
    let told = thread::spawn(move || {
        let mut seen = Vec::new();
        let mut chunk = [0; 1_024];
        while !seen.ends_with(MESSAGE) {
            let length = listener.read(&mut chunk).unwrap();
            assert!(length > 0, "{}", seen.escape_ascii());
            seen.extend_from_slice(chunk.get(..length).unwrap());
        }
    });
    let mut sender = TcpStream::connect(server.address()).unwrap();
    let mut reply = [0; 4];
    while reply != *b":1\r\n" {
        sender
            .write_all(&request(&[b"PUBLISH", b"ch", b"hi"]))
            .unwrap();
        sender.read_exact(&mut reply).unwrap();
    }
    told.join().unwrap();
}

#[test]
fn a_listener_that_does_not_read_holds_up_nobody_and_is_cut_off() {
    let server = Server::start(Config::default(), "127.0.0.1:0").unwrap();
    let mut listener = TcpStream::connect(server.address()).unwrap();
    listener.write_all(&request(&[b"HELLO", b"3"])).unwrap();
    listener
        .write_all(&request(&[b"SUBSCRIBE", b"ch"]))
        .unwrap();
    let mut sender = TcpStream::connect(server.address()).unwrap();
    sender
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let message = vec![b'x'; 100_000];
    let mut reply = [0; 4];
    let mut told = 0;
    // until the sockets' buffers and the limit are full; no more than 100 MB
    for _ in 0..1_000 {
        sender
            .write_all(&request(&[b"PUBLISH", b"ch", &message]))
            .unwrap();
        sender.read_exact(&mut reply).unwrap();
        if reply == *b":1\r\n" {
            told += 1;
        } else if told > 0 {
            return;
        }
    }
    panic!("still listening after {told} messages");
}
