//! Which nodes can vote, and what it means for the locks when that changes.

use alloc::vec::Vec;

use super::LockSet;
use crate::acquire::Vote;
use crate::command::Verb;
use crate::event::{Event, NodeNews, Problem};
use crate::lock::Phase;
use crate::node::{NodeId, NodeSet};
use crate::slab::Id;
use crate::time::Instant;

/// What a node can do at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It has never been reached, and is being connected: a round waits for it.
    Connecting,
    /// It can't be reached: an acquisition counts it as failed at once.
    Down(Problem),
    /// It takes commands.
    Ready,
    /// Connected, but it owes an answer for too long: releases still go there (in
    /// order behind what they release), acquisitions do not.
    Stalled,
}

/// The states of all nodes, as sets.
#[derive(Debug)]
pub(crate) struct NodeTable {
    pub(super) count: usize,
    /// Connected, stalled or not.
    pub(super) connected: NodeSet,
    /// Asked for votes.
    pub(super) voting: NodeSet,
    /// Waited for at the start.
    pub(super) awaited: NodeSet,
    /// Why a node is not voting.
    problems: Vec<Option<Problem>>,
}

impl NodeTable {
    pub(super) fn new(count: usize) -> Self {
        let mut problems = Vec::new();
        problems.resize(count, Some(Problem::Connecting));
        Self {
            count,
            connected: NodeSet::EMPTY,
            voting: NodeSet::EMPTY,
            awaited: NodeSet::first(count),
            problems,
        }
    }

    pub(super) fn problem(&self, node: NodeId) -> Option<&Problem> {
        self.problems.get(node.index())?.as_ref()
    }

    /// Takes over a new state; false when it is the old one.
    fn set(&mut self, node: NodeId, state: NodeState) -> bool {
        let (connected, voting, awaited, problem) = match state {
            NodeState::Connecting => (false, false, true, Some(Problem::Connecting)),
            NodeState::Down(problem) => (false, false, false, Some(problem)),
            NodeState::Ready => (true, true, false, None),
            NodeState::Stalled => (true, false, false, Some(Problem::Silent)),
        };
        let before = (self.connected, self.voting, self.awaited);
        put(&mut self.connected, node, connected);
        put(&mut self.voting, node, voting);
        put(&mut self.awaited, node, awaited);
        let moved = before != (self.connected, self.voting, self.awaited);
        match self.problems.get_mut(node.index()) {
            Some(known) if *known != problem => {
                *known = problem;
                true
            }
            _ => moved,
        }
    }
}

fn put(set: &mut NodeSet, node: NodeId, member: bool) {
    if member {
        set.insert(node);
    } else {
        set.remove(node);
    }
}

impl LockSet {
    /// A node's state changed. Before a node is reported ready again, the tickets
    /// that its old connection left unanswered must have got their `Broken`.
    pub fn handle_node(&mut self, now: Instant, node: NodeId, state: NodeState) {
        self.advance(now);
        let known = node.index() < self.nodes.count && !self.is_closed();
        if !known || !self.nodes.set(node, state) {
            return;
        }
        let problem = self.nodes.problem(node).cloned();
        self.emit(Event::Node(NodeNews { node, problem }));
        if self.nodes.connected.contains(node) {
            self.pay_owed(node);
        }
        for place in self.locks.places() {
            if let Some(id) = self.locks.id_at(place) {
                self.on_node_change(id, node);
            }
        }
    }

    /// Why a node does not vote at present; `None`: it does.
    #[must_use]
    pub fn problem(&self, node: NodeId) -> Option<&Problem> {
        self.nodes.problem(node)
    }

    fn on_node_change(&mut self, id: Id, node: NodeId) {
        if self.nodes.voting.contains(node) {
            self.on_node_ready(id, node);
            return;
        }
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        if let Phase::Acquiring(round) = &mut lock.phase
            && round.awaited.contains(node)
            && !self.nodes.awaited.contains(node)
        {
            round.count(node, Vote::Failed);
            self.decide_round(id);
        }
    }

    /// A node that comes while a vote is open takes part in it; one that comes
    /// between two votes brings the next one forward.
    fn on_node_ready(&mut self, id: Id, node: NodeId) {
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let to = NodeSet::from_iter([node]);
        match &mut lock.phase {
            // once only in a round: what a broken connection executes late would
            // come behind the release of this round
            Phase::Acquiring(round) if !round.asked.contains(node) => {
                round.ask(node);
                let owner = round.owner;
                self.command(id, Verb::Acquire, to, owner, false);
            }
            Phase::Waiting(pause) if pause.starved => {
                pause.next = self.now;
                self.arm(id);
            }
            Phase::Held(tenure) => {
                let owner = tenure.owner;
                let missing = tenure.failures > 0 || !tenure.may_hold.contains(node);
                if let Some(extension) = tenure.pending()
                    && extension.ask_again(node)
                {
                    self.command(id, Verb::Extend, to, owner, false);
                } else if missing && tenure.extend_at != Instant::NEVER {
                    tenure.extend_at = tenure.extend_at.min(self.now);
                    self.arm(id);
                }
            }
            Phase::Acquiring(_) | Phase::Lost(_) | Phase::Waiting(_) => {}
        }
    }
}
