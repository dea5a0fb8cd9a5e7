//! The event loop: one queue, ordered by true time.

use core::cmp::Reverse;
use core::hash::Hasher;
use core::time::Duration;
use std::collections::BinaryHeap;
use std::hash::DefaultHasher;

use bytes::BytesMut;
use fastrand::Rng;
use quorlock_core::{Action, Instant, LockId, NodeId};
use quorlock_embedded::{Config as NodeSettings, Node, RunId, ServerTime};

use super::Plan;
use super::check::{Beliefs, Tally};
use super::client::{Clock, Participant};
use super::link::{Link, Session};

/// Where the nodes' clocks stand when the world begins.
pub(super) const EPOCH_MICROS: u64 = 1_700_000_000_000_000;

/// How long closing may take.
const CLOSE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) enum What {
    /// The application of a client does something.
    Act {
        client: usize,
    },
    /// An application is done with its lock.
    Finish {
        client: usize,
        lock: LockId,
    },
    /// A client's transport stands.
    Connected {
        client: usize,
        node: usize,
        epoch: u32,
    },
    ToClient {
        client: usize,
        node: usize,
        epoch: u32,
        bytes: BytesMut,
    },
    /// Bytes for a node; `session` is its index in the node's list of connections.
    ToServer {
        client: usize,
        node: usize,
        epoch: u32,
        session: usize,
        bytes: BytesMut,
    },
    /// A connection breaks.
    Cut,
    Timer {
        client: usize,
    },
    /// The faults stop, the clients close.
    Close,
}

pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) random: Rng,
    pub(super) now: u64,
    pub(super) queue: BinaryHeap<Reverse<(u64, u64)>>,
    /// What the queue's entries are, by their second number.
    pub(super) events: Vec<Option<What>>,
    pub(super) clients: Vec<Participant>,
    /// By client, then node.
    pub(super) links: Vec<Vec<Link>>,
    pub(super) nodes: Vec<(Node, Clock)>,
    /// Connections of each node, also of clients that have given them up.
    pub(super) sessions: Vec<Vec<Session>>,
    pub(super) beliefs: Beliefs,
    pub(super) tally: Tally,
    pub(super) digest: DefaultHasher,
}

impl World {
    pub(super) fn new(plan: &Plan, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut clock = || Clock {
            ppm: random.i64(-plan.skew_ppm..=plan.skew_ppm),
        };
        let nodes = (0..plan.nodes)
            .map(|index| {
                let settings = NodeSettings {
                    run_id: RunId::from_seed(index as u64),
                    ..NodeSettings::default()
                };
                (
                    Node::new(settings, ServerTime::from_micros(EPOCH_MICROS)),
                    clock(),
                )
            })
            .collect();
        let clients = (0..plan.clients)
            .map(|index| Participant::new(plan, index, seed, clock()))
            .collect();
        let links = (0..plan.clients)
            .map(|_| (0..plan.nodes).map(|_| Link::default()).collect())
            .collect();
        let mut world = Self {
            plan: *plan,
            random,
            now: 0,
            queue: BinaryHeap::new(),
            events: Vec::new(),
            clients,
            links,
            nodes,
            sessions: (0..plan.nodes).map(|_| Vec::new()).collect(),
            beliefs: Beliefs::default(),
            tally: Tally::default(),
            digest: DefaultHasher::new(),
        };
        for client in 0..plan.clients {
            world.at(client as u64 * 1_000, What::Act { client });
        }
        world.at(nanos(plan.length), What::Close);
        world.plan_cut();
        world
    }

    pub(super) const fn now(&self) -> u64 {
        self.now
    }

    /// Runs to the end.
    pub(super) fn run(&mut self) -> Result<Tally, String> {
        for client in 0..self.clients.len() {
            self.settle(client)?;
        }
        let end = nanos(self.plan.length) + 2 * nanos(CLOSE);
        while let Some(Reverse((at, number))) = self.queue.pop() {
            self.now = at;
            if at > end {
                return Err("the world does not come to rest".into());
            }
            let number = usize::try_from(number).expect("a number of an event");
            if let Some(what) = self.events[number].take() {
                self.tally.events += 1;
                self.happen(what)?;
            }
        }
        self.rest()?;
        self.tally.digest = self.digest.finish();
        Ok(self.tally)
    }

    fn happen(&mut self, what: What) -> Result<(), String> {
        let client = match what {
            What::Act { client } => {
                self.act(client);
                client
            }
            What::Finish { client, lock } => {
                self.finish(client, lock);
                client
            }
            What::Connected {
                client,
                node,
                epoch,
            } => {
                let link = &mut self.links[client][node];
                if link.epoch == epoch {
                    link.up = true;
                    let now = self.time(client);
                    self.clients[client].core.handle_connected(now, id(node));
                }
                client
            }
            What::ToClient {
                client,
                node,
                epoch,
                bytes,
            } => {
                let now = self.time(client);
                let link = &mut self.links[client][node];
                if link.epoch == epoch && link.up {
                    link.input.extend_from_slice(&bytes);
                    self.clients[client]
                        .core
                        .handle_input(now, id(node), &mut link.input);
                }
                client
            }
            What::ToServer {
                client,
                node,
                epoch,
                session,
                bytes,
            } => {
                self.serve(client, node, epoch, session, &bytes);
                client
            }
            What::Cut => {
                let client = self.random.usize(0..self.clients.len());
                let node = self.random.usize(0..self.nodes.len());
                self.cut(client, node);
                self.plan_cut();
                client
            }
            What::Timer { client } => {
                if self.clients[client].timer > self.now {
                    return Ok(());
                }
                let now = self.time(client);
                let participant = &mut self.clients[client];
                participant.timer = u64::MAX;
                participant.core.handle_timeout(now);
                let next = participant.core.poll_timeout();
                let quiet = self.settle(client);
                let again = self.clients[client].core.poll_timeout();
                if next == again && next.is_some_and(|next| next <= now) {
                    return Err(format!(
                        "client {client} wants to be called again at the same time"
                    ));
                }
                return quiet;
            }
            What::Close => {
                for client in 0..self.clients.len() {
                    let now = self.time(client);
                    for wanted in &mut self.clients[client].wanted {
                        wanted.done = true;
                        self.beliefs.ended(client, wanted.lock);
                    }
                    self.clients[client].core.close(now, now + CLOSE);
                    self.settle(client)?;
                }
                return Ok(());
            }
        };
        self.settle(client)
    }

    /// Polls a client until it is quiet, and sets its timer.
    pub(super) fn settle(&mut self, client: usize) -> Result<(), String> {
        let now = self.time(client);
        loop {
            let mut moved = false;
            while let Some(action) = self.clients[client].core.poll_action() {
                moved = true;
                match action {
                    Action::Connect(node) => self.connect(client, node.index()),
                    Action::Disconnect(node) => self.hang_up(client, node.index()),
                }
            }
            for node in 0..self.nodes.len() {
                let mut out = BytesMut::new();
                if self.clients[client].core.poll_transmit(id(node), &mut out) {
                    moved = true;
                    self.transmit(client, node, out);
                }
            }
            while let Some(event) = self.clients[client].core.poll_event() {
                moved = true;
                self.tell(client, now, &event)?;
            }
            if !moved {
                break;
            }
        }
        let participant = &mut self.clients[client];
        if let Some(wanted) = participant
            .wanted
            .iter()
            .find(|it| !it.granted && it.answer_by < now)
        {
            return Err(format!(
                "client {client} got no answer for key {} by its deadline",
                wanted.key
            ));
        }
        let Some(due) = participant.core.poll_timeout() else {
            return Ok(());
        };
        // what is due already was overtaken by this event
        let due = participant.clock.when(due.as_nanos()).max(self.now);
        if due < participant.timer {
            participant.timer = due;
            self.at(due, What::Timer { client });
        }
        Ok(())
    }

    /// After everything: nothing of anybody is left.
    fn rest(&mut self) -> Result<(), String> {
        for (client, participant) in self.clients.iter().enumerate() {
            if !participant.closed || !participant.wanted.is_empty() {
                return Err(format!(
                    "client {client} did not close, {:?} are open",
                    participant.wanted
                ));
            }
        }
        let far = ServerTime::from_micros(EPOCH_MICROS + self.now / 1_000);
        for (index, (node, _)) in self.nodes.iter_mut().enumerate() {
            let id = node.connect().expect("room for a connection");
            let mut out = BytesMut::new();
            node.handle_input(
                far,
                id,
                // all locks, without their counters of tokens
                &mut BytesMut::from("*2\r\n$4\r\nKEYS\r\n$5\r\nkey ?\r\n"),
                &mut out,
            );
            if out != "*0\r\n" {
                return Err(format!("keys are left on node {index}: {out:?}"));
            }
        }
        Ok(())
    }

    pub(super) fn time(&self, client: usize) -> Instant {
        Instant::from_nanos(self.clients[client].clock.read(self.now))
    }

    pub(super) fn at(&mut self, at: u64, what: What) {
        let number = self.events.len() as u64;
        self.events.push(Some(what));
        self.queue.push(Reverse((at, number)));
    }
}

pub(super) fn id(node: usize) -> NodeId {
    NodeId::new(node).expect("a node of the plan")
}

pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).expect("a span of a plan")
}
