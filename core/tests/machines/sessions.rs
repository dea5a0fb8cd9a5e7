//! A session by itself, as who brings another client of his own uses it.

use bytes::{Bytes, BytesMut};
use quorlock_core::{Instant, NodeConfig, Received, Session, script};
use quorlock_resp::Limits;

use crate::support::at;
use crate::support::wire::{HELLO, RUN, commands, info};

/// What the session sends now: the first words of each command.
fn sent(session: &mut Session<u8>, now: Instant) -> Vec<String> {
    let mut out = BytesMut::new();
    session.poll_transmit(now, &mut out);
    let commands = commands(&out).into_iter();
    commands.map(|mut words| words.remove(0)).collect()
}

fn receive(session: &mut Session<u8>, now: Instant, bytes: &str) -> Vec<u8> {
    let mut answered = Vec::new();
    let mut input = BytesMut::from(bytes);
    let read = session.receive(now, &mut input, |received| {
        if let Received::Reply(ticket, ..) = received {
            answered.push(ticket);
        }
    });
    read.unwrap();
    answered
}

/// Ready at 10 ms, everything taken and answered.
fn ready() -> Session<u8> {
    let now = at(10);
    let mut session = Session::new(NodeConfig::new("a"), Limits::DEFAULT);
    assert!(!session.is_ready());
    session.open(now);
    assert!(!session.is_ready(), "it shakes hands");
    assert!(session.has_untaken());
    sent(&mut session, now);
    receive(&mut session, now, HELLO);
    sent(&mut session, now);
    receive(&mut session, now, &info(RUN));
    sent(&mut session, now);
    receive(&mut session, now, &"+OK\r\n".repeat(script::ALL.len()));
    session
}

#[test]
fn a_session_is_ready_after_its_handshake_and_until_it_is_closed() {
    let mut session = ready();
    assert!(session.is_ready());
    assert_eq!((session.in_flight(), session.heard()), (0, at(10)));
    session.send(at(20), 7, b"*1\r\n$4\r\nTIME\r\n");
    assert_eq!(session.close().collect::<Vec<_>>(), [7]);
    assert!(!session.is_ready());
}

#[test]
fn a_comparison_is_in_flight_until_it_has_its_answer() {
    let mut session = ready();
    let now = at(20);
    for (ticket, key) in [(1, "a"), (2, "b")] {
        let (key, value) = (Bytes::from(key), Bytes::from_static(b"owner"));
        session.send_compared(now, ticket, key, value, None);
    }
    assert!(session.has_untaken());
    assert_eq!(sent(&mut session, now), ["WATCH", "GET"]);
    assert!(!session.has_untaken());
    // two questions, and two comparisons
    assert_eq!(session.in_flight(), 4);
    assert_eq!(receive(&mut session, at(30), "+OK\r\n_\r\n"), [1]);
    assert_eq!(session.heard(), at(30));
    assert_eq!(sent(&mut session, at(30)), ["UNWATCH", "WATCH", "GET"]);
    assert_eq!(session.in_flight(), 4);
    assert_eq!(receive(&mut session, at(40), "+OK\r\n+OK\r\n_\r\n"), [2]);
    assert_eq!(sent(&mut session, at(40)), ["UNWATCH"]);
    receive(&mut session, at(50), "+OK\r\n");
    assert_eq!(session.in_flight(), 0);
}

#[test]
fn a_ping_that_nobody_took_to_write_is_owed_by_nobody() {
    let mut session = ready();
    session.ping(at(20));
    assert!(session.has_untaken());
    assert_eq!(sent(&mut session, at(90)), ["PING"]);
    assert!(!session.has_untaken());
    assert_eq!(session.waiting_since(), Some(at(90)), "from here on");
    receive(&mut session, at(100), "+PONG\r\n");
    assert_eq!(session.waiting_since(), None);
}
