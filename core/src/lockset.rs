//! Locks over votes: commands in, commands out, no bytes.
//!
//! ```text
//! acquire, extend, release, cancel, close ─┐             ┌─> poll_command
//! handle_answer, handle_node ──────────────┼─> LockSet ──┼─> poll_event
//! handle_timeout ──────────────────────────┘             └─> poll_timeout
//! ```

mod acquiring;
mod checking;
mod closing;
mod guarding;
mod holding;
mod listening;
mod nodes;
mod passing;
mod pausing;
mod queueing;
mod releasing;
mod routing;
mod sending;
mod table;
mod turns;
mod voting;
mod watching;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::command::{Command, Ticket, Verb};
use crate::config::{Config, ConfigError, Limits, Timing};
use crate::event::{Event, LockId};
use crate::fairness::Fairness;
use crate::guard::RestartGuard;
use crate::line::Lines;
use crate::lock::{
    AcquireError, AcquireRequest, ExtendError, ExtendTurn, Lock, Pause, Phase, UnknownLock,
};
use crate::node::{NodeId, NodeSet};
use crate::owner::ClientId;
use crate::random::Random;
use crate::release::Release;
use crate::replication::Replication;
use crate::reply::Answer;
use crate::slab::{Id, Slab};
use crate::time::Instant;
use crate::timers::Timers;
use crate::token::Fencing;
use crate::topology::Topology;
use crate::validity::{Drift, Ttl};

use closing::Closing;
pub use table::NodeState;
use table::NodeTable;
pub(crate) use watching::Watch;

/// All locks of one client over one group of nodes: bring your own Redis client.
///
/// [`Client`](crate::Client) puts the bytes around it. Who has a Redis client of
/// his own uses the set alone: send each [`Command`] to the nodes it names, under the
/// [`terms`](Self::terms) of each, hand back each [`Answer`] with the command's ticket
/// (and before it the server's clock, by [`handle_clock`](Self::handle_clock)), and
/// call [`handle_node`](Self::handle_node) when a node comes or goes. With
/// [`Config::replication`] some commands have a question behind them: see [`Replication`].
///
/// **Order matters:** a node must execute the commands in the order in which they
/// were polled, because a release is sent behind its acquire without waiting for
/// it. Where a connection breaks, hand back [`Answer::Broken`] for each of its
/// unanswered tickets *before* the node is reported ready again.
///
/// After any verb, poll [`poll_command`](Self::poll_command) and
/// [`poll_event`](Self::poll_event) until both are empty, then wait until
/// [`poll_timeout`](Self::poll_timeout) or news.
///
/// A clone is for exploring what may happen next, as a model checker does: it would
/// give out the same owners as the original, so only one of the two may ever reach
/// real nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LockSet {
    client_id: ClientId,
    drift: Drift,
    fairness: Fairness,
    fencing: Fencing,
    hand_overs: u32,
    guard: RestartGuard,
    replication: Option<Replication>,
    limits: Limits,
    max_ttl: Ttl,
    timing: Timing,
    topology: Topology,
    nodes: NodeTable,
    node_timers: Timers,
    random: Random,
    /// Counts owners: one for each round.
    owners: u64,
    locks: Slab<Lock>,
    lines: Lines,
    line_timers: Timers,
    lock_timers: Timers,
    releases: Slab<Release>,
    release_timers: Timers,
    commands: VecDeque<Command>,
    events: VecDeque<Event>,
    now: Instant,
    closing: Closing,
}

impl LockSet {
    /// A set over the nodes of `config`, all of them about to be connected.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn new(config: &Config, now: Instant) -> Result<Self, ConfigError> {
        Ok(Self {
            client_id: config.client_id,
            drift: config.drift,
            fairness: config.fairness,
            fencing: config.fencing,
            hand_overs: config.hand_overs,
            guard: config.guard,
            replication: config.replication,
            limits: config.limits,
            max_ttl: config.max_ttl,
            timing: config.timing,
            topology: Topology::of(config)?,
            nodes: NodeTable::new(config.nodes.len()),
            node_timers: Timers::default(),
            random: Random::new(config.seed),
            owners: 0,
            locks: Slab::new(),
            lines: Lines::new(config.seed),
            line_timers: Timers::default(),
            lock_timers: Timers::default(),
            releases: Slab::new(),
            release_timers: Timers::default(),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            now,
            closing: Closing::No,
        })
    }

    /// Starts to acquire a lock; `Acquired` or `AcquireFailed` follows.
    ///
    /// # Errors
    /// What can't be acquired at all; nothing was sent.
    pub fn acquire(
        &mut self,
        now: Instant,
        request: AcquireRequest,
    ) -> Result<LockId, AcquireError> {
        self.advance(now);
        self.check(&request)?;
        let id = self.locks.insert(Lock {
            request,
            requested: self.now,
            round: 0,
            phase: Phase::Waiting(Pause::until(self.now)),
            line: None,
            watch: None,
            turn: None,
            queued_on: NodeSet::EMPTY,
            last: None,
            seen: None,
            outbid: 0,
            notes: Vec::new(),
        });
        self.join(id);
        Ok(LockId(id))
    }

    /// Renews the lease to `ttl` from now; `Extended` or `ExtendFailed` follows.
    /// Later automatic extensions use the new length. A lease is never shortened.
    ///
    /// While an extension is open the next one waits for its end (the newest length
    /// counts), so that asking more often than nodes answer loses nothing. The return
    /// value says which of the two decisions that follow is the answer.
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
        self.expire(lock.0);
        if self.drift.valid_until(Instant::ORIGIN, ttl).is_none() {
            let allowance = self.drift.allowance(ttl);
            return Err(ExtendError::TtlTooShort { ttl, allowance });
        }
        if ttl > self.max_ttl {
            let max = self.max_ttl;
            return Err(ExtendError::TtlTooLong { ttl, max });
        }
        let entry = self.locks.get_mut(lock.0).ok_or(UnknownLock)?;
        let Phase::Held(tenure) = &mut entry.phase else {
            return Err(UnknownLock.into());
        };
        entry.request.ttl = ttl;
        if tenure.pending().is_some() {
            tenure.extend_again = true;
            return Ok(ExtendTurn::AfterNext);
        }
        self.start_extension(lock.0);
        Ok(ExtendTurn::Next)
    }

    /// Gives a lock back; `Released` follows, with the verdict. A lock that was
    /// lost is released the same way. Repeating it is an error, not a second
    /// release.
    ///
    /// # Errors
    /// Where the lock was not acquired, or was released or cancelled.
    pub fn release(&mut self, now: Instant, lock: LockId) -> Result<(), UnknownLock> {
        self.advance(now);
        self.expire(lock.0);
        match self.locks.get(lock.0).ok_or(UnknownLock)?.phase {
            Phase::Held(tenure) => self.end_tenure(lock.0, tenure, Some(false)),
            Phase::Lost(tenure) => self.end_tenure(lock.0, tenure, Some(true)),
            Phase::Acquiring(_) | Phase::Queued(_) | Phase::Waiting(_) => return Err(UnknownLock),
        }
        Ok(())
    }

    /// The caller does not want the lock, or to hear of it, any more, in whatever
    /// phase it is. What is held or asked for is released; no event follows. A lock
    /// that was released or closed before is not known any more, and its `Released`
    /// still comes.
    pub fn cancel(&mut self, now: Instant, lock: LockId) {
        self.advance(now);
        match self.locks.get(lock.0).map(|lock| lock.phase) {
            Some(Phase::Acquiring(round)) => {
                self.clean_up(lock.0, round);
                let vacant = self.forget(lock.0);
                self.call_next(vacant);
            }
            Some(Phase::Held(tenure) | Phase::Lost(tenure)) => {
                self.end_tenure(lock.0, tenure, None);
            }
            Some(Phase::Queued(_) | Phase::Waiting(_)) => {
                let vacant = self.forget(lock.0);
                self.call_next(vacant);
            }
            None => {}
        }
    }

    /// A node answered a command, or will not answer it any more.
    pub fn handle_answer(&mut self, now: Instant, node: NodeId, ticket: Ticket, answer: Answer) {
        self.advance(now);
        match ticket.verb {
            Verb::Acquire => self.on_acquire_answer(node, ticket, answer),
            Verb::Arm => self.on_arm_answer(node, ticket, answer),
            Verb::Extend => self.on_extend_answer(node, ticket, answer),
            Verb::HandOver => self.on_hand_over_answer(node, ticket, answer),
            Verb::Heal => self.on_heal_answer(node, ticket, &answer),
            Verb::Listen => self.on_listen_answer(node, ticket.id, &answer),
            Verb::Release => self.on_release_answer(node, ticket.id, answer),
            Verb::Unlisten => {}
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        while let Some(place) = self.node_timers.pop_due(self.now) {
            if let Some(node) = NodeId::new(place) {
                self.on_node_timeout(node);
            }
        }
        while let Some(place) = self.lock_timers.pop_due(self.now) {
            if let Some(id) = self.locks.id_at(place) {
                self.on_lock_timeout(id);
            }
        }
        while let Some(place) = self.line_timers.pop_due(self.now) {
            if let Some(line) = self.lines.id_at(place) {
                self.on_line_timeout(line);
            }
        }
        while let Some(place) = self.release_timers.pop_due(self.now) {
            if let Some(id) = self.releases.id_at(place) {
                self.on_release_timeout(id);
            }
        }
        self.try_close();
    }

    fn on_lock_timeout(&mut self, id: Id) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let late = lock.request.wait.deadline() <= self.now;
        match lock.phase {
            Phase::Acquiring(round) => self.on_round_timeout(id, round, late),
            Phase::Queued(_) => self.fail_queued(id, None),
            Phase::Waiting(_) if late => self.fail_after_last(id, None),
            Phase::Waiting(_) => self.start_round(id),
            Phase::Held(tenure) if tenure.lost_at <= self.now => self.expire(id),
            Phase::Held(_) => self.start_extension(id),
            Phase::Lost(_) => {}
        }
    }

    /// The next command to send.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// The next piece of news.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called: at once
    /// while a command or an event is queued, never (`None`) when nothing is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.commands.is_empty() || !self.events.is_empty() {
            return Some(self.now);
        }
        let close_by = match self.closing {
            Closing::Until(deadline) => Some(deadline).filter(|at| *at != Instant::NEVER),
            Closing::Done | Closing::No => None,
        };
        let timers = [
            self.node_timers.next(),
            self.lock_timers.next(),
            self.line_timers.next(),
            self.release_timers.next(),
            close_by,
        ];
        timers.into_iter().flatten().min()
    }

    /// Time never goes back.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// Queues an event. News that only inform are dropped where nobody polls.
    fn emit(&mut self, event: Event) {
        let informs = matches!(
            event,
            Event::Extended(_) | Event::ExtendFailed(_) | Event::Node(_)
        );
        let room = self.limits.locks.saturating_mul(4).saturating_add(1_024);
        if !informs || self.events.len() < room {
            self.events.push_back(event);
        }
    }

    /// Sets the timer of a lock by its phase.
    fn arm(&mut self, id: Id) {
        if let Some(lock) = self.locks.get(id) {
            self.lock_timers.set(id.index(), lock.next_deadline());
        }
    }

    /// The lock is over. Answers the line whose head it was, if it was one.
    fn forget(&mut self, id: Id) -> Option<Id> {
        let vacant = self.leave(id);
        self.unwatch(id);
        self.leave_queues(id);
        if self.locks.remove(id).is_some() {
            self.lock_timers.clear(id.index());
        }
        vacant
    }
}
