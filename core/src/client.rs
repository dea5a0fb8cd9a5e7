//! The whole protocol of one client: bytes in, bytes out.

mod cluster;
mod errand;
mod input;
mod links;
mod sending;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::BytesMut;
use core::time::Duration;

use crate::config::{Config, ConfigError};
use crate::endpoint::Endpoint;
use crate::event::{Caution, Event, LockId};
use crate::link::{Link, LinkPhase};
use crate::lock::{AcquireError, AcquireRequest, ExtendError, ExtendTurn, UnknownLock};
use crate::lockset::LockSet;
use crate::node::{NodeId, NodeSet};
use crate::problem::Problem;
use crate::random::Random;
use crate::time::Instant;
use crate::timers::Timers;
use crate::validity::Ttl;

use cluster::Cluster;
pub(crate) use errand::Errand;

/// What the adapter has to do with a node's transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Connect; tell by [`Client::handle_connected`] or
    /// [`Client::handle_disconnected`] how it went.
    Connect(NodeId),
    /// Drop the transport, or the attempt at one, with all unread input. Not to be
    /// reported back.
    Disconnect(NodeId),
}

/// Locks over a group of nodes, as a state machine without I/O.
///
/// The adapter tells what happened (`handle_*`), the application what it wants
/// ([`acquire`](Self::acquire), [`extend`](Self::extend),
/// [`release`](Self::release), [`cancel`](Self::cancel), [`close`](Self::close)),
/// and the client what to do next (`poll_*`). After any of the first two, poll in
/// this order until nothing comes any more:
///
/// 1. [`poll_action`](Self::poll_action): connect and disconnect nodes;
/// 2. [`poll_transmit`](Self::poll_transmit) for each node: bytes to write;
/// 3. [`poll_event`](Self::poll_event): news for the application;
/// 4. [`poll_timeout`](Self::poll_timeout): when to call
///    [`handle_timeout`](Self::handle_timeout).
///
/// When bytes and a timeout are due at the same time, bytes go first: an answer
/// that is there must not be timed out. Time is the caller's and never goes back.
/// The same calls give the same outputs, byte for byte.
#[derive(Debug)]
pub struct Client {
    config: Config,
    locks: LockSet,
    cluster: Option<Cluster>,
    links: Vec<Link>,
    link_timers: Timers,
    actions: VecDeque<Action>,
    random: Random,
    /// The command being sent: encoded once for all its nodes.
    scratch: BytesMut,
    /// What asks for the replicas that have heard, where some must.
    replicas: BytesMut,
    now: Instant,
}

impl Client {
    /// A client that wants to be connected to every node of `config`.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn new(mut config: Config, now: Instant) -> Result<Self, ConfigError> {
        // a time of zero would make a timer that never rests
        let least = Duration::from_millis(1);
        config.timing.ping_after = config.timing.ping_after.max(least);
        config.timing.stall_after = config.timing.stall_after.max(least);
        let (limits, replication) = (config.limits.decoder, config.replication);
        let link = |node: &_| Link::new(Clone::clone(node), limits, replication);
        let mut replicas = BytesMut::new();
        if let Some(replication) = replication {
            replication.encode(&mut replicas);
        }
        let mut client = Self {
            locks: LockSet::new(&config, now)?,
            links: config.nodes.iter().map(link).collect(),
            cluster: config.cluster.clone().map(Cluster::new),
            link_timers: Timers::default(),
            actions: VecDeque::new(),
            random: Random::new(!config.seed),
            scratch: BytesMut::new(),
            replicas,
            now,
            config,
        };
        for node in NodeSet::first(client.links.len()) {
            client.connect(node);
        }
        client.find_seeds();
        Ok(client)
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The nodes there are: those of the configuration; in a cluster those that have slots,
    /// seeds and nodes that were just found or are about to be given up.
    #[must_use]
    pub const fn nodes(&self) -> NodeSet {
        self.locks.members()
    }

    /// How events and errors name a node; `None` where there never was one.
    #[must_use]
    pub fn name(&self, node: NodeId) -> Option<&str> {
        let link = self.links.get(node.index())?;
        Some(link.session.name())
    }

    /// Where a node of a cluster listens; `None` where the adapter was told by its
    /// configuration. An [`Action::Connect`] means this place.
    #[must_use]
    pub fn endpoint(&self, node: NodeId) -> Option<&Endpoint> {
        self.cluster.as_ref()?.endpoint(node)
    }

    /// The nodes that vote on a key; `None` where it is not known yet which node of the
    /// cluster has its hash slot.
    #[must_use]
    pub fn voters(&self, key: &[u8]) -> Option<NodeSet> {
        self.locks.voters(key)
    }

    /// Whether it is known of each hash slot who has it; true where there is no cluster.
    #[must_use]
    pub fn knows_all_slots(&self) -> bool {
        self.locks.knows_all_slots()
    }

    /// Why a node does not vote at present; `None`: it does.
    #[must_use]
    pub fn problem(&self, node: NodeId) -> Option<Problem> {
        self.locks.problem(node)
    }

    /// What is less safe on a connected node than it could be.
    #[must_use]
    pub fn caution(&self, node: NodeId) -> Option<Caution> {
        self.locks.caution(node)
    }

    /// The transport to a node stands.
    pub fn handle_connected(&mut self, now: Instant, node: NodeId) {
        self.advance(now);
        let now = self.now;
        if let Some(link) = self.links.get_mut(node.index())
            && link.phase == LinkPhase::Connecting
        {
            link.phase = LinkPhase::Greeting;
            link.session.open(now);
        }
    }

    /// The transport to a node failed or ended; `reason` goes into events.
    pub fn handle_disconnected(&mut self, now: Instant, node: NodeId, reason: &str) {
        self.advance(now);
        if self.links.get(node.index()).is_some_and(Link::is_open) {
            self.lose_link(node, Problem::Disconnected(reason.into()));
        }
        self.flush();
    }

    /// Does what is due at `now`. Afterwards [`poll_timeout`](Self::poll_timeout) is
    /// later, or there is something to poll.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        while let Some(place) = self.link_timers.pop_due(self.now) {
            if let Some(node) = NodeId::new(place) {
                self.on_link_timeout(node);
            }
        }
        self.locks.handle_timeout(self.now);
        if self.slots_due().is_some_and(|at| at <= self.now) {
            self.ask_for_slots();
        }
        self.flush();
    }

    /// See [`LockSet::acquire`].
    ///
    /// # Errors
    /// See [`AcquireError`]; nothing was sent.
    pub fn acquire(
        &mut self,
        now: Instant,
        request: AcquireRequest,
    ) -> Result<LockId, AcquireError> {
        self.advance(now);
        let lock = self.locks.acquire(self.now, request);
        self.flush();
        lock
    }

    /// See [`LockSet::extend`].
    ///
    /// # Errors
    /// Where the lock is not held (any more), or no lease can be so short.
    pub fn extend(
        &mut self,
        now: Instant,
        lock: LockId,
        ttl: Ttl,
    ) -> Result<ExtendTurn, ExtendError> {
        self.advance(now);
        let result = self.locks.extend(self.now, lock, ttl);
        self.flush();
        result
    }

    /// See [`LockSet::release`].
    ///
    /// # Errors
    /// Where the lock was not acquired, or was released or cancelled.
    pub fn release(&mut self, now: Instant, lock: LockId) -> Result<(), UnknownLock> {
        self.advance(now);
        let result = self.locks.release(self.now, lock);
        self.flush();
        result
    }

    /// See [`LockSet::cancel`].
    pub fn cancel(&mut self, now: Instant, lock: LockId) {
        self.advance(now);
        self.locks.cancel(self.now, lock);
        self.flush();
    }

    /// See [`LockSet::close`]. After [`Event::Closed`] every node is disconnected.
    pub fn close(&mut self, now: Instant, deadline: Instant) {
        self.advance(now);
        self.locks.close(self.now, deadline);
        self.flush();
    }

    /// What to do with a transport.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Takes the bytes to write to a node; false when there are none. Give an empty
    /// buffer and it is swapped; otherwise the bytes are appended.
    pub fn poll_transmit(&mut self, node: NodeId, out: &mut BytesMut) -> bool {
        self.links
            .get_mut(node.index())
            .is_some_and(|link| link.session.poll_transmit(self.now, out))
    }

    /// News for the application.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.locks.poll_event()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called: at once
    /// while an action or an event is queued, never (`None`) when nothing is due.
    /// Bytes that wait to be written do not count: a peer that does not read must
    /// not make its writer spin.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.actions.is_empty() {
            return Some(self.now);
        }
        let timers = [
            self.link_timers.next(),
            self.locks.poll_timeout(),
            self.slots_due(),
        ];
        timers.into_iter().flatten().min()
    }

    /// When a cluster is asked who has which slots.
    fn slots_due(&self) -> Option<Instant> {
        self.cluster.as_ref()?.due()
    }

    /// Time never goes back.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }
}
