//! A node comes, goes, or is trusted again: what it means for the locks.

use super::LockSet;
use super::table::NodeState;
use crate::acquire::Vote;
use crate::command::Verb;
use crate::event::{Caution, Event, NodeNews};
use crate::lock::Phase;
use crate::node::{NodeId, NodeSet};
use crate::problem::Problem;
use crate::slab::Id;
use crate::time::Instant;

impl LockSet {
    /// A node's state changed. Before a node is reported ready again, the tickets
    /// that its old connection left unanswered must have got their `Broken`.
    pub fn handle_node(&mut self, now: Instant, node: NodeId, state: NodeState) {
        self.advance(now);
        if !self.nodes.members.contains(node) || self.is_closed() {
            return;
        }
        let before = self.nodes.problem(node, self.now);
        let begins = self.nodes.set_state(self.now, node, state);
        let mut caution = None;
        if begins {
            self.admit(node);
            self.start_hearing(node);
            caution = self.caution(node);
        }
        if !self.nodes.connected.contains(node) {
            self.stop_hearing(node);
        }
        if !begins && self.nodes.problem(node, self.now) == before {
            return;
        }
        self.tell_node(node, caution);
        if self.nodes.connected.contains(node) {
            self.pay_owed(node);
        }
        self.on_node_change(node);
    }

    /// Why a node does not vote for new locks at present; `None`: it does.
    #[must_use]
    pub fn problem(&self, node: NodeId) -> Option<Problem> {
        self.nodes.problem(node, self.now)
    }

    /// What is less safe on a connected node than it could be.
    #[must_use]
    pub fn caution(&self, node: NodeId) -> Option<Caution> {
        let facts = self.nodes.facts(node)?;
        (!facts.can_kill).then_some(Caution::CannotKill)
    }

    pub(super) fn tell_node(&mut self, node: NodeId, caution: Option<Caution>) {
        let problem = self.nodes.problem(node, self.now);
        self.emit(Event::Node(NodeNews {
            node,
            problem,
            caution,
        }));
    }

    /// Tells every lock that a node's part in the votes has changed.
    pub(super) fn on_node_change(&mut self, node: NodeId) {
        for place in self.locks.places() {
            if let Some(id) = self.locks.id_at(place) {
                self.follow_slot(id);
                self.on_node_change_of(id, node);
            }
        }
    }

    /// A node that comes while a vote is open takes part in it; one that comes
    /// between two votes brings the next one forward.
    fn on_node_change_of(&mut self, id: Id, node: NodeId) {
        let nodes = &self.nodes;
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let keys = &lock.request.keys;
        let granting = nodes.able(nodes.granting, keys).contains(node);
        let voting = nodes.able(nodes.voting, keys).contains(node);
        let concerned = self.topology.concerns(keys.first(), node);
        match &mut lock.phase {
            // once only in a round: what a broken connection executes late would
            // come behind the release of this round
            Phase::Acquiring(round)
                if granting && round.group.voters.contains(node) && !round.asked.contains(node) =>
            {
                if round.asked.is_empty() {
                    // nobody has seen the token yet, and a clock is known by now
                    round.token = self.fencing.propose(lock.seen, nodes.server_us(self.now));
                }
                round.ask(node);
                self.command(id, Verb::Acquire, NodeSet::from_iter([node]), false);
            }
            Phase::Acquiring(round)
                if round.awaited.contains(node) && !nodes.awaited.contains(node) =>
            {
                round.count(node, Vote::Failed);
                self.decide_round(id);
            }
            Phase::Waiting(pause) if granting && concerned && pause.starved => {
                pause.next = self.now;
                self.arm(id);
            }
            Phase::Held(_) if concerned && voting => {
                self.on_voter_back(id, node);
            }
            Phase::Acquiring(_)
            | Phase::Held(_)
            | Phase::Lost(_)
            | Phase::Queued(_)
            | Phase::Waiting(_) => {}
        }
    }

    /// A node can extend again while a lock is held.
    fn on_voter_back(&mut self, id: Id, node: NodeId) {
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let Phase::Held(tenure) = &mut lock.phase else {
            return;
        };
        let missing = tenure.failures > 0 || !tenure.may_hold.contains(node);
        if let Some(extension) = tenure.pending()
            && extension.ask_again(node)
        {
            self.command(id, Verb::Extend, NodeSet::from_iter([node]), false);
        } else if missing && tenure.extend_at != Instant::NEVER {
            tenure.extend_at = tenure.extend_at.min(self.now);
            self.arm(id);
        }
    }
}
