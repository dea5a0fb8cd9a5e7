//! The nodes of a cluster come, go and pass questions on: who is asked then.

use super::LockSet;
use crate::command::{Ticket, Verb};
use crate::hash_slot::HashSlot;
use crate::lock::Phase;
use crate::node::{NodeId, NodeSet};
use crate::problem::Problem;
use crate::quorum::Group;
use crate::release::RETRY;
use crate::reply::Answer;
use crate::route::Route;
use crate::slab::Id;
use crate::slot_map::SlotMap;
use crate::time::Instant;
use crate::topology::Topology;

impl LockSet {
    /// The nodes there are.
    pub(crate) const fn members(&self) -> NodeSet {
        self.nodes.members
    }

    /// Who votes on a key.
    pub(super) fn group(&self, key: &[u8]) -> Group {
        let (granting, all) = (self.nodes.granting, self.nodes.members);
        self.topology.group(key, granting, all)
    }

    /// Those who vote on a key, where that is known.
    pub(crate) fn voters(&self, key: &[u8]) -> Option<NodeSet> {
        match &self.topology {
            Topology::Cluster(map) => {
                let owner = map.owner(HashSlot::of(key));
                owner.map(|node| NodeSet::from_iter([node]))
            }
            Topology::Whole(group) => Some(group.voters),
        }
    }

    /// Whether each slot has an owner that is known.
    pub(crate) fn knows_all_slots(&self) -> bool {
        match &self.topology {
            Topology::Cluster(map) => map.is_whole(),
            Topology::Whole(_) => true,
        }
    }

    /// A node of the cluster was found, and is about to be connected. `None` where there
    /// are [`MAX_NODES`](crate::MAX_NODES) already.
    pub(crate) fn add_node(&mut self) -> Option<NodeId> {
        self.nodes.add()
    }

    /// A node that has no slots and owes no answer is no longer asked: what it has not
    /// released is for the one that has the slot.
    pub(crate) fn remove_node(&mut self, node: NodeId) {
        self.nodes.remove(node);
        self.node_timers.clear(node.index());
        self.aim_releases();
    }

    /// Who has which slots, as a node has told it. Whoever waits for another node turns to
    /// the one that has his slot now.
    pub(crate) fn set_slots(&mut self, now: Instant, map: SlotMap) {
        self.advance(now);
        self.topology = Topology::Cluster(map);
        for place in self.locks.places() {
            if let Some(id) = self.locks.id_at(place) {
                self.follow_slot(id);
                self.end_starvation(id);
            }
        }
        self.aim_releases();
    }

    fn aim_releases(&mut self) {
        for place in self.releases.places() {
            if let Some(id) = self.releases.id_at(place) {
                self.aim_release(id);
            }
        }
    }

    /// A slot has moved: `MOVED`.
    pub(crate) fn learn_slot(&mut self, slot: HashSlot, owner: NodeId) {
        if let Topology::Cluster(map) = &mut self.topology {
            map.assign(slot, slot, owner);
        }
    }

    /// A node did not do what it was asked: `to` is the one to ask; `asking`: behind
    /// `ASKING`. Counts as an answer.
    pub(crate) fn handle_redirect(
        &mut self,
        now: Instant,
        node: NodeId,
        ticket: Ticket,
        (to, asking): (NodeId, bool),
    ) {
        self.advance(now);
        let followed = match ticket.verb {
            Verb::Acquire => self.pass_round_on(node, ticket, (to, asking)),
            Verb::Extend => self.pass_extension_on(ticket, (to, asking)),
            Verb::Release => {
                self.pass_release_on(node, ticket.id, (to, asking));
                true
            }
            Verb::HandOver => {
                if let Some(release) = ticket.from {
                    self.pass_release_on(node, release, (to, asking));
                }
                if !self.pass_round_on(node, ticket, (to, asking)) {
                    let answer = Answer::Unsent(Problem::Moving);
                    self.on_acquire_answer(node, ticket, answer);
                }
                true
            }
            Verb::Arm | Verb::Heal | Verb::Listen | Verb::Unlisten => false,
        };
        if !followed {
            let answer = Answer::Unsent(Problem::Moving);
            self.handle_answer(self.now, node, ticket, answer);
        }
    }

    /// False where nobody waits for this answer, or it has been passed on too often.
    fn pass_round_on(
        &mut self,
        node: NodeId,
        ticket: Ticket,
        (to, asking): (NodeId, bool),
    ) -> bool {
        let (granting, awaited) = (self.nodes.granting, self.nodes.awaited);
        let Some(lock) = self.locks.get_mut(ticket.id) else {
            return false;
        };
        let Phase::Acquiring(round) = &mut lock.phase else {
            return false;
        };
        let current = lock.round == ticket.round && round.group.voters.contains(node);
        if !current || !round.route.pass_on(asking) {
            return false;
        }
        round.asked.remove(node);
        let mut group = round.group;
        group.voters = NodeSet::from_iter([to]);
        let fresh = round.aim(group, granting, awaited);
        self.command(ticket.id, Verb::Acquire, fresh, false);
        self.decide_round(ticket.id);
        true
    }

    /// Only the one voter of an extension owes an answer to it, and so can pass it on.
    fn pass_extension_on(&mut self, ticket: Ticket, (to, asking): (NodeId, bool)) -> bool {
        let voting = self.nodes.voting;
        let Some(lock) = self.locks.get_mut(ticket.id) else {
            return false;
        };
        let Phase::Held(tenure) = &mut lock.phase else {
            return false;
        };
        let current = lock.round == ticket.round;
        let Some(extension) = tenure.pending().filter(|_| current) else {
            return false;
        };
        if !extension.route.pass_on(asking) {
            return false;
        }
        let fresh = extension.aim(to, voting);
        self.command(ticket.id, Verb::Extend, fresh, false);
        self.decide_extension(ticket.id);
        true
    }

    fn pass_release_on(&mut self, node: NodeId, id: Id, (to, asking): (NodeId, bool)) {
        let (now, connected) = (self.now, self.nodes.connected);
        let Some(release) = self.releases.get_mut(id) else {
            return;
        };
        release.pending.remove(node);
        if release.route.pass_on(asking) {
            release.aim(NodeSet::from_iter([to]));
            self.send_release(id, connected, false);
        } else {
            release.retrying.insert(node);
            release.retry_at = release.retry_at.min(now + RETRY);
        }
        self.settle_release(id);
    }

    /// A round of a lock turns to the node that has its slot now, unless another node has
    /// named one.
    pub(super) fn follow_slot(&mut self, id: Id) {
        let nodes = &self.nodes;
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let key = lock.request.keys.first();
        let group = self.topology.group(key, nodes.granting, nodes.members);
        if let Phase::Acquiring(round) = &mut lock.phase
            && !round.route.is_led()
            && round.group != group
        {
            let fresh = round.aim(group, nodes.granting, nodes.awaited);
            self.command(id, Verb::Acquire, fresh, false);
            self.decide_round(id);
        }
    }

    /// An acquisition that pauses for want of the node that has its slot tries again, where
    /// that can vote.
    fn end_starvation(&mut self, id: Id) {
        let nodes = &self.nodes;
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let key = lock.request.keys.first();
        let group = self.topology.group(key, nodes.granting, nodes.members);
        if let Phase::Waiting(pause) = &mut lock.phase
            && pause.starved
            && !group.voters.intersection(nodes.granting).is_empty()
        {
            pause.next = self.now;
            self.arm(id);
        }
    }

    /// A release that no node works on turns to the one that has its slot now: a node that
    /// has lost a slot has given its keys away, or throws them away before it serves again.
    pub(super) fn aim_release(&mut self, id: Id) {
        if !self.topology.is_cluster() {
            return;
        }
        let nodes = &self.nodes;
        if let Some(release) = self.releases.get_mut(id)
            && release.pending.is_empty()
        {
            let key = release.keys.first();
            let group = self.topology.group(key, nodes.connected, nodes.members);
            release.route = Route::new();
            if release.asked != group.voters {
                let connected = nodes.connected;
                release.aim(group.voters);
                self.send_release(id, connected, false);
            }
        }
    }
}
