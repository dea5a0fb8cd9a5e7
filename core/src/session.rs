//! One connection: handshake, commands out, replies in, in order.
//!
//! A session knows no lock. It carries tickets of any type `T` and gives each back
//! with its reply, or when the connection ends; an entry leaves the queue in no
//! other way, so that a reply can never go to the wrong question.

mod compare;
mod outgoing;
mod pushed;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use bytes::{Buf, Bytes, BytesMut};

use quorlock_resp::{DecodeError, Decoder, Limits, Value, encode};

use self::compare::{Act, CompareStep, Comparison, Comparisons};
use self::outgoing::Outgoing;
use self::pushed::{Pushed, take_confirmed, take_ended};
use crate::config::NodeConfig;
use crate::facts::NodeFacts;
use crate::handshake::{Handshake, Identity, Progress, Step};
use crate::replication::Replication;
use crate::server_error::ServerError;
use crate::time::Instant;

/// The state of one connection, from its first byte to its last.
#[derive(Debug)]
pub struct Session<T> {
    config: NodeConfig,
    replication: Option<Replication>,
    decoder: Decoder,
    handshake: Option<Handshake>,
    /// The last connection that got through its handshake.
    identity: Identity,
    /// What the server of this connection said of itself.
    facts: NodeFacts,
    queue: VecDeque<Expected<T>>,
    comparisons: Comparisons<T>,
    out: BytesMut,
    /// How many of the last questions are in `out`, not taken to be written yet.
    untaken: usize,
    ready: bool,
    heard: Instant,
}

#[derive(Debug)]
struct Expected<T> {
    sent: Instant,
    question: Question<T>,
}

#[derive(Debug)]
enum Question<T> {
    Compare(CompareStep),
    Handshake(Step),
    /// Answered by a push.
    Listen(T),
    Ping,
    Ticket(T),
    /// Answered by a push.
    Unlisten(T),
}

/// What a session hands out while it reads.
#[derive(Clone, Copy, Debug)]
pub enum Received<'a, T> {
    /// Nothing comes on this channel of a hash slot any more: as asked for, or since its
    /// slot has left the node.
    Ended(&'a [u8]),
    /// The channel that was subscribed to, and a message on it.
    Message(&'a [u8], &'a [u8]),
    /// The handshake is done: commands may be sent.
    Ready,
    /// The reply to a command, which was sent at this time.
    Reply(T, Value<'a>, Instant),
}

/// Why a connection is of no use any more. It is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Bytes that are no RESP, or over a limit.
    #[error("the server's bytes can't be read: {0}")]
    Decode(#[from] DecodeError),
    /// The server throws keys away by this policy when its memory is full.
    #[error("the server evicts keys (maxmemory-policy {0})")]
    Evicts(Box<str>),
    /// The handshake was refused.
    #[error("the server refuses the connection: {0}")]
    Refused(ServerError),
    /// A reply that answers nothing.
    #[error("the server sent a reply that answers no command")]
    Unasked,
}

impl<T> Session<T> {
    /// A session without a connection.
    #[must_use]
    pub fn new(config: NodeConfig, limits: Limits) -> Self {
        Self {
            config,
            replication: None,
            decoder: Decoder::new(limits),
            handshake: None,
            identity: Identity::default(),
            facts: NodeFacts::default(),
            queue: VecDeque::new(),
            comparisons: Comparisons::new(),
            out: BytesMut::new(),
            untaken: 0,
            ready: false,
            heard: Instant::ORIGIN,
        }
    }

    /// Tries in each handshake whether these replicas can be waited for; see
    /// [`NodeFacts::cannot_wait`].
    #[must_use]
    pub const fn waiting_for(mut self, replication: Option<Replication>) -> Self {
        self.replication = replication;
        self
    }

    /// A new connection stands: starts the handshake.
    pub fn open(&mut self, now: Instant) {
        self.decoder.reset();
        self.queue.clear();
        self.out.clear();
        self.untaken = 0;
        self.ready = false;
        self.heard = now;
        let mut questions = Outgoing {
            now,
            queue: &mut self.queue,
            out: &mut self.out,
            untaken: &mut self.untaken,
        };
        let handshake = Handshake::start(
            self.identity,
            &self.config,
            self.replication,
            &mut questions,
        );
        self.handshake = Some(handshake);
    }

    /// The connection is gone. Gives back the tickets that were not answered, in
    /// the order in which they were sent.
    pub fn close(&mut self) -> impl Iterator<Item = T> + use<T> {
        self.ready = false;
        self.facts = NodeFacts::default();
        self.handshake = None;
        self.out.clear();
        self.untaken = 0;
        core::mem::take(&mut self.queue)
            .into_iter()
            .filter_map(|expected| match expected.question {
                Question::Listen(ticket)
                | Question::Ticket(ticket)
                | Question::Unlisten(ticket) => Some(ticket),
                Question::Compare(_) | Question::Handshake(_) | Question::Ping => None,
            })
            .chain(self.comparisons.take())
    }

    /// Sends an encoded command. The caller has seen [`is_ready`](Self::is_ready).
    pub fn send(&mut self, now: Instant, ticket: T, command: &[u8]) {
        self.put(now, Question::Ticket(ticket), command);
    }

    /// Sends an encoded `SUBSCRIBE` or `SSUBSCRIBE` of one channel, whose answer is a push.
    pub fn send_listening(&mut self, now: Instant, ticket: T, command: &[u8]) {
        self.put(now, Question::Listen(ticket), command);
    }

    /// Sends an encoded `UNSUBSCRIBE` or `SUNSUBSCRIBE` of one channel, whose answer is a push.
    pub fn send_unlistening(&mut self, now: Instant, ticket: T, command: &[u8]) {
        self.put(now, Question::Unlisten(ticket), command);
    }

    fn put(&mut self, now: Instant, question: Question<T>, command: &[u8]) {
        self.out.extend_from_slice(command);
        self.untaken += 1;
        self.queue.push_back(Expected {
            sent: now,
            question,
        });
    }

    /// Sends an act that depends on a key's value to a server that can't compare: deletes
    /// the key, or lets it expire after `expire_ms`, where it has `value`. Several go one
    /// after the other. The reply is an integer: 1 done, 0 the key is gone, -1 it has
    /// another value; or the server's error.
    pub fn send_compared(
        &mut self,
        now: Instant,
        ticket: T,
        key: Bytes,
        value: Bytes,
        expire_ms: Option<u32>,
    ) {
        let act = expire_ms.map_or(Act::Delete, Act::Expire);
        let comparison = Comparison::new(ticket, key, value, act);
        if self.comparisons.push(comparison) {
            let mut outgoing = Outgoing {
                now,
                queue: &mut self.queue,
                out: &mut self.out,
                untaken: &mut self.untaken,
            };
            let steps = self.comparisons.begin(outgoing.out);
            outgoing.expect(steps);
        }
    }

    /// Asks a quiet server whether it is still there.
    pub fn ping(&mut self, now: Instant) {
        encode::command(&mut self.out, &[b"PING"]);
        self.untaken += 1;
        self.queue.push_back(Expected {
            sent: now,
            question: Question::Ping,
        });
    }

    /// Reads every whole reply from the front of `input`; a partial one stays.
    ///
    /// # Errors
    /// Where the connection is of no use any more; what was read before the error
    /// has been handed out.
    pub fn receive(
        &mut self,
        now: Instant,
        input: &mut BytesMut,
        mut on: impl FnMut(Received<'_, T>),
    ) -> Result<(), SessionError> {
        let mut consumed = 0;
        let result = loop {
            let rest = input.get(consumed..).unwrap_or_default();
            let reply = match self.decoder.decode(rest) {
                Ok(Some(reply)) => reply,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.into()),
            };
            consumed += reply.len();
            self.heard = now;
            if reply.is_push() {
                match Pushed::read(reply.value()) {
                    Some(Pushed::Message(channel, text)) => on(Received::Message(channel, text)),
                    // in its place among the replies, as any other answer
                    Some(Pushed::Confirmation) => {
                        if let Some((ticket, sent)) = take_confirmed(&mut self.queue) {
                            on(Received::Reply(ticket, reply.value(), sent));
                        }
                    }
                    Some(Pushed::Ended(channel)) => {
                        if let Some((ticket, sent)) = take_ended(&mut self.queue) {
                            on(Received::Reply(ticket, reply.value(), sent));
                        }
                        on(Received::Ended(channel));
                    }
                    None => {}
                }
                continue;
            }
            let Some(Expected { question, sent }) = self.queue.pop_front() else {
                break Err(SessionError::Unasked);
            };
            let mut outgoing = Outgoing {
                now,
                queue: &mut self.queue,
                out: &mut self.out,
                untaken: &mut self.untaken,
            };
            let step = match question {
                // refused: a server's error is no push
                Question::Listen(ticket)
                | Question::Ticket(ticket)
                | Question::Unlisten(ticket) => {
                    on(Received::Reply(ticket, reply.value(), sent));
                    continue;
                }
                Question::Ping => continue,
                Question::Compare(step) => {
                    let ended = outgoing.compare(&mut self.comparisons, step, reply.value());
                    if let Some((ticket, value)) = ended {
                        on(Received::Reply(ticket, value, sent));
                    }
                    continue;
                }
                Question::Handshake(step) => (step, sent),
            };
            let Some(handshake) = &mut self.handshake else {
                break Err(SessionError::Unasked);
            };
            match handshake.handle_reply(step, reply.value(), now, &self.config, &mut outgoing) {
                Progress::Waiting => {}
                Progress::Evicts(policy) => break Err(SessionError::Evicts(policy)),
                Progress::Failed(error) => break Err(SessionError::Refused(error)),
                Progress::Ready => {
                    self.identity = handshake.identity;
                    self.facts = core::mem::take(&mut handshake.facts);
                    self.handshake = None;
                    self.ready = true;
                    on(Received::Ready);
                }
            }
        };
        input.advance(consumed);
        result
    }

    /// Takes the bytes to write; false when there are none. An empty buffer is
    /// swapped, not copied into. The time that a server has for its answers begins
    /// here.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        if self.out.is_empty() {
            return false;
        }
        for expected in self.queue.iter_mut().rev().take(self.untaken) {
            expected.sent = now;
        }
        self.untaken = 0;
        if out.is_empty() {
            core::mem::swap(&mut self.out, out);
        } else {
            out.extend_from_slice(&self.out);
            self.out.clear();
        }
        true
    }

    /// Whether the oldest unanswered question has not been taken to be written.
    #[must_use]
    pub fn has_untaken(&self) -> bool {
        self.untaken > 0 && self.untaken == self.queue.len()
    }

    /// How the node is named.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Whether the handshake is done and commands may be sent.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    /// What the server said of itself when this connection began.
    #[must_use]
    pub const fn facts(&self) -> &NodeFacts {
        &self.facts
    }

    /// Questions without an answer.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.queue.len() + self.comparisons.len()
    }

    /// When the oldest unanswered question was asked.
    #[must_use]
    pub fn waiting_since(&self) -> Option<Instant> {
        self.queue.front().map(|expected| expected.sent)
    }

    /// When the server was last heard.
    #[must_use]
    pub const fn heard(&self) -> Instant {
        self.heard
    }
}
