//! What is known of each node, and who may be asked for what.

use alloc::vec::Vec;
use core::time::Duration;

use crate::facts::{NodeFacts, RunId};
use crate::guard::{Quarantine, QuarantineCause};
use crate::keys::Keys;
use crate::node::{MAX_NODES, NodeId, NodeSet};
use crate::problem::Problem;
use crate::server_clock::{ServerClock, lower_median};
use crate::time::Instant;

/// What a node can do at present.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeState {
    /// It has never been reached, and is being connected: a round waits for it.
    Connecting,
    /// It can't be reached: an acquisition counts it as failed at once.
    Down(Problem),
    /// It takes commands. The facts are those of this connection, and count only when
    /// it was not connected before.
    Ready(NodeFacts),
    /// Connected, but it owes an answer for too long: releases still go there (in
    /// order behind what they release), acquisitions do not.
    Stalled,
}

/// Whether a connected node's memory is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Trust {
    /// Its guard has been asked about.
    Arming,
    /// It is not, until then.
    Quarantined(QuarantineCause, Instant),
    /// It is not, for a reason that waiting does not end.
    Refused(Problem),
    /// It votes for new locks.
    Trusted,
}

/// The states of all nodes, as sets and one by one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeTable {
    /// All nodes there are.
    pub(super) members: NodeSet,
    /// Connected, stalled or not.
    pub(super) connected: NodeSet,
    /// Asked to extend and to heal.
    pub(super) voting: NodeSet,
    /// Asked for new locks.
    pub(super) granting: NodeSet,
    /// Those that run scripts, without which several keys can't be locked.
    pub(super) scripting: NodeSet,
    /// Those that tell us when a lock is free, if we ask them.
    pub(super) hearing: NodeSet,
    /// Waited for: about to be connected or armed.
    pub(super) awaited: NodeSet,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Entry {
    /// What keeps the connection from taking commands.
    problem: Option<Problem>,
    trust: Trust,
    /// While it is connected.
    facts: Option<NodeFacts>,
    /// A key of ours may stay there until then: it refused a release for good.
    keeps_until: Instant,
    /// When this connection, or the last one, began.
    since: Instant,
    /// The life of the server that the rest belongs to. Compared only: a guard is
    /// told what the present connection has learned.
    life: Option<RunId>,
    clock: Option<ServerClock>,
    /// Its clock has been found far from the others' in this life.
    apart: bool,
    /// Its clock was found wrong in this life: until when that keeps it out.
    wrong_clock: Option<(QuarantineCause, Instant)>,
}

impl Entry {
    /// A node that is about to be connected.
    const fn new() -> Self {
        Self {
            problem: Some(Problem::Connecting),
            trust: Trust::Trusted,
            facts: None,
            keeps_until: Instant::ORIGIN,
            since: Instant::ORIGIN,
            life: None,
            clock: None,
            apart: false,
            wrong_clock: None,
        }
    }
}

impl NodeTable {
    pub(super) fn new(count: usize) -> Self {
        Self {
            members: NodeSet::first(count),
            connected: NodeSet::EMPTY,
            voting: NodeSet::EMPTY,
            granting: NodeSet::EMPTY,
            scripting: NodeSet::EMPTY,
            hearing: NodeSet::EMPTY,
            awaited: NodeSet::first(count),
            entries: core::iter::repeat_with(Entry::new).take(count).collect(),
        }
    }

    /// A new node, about to be connected; `None` where there is no place left.
    pub(super) fn add(&mut self) -> Option<NodeId> {
        let free = NodeSet::first(MAX_NODES).difference(self.members);
        let node = free.iter().next()?;
        match self.entries.get_mut(node.index()) {
            Some(entry) => *entry = Entry::new(),
            None => self.entries.push(Entry::new()),
        }
        self.members.insert(node);
        self.settle(node);
        Some(node)
    }

    /// A node that is no longer one. Its place may become another's.
    pub(super) fn remove(&mut self, node: NodeId) {
        let sets = [
            &mut self.members,
            &mut self.connected,
            &mut self.voting,
            &mut self.granting,
            &mut self.scripting,
            &mut self.hearing,
            &mut self.awaited,
        ];
        for set in sets {
            set.remove(node);
        }
    }

    /// Those of `nodes` that can do anything about these keys.
    pub(super) const fn able(&self, nodes: NodeSet, keys: &Keys) -> NodeSet {
        if keys.are_several() {
            nodes.intersection(self.scripting)
        } else {
            nodes
        }
    }

    /// Why a node does not vote for new locks.
    pub(super) fn problem(&self, node: NodeId, now: Instant) -> Option<Problem> {
        let entry = self.entries.get(node.index())?;
        if entry.problem.is_some() {
            return entry.problem.clone();
        }
        match &entry.trust {
            Trust::Arming => Some(Problem::Connecting),
            Trust::Quarantined(cause, until) => Some(Problem::Quarantined(Quarantine {
                cause: *cause,
                left: until.duration_since(now),
            })),
            Trust::Refused(problem) => Some(problem.clone()),
            Trust::Trusted => None,
        }
    }

    /// The same for these keys.
    pub(super) fn problem_with(&self, keys: &Keys, node: NodeId, now: Instant) -> Option<Problem> {
        let node_only = self.connected.intersection(NodeSet::from_iter([node]));
        let unable = self.able(node_only, keys) != node_only;
        let needs = unable.then_some(Problem::NeedsScripts);
        self.problem(node, now).or(needs)
    }

    /// Takes over a new state of the connection. True where it is a new connection.
    pub(super) fn set_state(&mut self, now: Instant, node: NodeId, state: NodeState) -> bool {
        let Some(entry) = self.entries.get_mut(node.index()) else {
            return false;
        };
        let fresh = entry.facts.is_none();
        let (problem, connected) = match state {
            NodeState::Connecting => (Some(Problem::Connecting), false),
            NodeState::Down(problem) => (Some(problem), false),
            NodeState::Stalled => (Some(Problem::Silent), true),
            NodeState::Ready(facts) => {
                if fresh {
                    put(&mut self.scripting, node, facts.capabilities.scripts);
                    entry.facts = Some(facts);
                    entry.since = now;
                }
                (None, true)
            }
        };
        entry.problem = problem;
        if !connected {
            entry.facts = None;
            entry.trust = Trust::Trusted;
        }
        put(&mut self.connected, node, connected);
        self.settle(node);
        fresh && connected
    }

    pub(super) fn set_trust(&mut self, node: NodeId, trust: Trust) {
        if let Some(entry) = self.entries.get_mut(node.index()) {
            entry.trust = trust;
        }
        self.settle(node);
    }

    pub(super) fn trust(&self, node: NodeId) -> Option<&Trust> {
        self.entries.get(node.index()).map(|entry| &entry.trust)
    }

    /// Whether a grant of the node's counts for nothing.
    pub(super) fn is_distrusted(&self, node: NodeId) -> bool {
        self.trust(node)
            .is_some_and(|trust| *trust != Trust::Trusted)
    }

    pub(super) fn facts(&self, node: NodeId) -> Option<&NodeFacts> {
        self.entries.get(node.index())?.facts.as_ref()
    }

    /// Whether a connection of before `from` may still have something executed: it has
    /// ended, and this user can't end it on the server.
    pub(super) fn cannot_end_before(&self, node: NodeId, from: Instant) -> bool {
        let entry = self.entries.get(node.index());
        entry.is_some_and(|entry| {
            entry.since > from && entry.facts.as_ref().is_some_and(|facts| !facts.can_kill)
        })
    }

    pub(super) fn keeps_until(&mut self, node: NodeId, lease_end: Instant) {
        if let Some(entry) = self.entries.get_mut(node.index()) {
            entry.keeps_until = entry.keeps_until.max(lease_end);
        }
    }

    /// Nodes where a key of ours may stay although its release is over.
    pub(super) fn keeping(&self, now: Instant) -> NodeSet {
        let keeps = |node: &NodeId| {
            let entry = self.entries.get(node.index());
            entry.is_some_and(|entry| entry.keeps_until > now)
        };
        self.members.iter().filter(keeps).collect()
    }

    pub(super) fn clock(&self, node: NodeId) -> Option<&ServerClock> {
        self.entries.get(node.index())?.clock.as_ref()
    }

    pub(super) fn clock_mut(&mut self, node: NodeId) -> Option<&mut Option<ServerClock>> {
        Some(&mut self.entries.get_mut(node.index())?.clock)
    }

    pub(super) fn wrong_clock(&self, node: NodeId) -> Option<(QuarantineCause, Instant)> {
        self.entries.get(node.index())?.wrong_clock
    }

    pub(super) fn set_wrong_clock(&mut self, node: NodeId, cause: QuarantineCause, until: Instant) {
        if let Some(entry) = self.entries.get_mut(node.index()) {
            entry.wrong_clock = Some((cause, until));
        }
    }

    /// Forgets what belongs to another life of the server.
    pub(super) fn begin_life(&mut self, node: NodeId, life: Option<RunId>) {
        if let Some(entry) = self.entries.get_mut(node.index())
            && (life.is_none() || entry.life != life)
        {
            entry.life = life;
            entry.clock = None;
            entry.apart = false;
            entry.wrong_clock = None;
        }
    }

    /// The time of the nodes that grant, in µs: what they agree on, more or less.
    pub(super) fn server_us(&self, now: Instant) -> Option<u64> {
        let mut clocks = [None; MAX_NODES];
        let mut known = 0;
        for (place, node) in clocks.iter_mut().zip(self.granting) {
            *place = self.clock(node).map(|clock| clock.at_least(now));
            known += usize::from(place.is_some());
        }
        clocks.sort_unstable_by_key(|clock| clock.map_or(u64::MAX, |us| us));
        clocks.get(known.checked_sub(1)? / 2).copied().flatten()
    }

    /// Nodes whose clocks are certainly further than `most` from the middle one of all
    /// that are known, with how far; each is told once in a life of its server.
    pub(super) fn take_apart(&mut self, most: Duration) -> Vec<(NodeId, Duration)> {
        let connected = self.connected;
        let mut clocks: Vec<_> = connected
            .iter()
            .filter_map(|node| self.clock(node).copied())
            .collect();
        let Some(middle) = lower_median(&mut clocks) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for node in connected {
            if let Some(entry) = self.entries.get_mut(node.index())
                && let Some(clock) = &entry.clock
                && !entry.apart
                && clock.apart(&middle) > most
            {
                entry.apart = true;
                found.push((node, clock.apart(&middle)));
            }
        }
        found
    }

    /// Works out again who is asked for what.
    fn settle(&mut self, node: NodeId) {
        let Some(entry) = self.entries.get(node.index()) else {
            return;
        };
        let voting = entry.problem.is_none();
        let granting = voting && entry.trust == Trust::Trusted;
        let awaited =
            entry.problem == Some(Problem::Connecting) || voting && entry.trust == Trust::Arming;
        put(&mut self.voting, node, voting);
        put(&mut self.granting, node, granting);
        put(&mut self.awaited, node, awaited);
    }
}

fn put(set: &mut NodeSet, node: NodeId, member: bool) {
    if member {
        set.insert(node);
    } else {
        set.remove(node);
    }
}
