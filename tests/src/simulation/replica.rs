//! The replicas of a node: what each of them has, and what is on its way to it.

use core::time::Duration;
use std::collections::VecDeque;

use quorlock_embedded::{Config, Limits, Node, Offset, RunId, ServerTime, Snapshot};

use super::renewal::Renewal;
use super::server::Server;

/// How long a node has been up when a run begins, and a replica when it takes a node's place.
const AGE: Duration = Duration::from_hours(1);

/// Keys as they are somewhere else than on their node: on its disk, or on a replica.
#[derive(Clone, Debug)]
pub(super) struct Copied {
    pub(super) keys: Snapshot,
    pub(super) renewals: Vec<Renewal>,
}

/// The keys of a node after a change.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The node's life, and how far it was in it: what is later has more.
    pub(super) at: (usize, Offset),
    pub(super) copied: Copied,
}

#[derive(Debug)]
pub(super) struct Replica {
    pub(super) has: State,
    /// What is on its way to it, the oldest first. Each has its event in the world's queue.
    stream: VecDeque<State>,
    /// When the last of it arrives: no later one comes before it.
    last: u64,
    /// It hears nothing until then.
    pub(super) held_until: u64,
}

impl Replica {
    /// One that has everything.
    pub(super) const fn new(has: State) -> Self {
        Self {
            has,
            stream: VecDeque::new(),
            last: 0,
            held_until: 0,
        }
    }

    /// A change leaves for it; answers when it arrives, where nothing holds it.
    pub(super) fn send(&mut self, state: State, arrives: u64) -> u64 {
        self.stream.push_back(state);
        self.last = self.last.max(arrives);
        self.last
    }

    /// The next change has arrived; answers how far the replica is with it.
    pub(super) fn take(&mut self) -> Option<Offset> {
        self.has = self.stream.pop_front()?;
        Some(self.has.at.1)
    }

    /// The node has died: what is on its way is lost.
    pub(super) fn cut(&mut self) {
        self.stream.clear();
        self.last = 0;
    }
}

impl Server {
    /// Replicas that have what it has.
    pub(super) fn add_replicas(&mut self, count: u8) {
        self.sent = self.node.written();
        for replica in 0..count.into() {
            self.replicas.push(Replica::new(self.news()));
            self.hear(replica, self.sent);
        }
    }

    /// A copy of its keys.
    pub(super) fn copied(&self) -> Copied {
        Copied {
            keys: self.node.snapshot(),
            renewals: self.renewals.clone(),
        }
    }

    /// What it has, to be sent to a replica.
    pub(super) fn news(&self) -> State {
        State {
            at: (self.life, self.node.written()),
            copied: self.copied(),
        }
    }

    /// Whether it has changed since this was asked last.
    pub(super) fn has_news(&mut self) -> bool {
        let written = self.node.written();
        let earlier = core::mem::replace(&mut self.sent, written);
        earlier < written
    }

    /// A replica is so far.
    pub(super) fn hear(&mut self, replica: usize, offset: Offset) {
        self.node.handle_heard(replica, offset);
    }

    /// A connection that need not wait for replicas any more, by its place in the world.
    pub(super) fn poll_ready(&self, now: u64) -> Option<usize> {
        let time = self.clock.server_time(now, self.jumped_us);
        let ready = self.node.poll_ready(time)?;
        let connection = self.connections.iter().find(|(id, _)| *id == ready)?;
        Some(connection.1)
    }

    /// When the time of the next one that waits for them is up, in true time.
    pub(super) fn poll_timeout(&self, now: u64) -> Option<u64> {
        let due = self.node.poll_timeout()?;
        Some(self.clock.when_server(due, self.jumped_us).max(now))
    }

    /// The replica that has the most of what it had.
    fn ahead(&self) -> Option<&Replica> {
        self.replicas.iter().max_by_key(|replica| replica.has.at)
    }

    /// Whether a replica has what it had when it got its latest slot.
    pub(super) fn is_settled(&self) -> bool {
        let ahead = self.ahead().map(|replica| replica.has.at);
        ahead >= Some((self.life, self.arrived))
    }

    /// Whether no replica has all that it has.
    pub(super) fn is_ahead(&self) -> bool {
        let ahead = self.ahead().map(|replica| replica.has.at);
        ahead < Some((self.life, self.node.written()))
    }

    /// It dies, with what is on its way to its replicas.
    pub(super) fn crash(&mut self, fault: usize) {
        self.down_by = Some(fault);
        self.paused_until = 0;
        self.timer = u64::MAX;
        self.life += 1;
        for replica in &mut self.replicas {
            replica.cut();
        }
    }

    /// The replica that is ahead takes its place: a process that has been up for long, with the same clock.
    pub(super) fn promote(&mut self, now: u64) {
        let Some(ahead) = self.ahead() else { return };
        let Copied { keys, renewals } = ahead.has.copied.clone();
        let time = self.clock.server_time(now, self.jumped_us);
        let replicas = u8::try_from(self.replicas.len()).expect("as many as a plan says");
        let view = self.node.cluster().cloned();
        self.node = node_of((self.number, self.life), replicas, time);
        self.node.restore(&keys);
        self.move_in(view);
        self.renewals = renewals;
        self.sent = self.node.written();
        self.down_by = None;
        self.forgot_at = None;
        self.promoted_at = Some(now);
    }
}

/// The identity of a node in one of its lives.
pub(super) fn run_id_of(number: usize, life: usize) -> RunId {
    RunId::from_seed((life as u64) << 32 | number as u64)
}

/// A node, in one of its lives, that has been up for long. Its replicas lag.
pub(super) fn node_of((number, life): (usize, usize), replicas: u8, now: ServerTime) -> Node {
    let config = Config {
        first_life: false,
        limits: Limits::DEFAULT,
        password: None,
        replicas,
        run_id: run_id_of(number, life),
    };
    let mut node = Node::new(config, now.before(AGE));
    if replicas > 0 {
        node.let_replicas_lag();
    }
    node
}
