//! What nodes send: replies to the locks, maps of slots, messages.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::BytesMut;
use quorlock_resp::Value;

use super::cluster::Cluster;
use super::{Client, Errand};
use crate::command::Ticket;
use crate::facts::ClockSample;
use crate::link::LinkPhase;
use crate::lockset::{LockSet, NodeState};
use crate::node::NodeId;
use crate::problem::Problem;
use crate::redirect::Redirect;
use crate::replication::Replication;
use crate::reply::{Answer, Reply, UnexpectedReply};
use crate::server_error::ServerError;
use crate::session::{Received, SessionError};
use crate::slots_reply::SlotRange;
use crate::time::Instant;

impl Client {
    /// Bytes came from a node. Whole replies are taken from the front of `input`, a
    /// partial one stays there: the buffer is the caller's, who appends to it, and
    /// clears it for a new connection.
    pub fn handle_input(&mut self, now: Instant, node: NodeId, input: &mut BytesMut) {
        self.advance(now);
        let now = self.now;
        let Some(link) = self.links.get_mut(node.index()) else {
            return;
        };
        if !matches!(
            link.phase,
            LinkPhase::Greeting | LinkPhase::Ready | LinkPhase::Stalled
        ) {
            input.clear();
            return;
        }
        let mut reader = Reader {
            now,
            node,
            locks: &mut self.locks,
            cluster: self.cluster.as_ref(),
            replication: self.config.replication,
            granted: &mut link.granted,
            found: Found::default(),
        };
        let result = link
            .session
            .receive(now, input, |received| reader.take(received));
        // the command that was answered has set the timer that watches over this one, too
        for _ in 0..reader.found.grants_for_disk {
            link.session.send(now, Errand::Replicas, &self.replicas);
        }
        let Found {
            grants_for_disk: _,
            ready,
            redirects,
            slots_told,
            slots,
            demoted,
            unexpected,
        } = reader.found;
        let recovered = link.has_recovered(now, &self.config.timing);
        if let Some(error) = unexpected {
            self.cut(
                node,
                Problem::Disconnected(alloc::format!("{error}").into()),
            );
        } else if let Err(error) = result {
            self.cut(node, problem_of(error));
        } else if let Some(error) = demoted {
            // its name may mean another server by now, or it may be a primary again
            self.cut(node, Problem::Server(error));
        } else if ready || recovered {
            link.succeed(now);
            let facts = link.session.facts().clone();
            self.watch(node);
            self.locks.handle_node(now, node, NodeState::Ready(facts));
            self.want_slots(now);
        }
        self.pass_on(node, redirects);
        if slots_told {
            self.on_slots(node, slots);
        }
        self.flush();
    }
}

/// Reads what a session hands out.
struct Reader<'a> {
    now: Instant,
    node: NodeId,
    locks: &'a mut LockSet,
    cluster: Option<&'a Cluster>,
    replication: Option<Replication>,
    /// See [`Link::granted`](crate::link::Link::granted).
    granted: &'a mut VecDeque<(Ticket, Answer)>,
    found: Found,
}

/// What is left to do when all is read.
#[derive(Default)]
struct Found {
    /// Grants of which the replicas' disks are still to be asked for.
    grants_for_disk: usize,
    /// The handshake is done.
    ready: bool,
    /// Questions that are to be asked elsewhere.
    redirects: Vec<(Ticket, Redirect)>,
    /// The question who has which slots was answered.
    slots_told: bool,
    /// The answer, where it is of use.
    slots: Option<Vec<SlotRange>>,
    /// The node says that it is a replica.
    demoted: Option<ServerError>,
    /// The connection can't be trusted.
    unexpected: Option<UnexpectedReply>,
}

impl Reader<'_> {
    fn take(&mut self, received: Received<'_, Errand>) {
        match received {
            Received::Ended(channel) => {
                self.locks.handle_silence(self.now, self.node, channel);
            }
            Received::Message(channel, message) => {
                self.locks
                    .handle_message(self.now, self.node, channel, message);
            }
            Received::Ready => self.found.ready = true,
            Received::Reply(Errand::Asking, _, _) => {}
            Received::Reply(Errand::Lock(ticket), value, asked) => {
                if let Some(answer) = self.read(ticket, value, asked) {
                    self.locks
                        .handle_answer(self.now, self.node, ticket, answer);
                }
            }
            Received::Reply(Errand::Replicas, value, _) => self.count_replicas(value),
            Received::Reply(Errand::Replicated(ticket), value, asked) => {
                match self.read(ticket, value, asked) {
                    // what is no grant is not made less by replicas
                    Some(answer @ (Answer::Done | Answer::HandedOver(_))) => {
                        self.granted.push_back((ticket, answer));
                        let by_itself = self.replication.is_some_and(Replication::is_by_itself);
                        self.found.grants_for_disk += usize::from(by_itself);
                    }
                    Some(answer) => {
                        self.locks
                            .handle_answer(self.now, self.node, ticket, answer);
                    }
                    None => {}
                }
            }
            Received::Reply(Errand::Slots, value, _) => {
                let cluster = self.cluster;
                self.found.slots = cluster.and_then(|it| it.slots(self.node, value));
                self.found.slots_told = true;
            }
        }
    }

    /// Reads the reply to a command that was sent at `asked`; `None`: it is passed on.
    fn read(&mut self, ticket: Ticket, value: Value<'_>, asked: Instant) -> Option<Answer> {
        let (now, node) = (self.now, self.node);
        let redirect = self.cluster.and_then(|it| it.redirect(node, value));
        if let Some(to) = redirect {
            self.found.redirects.push((ticket, to));
            return None;
        }
        let dialect = self.locks.dialect_of(node, ticket);
        match Reply::read(ticket.verb, dialect, value) {
            Ok(Reply { answer, server_us }) => {
                if let Some(server_us) = server_us {
                    let heard = now;
                    let sample = ClockSample {
                        asked,
                        heard,
                        server_us,
                    };
                    self.locks.handle_clock(now, node, sample);
                }
                if let Answer::Failed(error) = &answer
                    && error.is_read_only()
                {
                    self.found.demoted = Some(error.clone());
                }
                Some(answer)
            }
            Err(error) => {
                self.found.unexpected = Some(error);
                Some(Answer::Broken)
            }
        }
    }

    /// The answer to a command is whole, unless it was no grant and has been handed on.
    fn count_replicas(&mut self, value: Value<'_>) {
        let granted = self.granted.pop_front();
        let Some(((ticket, answer), replication)) = granted.zip(self.replication) else {
            return;
        };
        let answer = if let Some(got) = replication.count(value) {
            replication.judge(answer, got)
        } else {
            let verb = ticket.verb;
            self.found.unexpected = Some(UnexpectedReply { verb });
            Answer::Broken
        };
        self.locks
            .handle_answer(self.now, self.node, ticket, answer);
    }
}

fn problem_of(error: SessionError) -> Problem {
    match error {
        SessionError::Evicts(policy) => Problem::Evicts(policy),
        SessionError::Refused(error) => Problem::Server(error),
        SessionError::Decode(_) | SessionError::Unasked => {
            Problem::Disconnected(alloc::format!("{error}").into())
        }
    }
}
