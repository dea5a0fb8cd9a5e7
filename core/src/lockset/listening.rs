//! Being told that a lock is free: which nodes are listened to, for which keys, how long.
//!
//! A release publishes to a channel of its key. Who is refused subscribes on every node
//! and *then tries again*: whatever is released before that try, it sees; whatever is
//! released after it, a message tells. Both go over one connection in order, so that no
//! wake-up is lost in between, and a message that comes before the answer of a node is
//! older than it. A new connection subscribes anew and tries once more.
//!
//! Why a channel and not `CLIENT TRACKING`: both wake a waiter alike (48 to 55 µs after
//! the release on Redis 7, 8 and Valkey 9; with 64 waiters 300 to 340 µs), and either
//! costs the release alike. But tracking is for one time, and also fires when a holder
//! extends: each waiter then has to ask again, with two commands for each node and
//! extension, where a channel costs nothing (measured with 64 waiters: 128 commands and
//! 0). It would save the release its 1.2 µs of publishing, and serve who releases in the
//! server's own words.
//!
//! No message comes when a lease ends by itself: for that there is the timer of
//! [`pausing`](super::pausing).

use super::LockSet;
use crate::channel::key_of_channel;
use crate::command::{Command, Ticket, Verb};
use crate::dialect::Dialect;
use crate::lock::Phase;
use crate::node::{NodeId, NodeSet};
use crate::owner::Owner;
use crate::reply::Answer;
use crate::slab::Id;
use crate::time::Instant;

impl LockSet {
    /// A node sent a message: on `channel` it was told that a lock is free there, and in
    /// `message` for whom.
    /// Messages of a connection are to be handed over in their place among its answers.
    pub fn handle_message(&mut self, now: Instant, node: NodeId, channel: &[u8], message: &[u8]) {
        self.advance(now);
        let found = key_of_channel(channel).and_then(|key| self.lines.find(key));
        let listens = |line: &Id| {
            let line = self.lines.get(*line);
            line.is_some_and(|line| line.listening.contains(node))
        };
        if let Some(line) = found.filter(listens) {
            self.for_each_hearer(line, |set, waiter| {
                if set.is_meant(waiter, message) {
                    set.on_message(waiter, node);
                }
            });
        }
    }

    /// A node has told one who may wait for it.
    fn on_message(&mut self, waiter: Id, node: NodeId) {
        match self.locks.get_mut(waiter).map(|lock| &mut lock.phase) {
            // before its answer, the message is older than it
            Some(Phase::Acquiring(round)) if round.refused.contains(node) => {
                round.told.insert(node);
            }
            Some(Phase::Waiting(pause)) => {
                // of a node that did not refuse it is no news: our own release, perhaps; but
                // in a cluster the slot may have moved since
                let news = if self.topology.is_cluster() {
                    !core::mem::take(&mut pause.blocked).is_empty()
                } else {
                    pause.blocked.remove(node)
                };
                if news {
                    self.wake(waiter);
                }
            }
            Some(Phase::Acquiring(_) | Phase::Held(_) | Phase::Lost(_) | Phase::Queued(_))
            | None => {}
        }
    }

    /// A node will tell nothing on `channel` any more, as `SUNSUBSCRIBE` says: the hash slot
    /// of the channel has left it. Who counted on it tries again, and so finds the node that
    /// has the slot now.
    pub fn handle_silence(&mut self, now: Instant, node: NodeId, channel: &[u8]) {
        self.advance(now);
        if let Some(line) = key_of_channel(channel).and_then(|key| self.lines.find(key)) {
            self.stop_hearing_in(line, node);
        }
    }

    /// Subscribes to the channel of a line on every node where that is possible and was
    /// not done before. True where there was one: then it is time for another try.
    pub(super) fn listen(&mut self, line_id: Id) -> bool {
        let room = self.lines.listening() < self.limits.channels;
        let Some(line) = self.lines.get(line_id) else {
            return false;
        };
        let voters = self.group(&line.key).voters;
        let hearing = voters.intersection(self.nodes.hearing);
        let Some(line) = self
            .lines
            .get_mut(line_id)
            .filter(|line| line.listens || room)
        else {
            return false;
        };
        let to = hearing.difference(line.listening);
        if to.is_empty() {
            return false;
        }
        line.listening = line.listening.union(to);
        self.lines.set_listens(line_id, true);
        self.command_line(line_id, Verb::Listen, to);
        self.for_each_hearer(line_id, |set, waiter| set.hears_anew(waiter, to));
        true
    }

    /// These nodes begin to tell: what they refused before may be free already.
    fn hears_anew(&mut self, waiter: Id, nodes: NodeSet) {
        match self.locks.get_mut(waiter).map(|lock| &mut lock.phase) {
            Some(Phase::Acquiring(round)) => {
                round.told = round.told.union(round.refused.intersection(nodes));
            }
            Some(Phase::Waiting(_)) => self.try_again(waiter, self.now),
            Some(Phase::Held(_) | Phase::Lost(_) | Phase::Queued(_)) | None => {}
        }
    }

    pub(super) fn on_listen_answer(&mut self, node: NodeId, line_id: Id, answer: &Answer) {
        match answer {
            // on this connection this user may not listen to anything
            Answer::Failed(_) => self.nodes.hearing.remove(node),
            Answer::Unsent(_) => true,
            // told by the end of the connection, or well
            Answer::Absent
            | Answer::Behind(_)
            | Answer::Broken
            | Answer::Done
            | Answer::Foreign(_)
            | Answer::HandedOver(_)
            | Answer::Late
            | Answer::OtherMaxTtl(_)
            | Answer::Outbid(_)
            | Answer::Quarantined(_)
            | Answer::TooFarAhead
            | Answer::TooFewReplicas { .. }
            | Answer::Unguarded => return,
        };
        self.stop_hearing_in(line_id, node);
    }

    /// A new connection: whether the node can tell us anything. Who waited for it to do
    /// so subscribes again.
    pub(super) fn start_hearing(&mut self, node: NodeId) {
        let pushes = self.nodes.facts(node).is_some_and(|facts| facts.pushes);
        // in the other dialects a release tells nobody
        if !pushes || self.dialect(node) != Dialect::Script {
            return;
        }
        self.nodes.hearing.insert(node);
        for place in self.lines.places() {
            let line = self.lines.id_at(place);
            let listens = |line: &Id| self.lines.get(*line).is_some_and(|it| it.listens);
            if let Some(line) = line.filter(listens) {
                self.listen(line);
            }
        }
    }

    /// The connection is gone, and every subscription with it.
    pub(super) fn stop_hearing(&mut self, node: NodeId) {
        if self.nodes.hearing.remove(node) {
            for place in self.lines.places() {
                if let Some(line) = self.lines.id_at(place) {
                    self.stop_hearing_in(line, node);
                }
            }
        }
    }

    /// Nothing will be heard from a node: who counted on it tries again by the clock.
    fn stop_hearing_in(&mut self, line_id: Id, node: NodeId) {
        let line = self.lines.get_mut(line_id);
        if line.is_some_and(|line| line.listening.remove(node)) {
            self.for_each_hearer(line_id, |set, waiter| {
                let pause = set.random.jitter(set.timing.retry.first);
                set.try_again(waiter, set.now + pause);
            });
        }
    }

    /// Whether so many nodes tell us when a lock is free that no quorum can be free
    /// without our knowing.
    pub(super) fn hears_enough(&self, id: Id) -> bool {
        self.locks.get(id).is_some_and(|lock| {
            let group = self.group(lock.request.keys.first());
            self.heard(id).intersection(group.voters).len() >= group.needed
        })
    }

    /// Forgets a line that nobody needs, or lets it go on listening for a while: the next
    /// one who wants the lock may come soon.
    pub(super) fn settle_line(&mut self, line_id: Id) {
        let Some(line) = self.lines.get(line_id) else {
            return;
        };
        if !line.listens {
            if line.is_empty() {
                self.lines.remove(line_id);
            }
        } else if !self.is_waited_for(line_id) && self.line_timers.get(line_id.index()).is_none() {
            let until = self.now + self.timing.listen_on;
            self.line_timers.set(line_id.index(), until);
        }
    }

    /// A line has listened for a while without need, or is needed again.
    pub(super) fn on_line_timeout(&mut self, line_id: Id) {
        if self.is_waited_for(line_id) {
            return;
        }
        let Some(line) = self.lines.get_mut(line_id) else {
            return;
        };
        let to = line.listening.intersection(self.nodes.connected);
        line.listening = NodeSet::EMPTY;
        self.lines.set_listens(line_id, false);
        self.command_line(line_id, Verb::Unlisten, to);
        self.settle_line(line_id);
    }

    /// Whether somebody for whom the line listens does not hold the lock yet.
    fn is_waited_for(&self, line: Id) -> bool {
        self.lines.get(line).is_some_and(|line| {
            let head = line.head.and_then(|head| self.locks.get(head));
            let holds = head.is_none_or(|head| matches!(head.phase, Phase::Held(_)));
            !holds || line.has_queue() || !line.watchers.is_empty()
        })
    }

    fn command_line(&mut self, line_id: Id, verb: Verb, to: NodeSet) {
        let Some(line) = self.lines.get(line_id).filter(|_| !to.is_empty()) else {
            return;
        };
        self.commands.push_back(Command {
            ticket: Ticket {
                id: line_id,
                round: 0,
                verb,
                several: false,
                from: None,
            },
            to,
            keys: line.key.clone().into(),
            owner: Owner::new(self.client_id, 0),
            giver: None,
            queue: None,
            ttl: self.max_ttl,
            token: None,
            give_up: Instant::NEVER,
            asking: false,
            full_text: false,
        });
    }
}
