//! Any server bytes against one connection, alone and under a client with open locks.

use std::collections::VecDeque;

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use core::time::Duration;
use quorlock_core::{Instant, NodeConfig, Received, Session, script};
use quorlock_resp::Limits;

use crate::client;
use crate::tree::Tree;

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    /// Bytes as they come, in pieces of the length given.
    Bytes(u8, &'a [u8]),
    /// Plain replies until the handshake is done.
    Greet,
    Ping,
    Reopen,
    /// A well-formed reply, whatever was asked.
    Reply(Tree),
    Send,
}

const LIMITS: Limits = Limits {
    depth: 16,
    elements: 256,
    bulk: 2_048,
    line: 1_024,
    frame: 4_096,
};

/// Runs a session, or the client of `client.rs`. For a session it asserts that
/// - tickets come back in the order in which they went out, each exactly once, by their reply or when
///   the connection ends;
/// - it is ready once for each connection;
/// - unread input is no more than one unfinished frame.
pub fn check(input: &[u8]) {
    let mut source = Unstructured::new(input);
    if bool::arbitrary(&mut source).unwrap_or(false) {
        client::run(&mut source);
        return;
    }
    let mut run = Run::new();
    while !source.is_empty()
        && let Ok(step) = Step::arbitrary(&mut source)
    {
        run.step(step);
    }
    run.reopen();
}

struct Run {
    session: Session<u32>,
    now: Instant,
    next_ticket: u32,
    /// Tickets out, and `None` for a ping, oldest first.
    asked: VecDeque<Option<u32>>,
    input: BytesMut,
}

/// Of a handshake: those about the server and the user, and one for each script that is loaded.
const MOST_QUESTIONS: usize = 16 + script::ALL.len();

impl Run {
    fn new() -> Self {
        let mut run = Self {
            session: Session::new(NodeConfig::new("a"), LIMITS),
            now: Instant::ORIGIN,
            next_ticket: 0,
            asked: VecDeque::new(),
            input: BytesMut::new(),
        };
        run.session.open(run.now);
        run
    }

    fn step(&mut self, step: Step<'_>) {
        self.now += Duration::from_millis(1);
        match step {
            Step::Bytes(length, bytes) => {
                for piece in bytes.chunks(usize::from(length) + 1) {
                    self.receive(piece);
                }
            }
            Step::Greet => self.greet(),
            Step::Ping if self.session.is_ready() => {
                self.session.ping(self.now);
                self.asked.push_back(None);
            }
            Step::Reopen => self.reopen(),
            Step::Reply(tree) => {
                let mut reply = BytesMut::new();
                tree.write(&mut reply);
                self.receive(&reply);
            }
            Step::Send if self.session.is_ready() => {
                self.session
                    .send(self.now, self.next_ticket, b"*1\r\n$4\r\nTIME\r\n");
                self.asked.push_back(Some(self.next_ticket));
                self.next_ticket += 1;
            }
            Step::Ping | Step::Send => {}
        }
        let waiting = self.session.waiting_since();
        assert_eq!(waiting.is_some(), self.session.in_flight() > 0);
        assert!(waiting.is_none_or(|since| since <= self.now));
        let mut out = BytesMut::new();
        if self.session.poll_transmit(self.now, &mut out) {
            assert!(!out.is_empty());
        }
    }

    /// Answers everything of a handshake that has just begun.
    fn greet(&mut self) {
        if self.session.is_ready() {
            return;
        }
        self.reopen();
        for _ in 0..MOST_QUESTIONS {
            self.receive(b"+OK\r\n");
            if self.session.is_ready() {
                return;
            }
        }
        panic!("the handshake does not end");
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        let was_ready = self.session.is_ready();
        let asked = &mut self.asked;
        let mut became_ready = 0;
        let result = self
            .session
            .receive(self.now, &mut self.input, |received| match received {
                // nothing is subscribed to, and a server may say what it likes
                Received::Ended(_) | Received::Message(..) => {}
                Received::Ready => became_ready += 1,
                Received::Reply(ticket, _, _) => {
                    // pings before it were answered without a word
                    while let Some(None) = asked.front() {
                        asked.pop_front();
                    }
                    assert_eq!(asked.pop_front(), Some(Some(ticket)));
                }
            });
        let expected = u8::from(!was_ready && self.session.is_ready());
        assert_eq!(became_ready, expected, "times ready");
        if result.is_err() {
            self.reopen();
            return;
        }
        if self.session.is_ready() {
            while self.asked.len() > self.session.in_flight() {
                assert_eq!(self.asked.pop_front(), Some(None), "ticket lost");
            }
            assert_eq!(self.asked.len(), self.session.in_flight());
        }
        assert!(self.input.len() <= LIMITS.frame, "{}", self.input.len());
    }

    /// The connection ends and another one begins.
    fn reopen(&mut self) {
        let left: Vec<u32> = self.session.close().collect();
        let owed: Vec<u32> = self.asked.drain(..).flatten().collect();
        assert_eq!(left, owed, "unanswered tickets");
        assert_eq!(self.session.in_flight(), 0);
        self.input.clear();
        self.session.open(self.now);
    }
}
