//! The nodes of a cluster: found, passed on to, asked for the map of slots, given up.
//!
//! The map is asked for when a connection stands, when a primary is lost and when a slot has
//! moved; again, with growing pauses, until every slot has a primary that is connected; and
//! never sooner after the last time than the first of [`Timing::refresh`](crate::Timing). One
//! node is asked at a time, each time another one: the one may know less than the other.

use alloc::vec::Vec;

use quorlock_resp::{Limits, Value, encode};

use super::errand::Errand;
use super::{Action, Client};
use crate::cluster_config::ClusterConfig;
use crate::command::Ticket;
use crate::endpoint::Endpoint;
use crate::link::{Link, LinkPhase};
use crate::lockset::NodeState;
use crate::node::{NodeId, NodeSet};
use crate::problem::Problem;
use crate::redirect::Redirect;
use crate::reply::Answer;
use crate::slot_map::SlotMap;
use crate::slots_reply::{self, SlotRange};
use crate::time::Instant;

/// What is known of the cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    config: ClusterConfig,
    /// Of each node, at its place; of those that were retired too.
    endpoints: Vec<Endpoint>,
    /// Nodes that have slots, or were said to.
    owners: NodeSet,
    /// Who was asked for the map last, and when.
    asked: Option<(NodeId, Instant)>,
    /// When the map is asked for next: the answer may be late, or there is news.
    due: Instant,
    /// There was news since it was asked for.
    wanted: bool,
    /// Maps in a row, or attempts at one, after which the cluster was not whole.
    attempts: u32,
}

impl Cluster {
    pub(super) const fn new(config: ClusterConfig) -> Self {
        Self {
            config,
            endpoints: Vec::new(),
            owners: NodeSet::EMPTY,
            asked: None,
            due: Instant::NEVER,
            wanted: false,
            attempts: 0,
        }
    }

    /// When the map is to be asked for.
    pub(super) fn due(&self) -> Option<Instant> {
        Some(self.due).filter(|at| *at != Instant::NEVER)
    }

    pub(super) fn endpoint(&self, node: NodeId) -> Option<&Endpoint> {
        self.endpoints.get(node.index())
    }

    /// Where a node's reply passes its question on, if it does.
    pub(super) fn redirect(&self, node: NodeId, reply: Value<'_>) -> Option<Redirect> {
        let (Value::Error(line) | Value::BulkError(line)) = reply else {
            return None;
        };
        Redirect::read(line, self.endpoint(node)?)
    }

    /// What a node says of the slots; `None` where that can't be read.
    pub(super) fn slots(&self, node: NodeId, reply: Value<'_>) -> Option<Vec<SlotRange>> {
        slots_reply::read(reply, self.endpoint(node)?)
    }
}

impl Client {
    /// Connects to the seeds that are not known yet.
    pub(super) fn find_seeds(&mut self) {
        let seeds = self.cluster.iter().flat_map(|it| &it.config.seeds);
        for seed in seeds.cloned().collect::<Vec<_>>() {
            // where there is no place left, there are others to ask
            let _ = self.find(seed);
        }
    }

    /// The node at an endpoint, a new one where it is not known yet; `None` where the client
    /// has as many as it can have.
    fn find(&mut self, endpoint: Endpoint) -> Option<NodeId> {
        let members = self.locks.members();
        let cluster = self.cluster.as_mut()?;
        let known = |node: &NodeId| cluster.endpoint(*node) == Some(&endpoint);
        if let Some(node) = members.iter().find(known) {
            return Some(node);
        }
        let node = self.locks.add_node()?;
        let mut config = cluster.config.node.clone();
        config.name = alloc::format!("{endpoint}");
        let limits = widened(self.config.limits.decoder);
        let link = Link::new(config, limits, self.config.replication);
        place(&mut cluster.endpoints, node, endpoint);
        place(&mut self.links, node, link);
        self.connect(node);
        Some(node)
    }

    /// Nodes pass questions on: the ones that they name are asked.
    pub(super) fn pass_on(&mut self, node: NodeId, redirects: Vec<(Ticket, Redirect)>) {
        for (ticket, Redirect { slot, to, asking }) in redirects {
            let Some(to) = self.find(to) else {
                let answer = Answer::Unsent(Problem::TooManyPrimaries);
                self.locks.handle_answer(self.now, node, ticket, answer);
                continue;
            };
            if !asking {
                self.locks.learn_slot(slot, to);
                if let Some(cluster) = &mut self.cluster {
                    cluster.owners.insert(to);
                }
                self.want_slots(self.now);
            }
            self.locks
                .handle_redirect(self.now, node, ticket, (to, asking));
        }
    }

    /// The map is to be asked for, as soon as may be from `soonest` on.
    pub(super) fn want_slots(&mut self, soonest: Instant) {
        let least = self.config.timing.refresh.first;
        if let Some(cluster) = &mut self.cluster {
            let earliest = cluster.asked.map_or(soonest, |(_, at)| at + least);
            cluster.due = cluster.due.min(soonest.max(earliest));
            cluster.wanted = true;
        }
    }

    /// The same, after a pause that grows from one time to the next.
    pub(super) fn want_slots_later(&mut self) {
        let refresh = self.config.timing.refresh;
        if let Some(cluster) = &mut self.cluster {
            cluster.attempts = cluster.attempts.saturating_add(1);
            let pause = self.random.jitter(refresh.pause(cluster.attempts));
            self.want_slots(self.now + pause);
        }
    }

    /// It is time to ask for the map. Where no node can be asked, the seeds may have become
    /// nodes of the cluster again; whoever is connected first is asked.
    pub(super) fn ask_for_slots(&mut self) {
        let now = self.now;
        let members = self.locks.members();
        let Some(cluster) = &mut self.cluster else {
            return;
        };
        cluster.due = Instant::NEVER;
        let links = &self.links;
        let ready = |node: &NodeId| {
            let link = links.get(node.index());
            link.is_some_and(|link| link.phase == LinkPhase::Ready)
        };
        let ready: NodeSet = members.iter().filter(ready).collect();
        let after = |node: &NodeId| cluster.asked.is_none_or(|(asked, _)| *node > asked);
        let Some(node) = ready.iter().find(after).or_else(|| ready.iter().next()) else {
            self.find_seeds();
            return;
        };
        cluster.asked = Some((node, now));
        // whoever does not answer is asked no longer
        cluster.due = now + self.config.timing.refresh.longest;
        cluster.wanted = false;
        if let Some(link) = self.links.get_mut(node.index()) {
            self.scratch.clear();
            encode::command(&mut self.scratch, &slots_reply::COMMAND);
            link.session.send(now, Errand::Slots, &self.scratch);
            self.watch(node);
        }
    }

    /// A node has said who has which slots, or nothing of use (`None`).
    pub(super) fn on_slots(&mut self, node: NodeId, ranges: Option<Vec<SlotRange>>) {
        let Some(cluster) = &mut self.cluster else {
            return;
        };
        // another one was asked meanwhile, which may know more
        if cluster.asked.is_none_or(|(asked, _)| asked != node) {
            return;
        }
        if !cluster.wanted {
            cluster.due = Instant::NEVER;
        }
        let mut map = SlotMap::new();
        for SlotRange {
            first,
            last,
            primary,
        } in ranges.into_iter().flatten()
        {
            if let Some(node) = self.find(primary) {
                map.assign(first, last, node);
            }
        }
        let owners = map.nodes();
        let mut whole = map.is_whole();
        if let Some(cluster) = &mut self.cluster
            && !owners.is_empty()
        {
            cluster.owners = owners;
            self.locks.set_slots(self.now, map);
            whole &= self.retire();
        }
        if whole && self.all_ready(owners) {
            if let Some(cluster) = &mut self.cluster {
                cluster.attempts = 0;
            }
        } else {
            self.want_slots_later();
        }
    }

    fn all_ready(&self, nodes: NodeSet) -> bool {
        nodes.iter().all(|node| {
            let link = self.links.get(node.index());
            link.is_some_and(|link| link.phase == LinkPhase::Ready)
        })
    }

    /// Gives up the nodes that have no slots; those that still owe an answer, the next time:
    /// then it is false.
    fn retire(&mut self) -> bool {
        let owners = self.cluster.as_ref().map_or(NodeSet::EMPTY, |it| it.owners);
        let mut all = true;
        for node in self.locks.members().difference(owners) {
            let Some(link) = self.links.get_mut(node.index()) else {
                continue;
            };
            if link.phase == LinkPhase::Ready && link.session.in_flight() > 0 {
                all = false;
                continue;
            }
            if link.is_open() {
                self.actions.push_back(Action::Disconnect(node));
            }
            let unanswered = link.session.close();
            link.phase = LinkPhase::Shut;
            self.link_timers.clear(node.index());
            let why = Problem::Disconnected("it has no slots of the cluster".into());
            self.locks.handle_node(self.now, node, NodeState::Down(why));
            self.break_off(node, unanswered);
            self.locks.remove_node(node);
        }
        all
    }
}

/// The map may be long: up to a range for each slot, each with all of its nodes.
fn widened(limits: Limits) -> Limits {
    Limits {
        elements: limits.elements.max(1 << 19),
        frame: limits.frame.max(8 << 20),
        ..limits
    }
}

/// Puts something at a node's place, which is at the end or was another's.
fn place<T>(places: &mut Vec<T>, node: NodeId, value: T) {
    match places.get_mut(node.index()) {
        Some(place) => *place = value,
        None => places.push(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_room_whatever_the_limits_for_locks() {
        for (elements, frame) in [(1, 1), (1 << 20, 1 << 30)] {
            let limits = Limits {
                elements,
                frame,
                ..Limits::DEFAULT
            };
            let widened = widened(limits);
            assert_eq!(widened.elements, elements.max(524_288));
            assert_eq!(widened.frame, frame.max(8_388_608));
            assert_eq!(widened.depth, limits.depth);
        }
    }
}
