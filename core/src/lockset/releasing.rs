//! Releases on their way: lost rounds, cancelled acquisitions, ended tenures.

use core::time::Duration;

use super::LockSet;
use crate::acquire::Round;
use crate::command::{Command, Ticket, Verb};
use crate::event::{Event, LockId};
use crate::lock::Tenure;
use crate::node::{NodeId, NodeSet};
use crate::release::{Audience, RETRY, Release, ReleaseVote};
use crate::reply::Answer;
use crate::server_error::ErrorKind;
use crate::slab::Id;
use crate::time::Instant;

/// The deadline of an acquire is told in the server's clock, of which we know bounds.
const AFTER_DEADLINE: Duration = Duration::from_millis(5);

impl LockSet {
    /// Releases what a round may have taken, behind its acquires.
    pub(super) fn clean_up(&mut self, id: Id, round: Round) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let ttl = lock.request.ttl;
        let lease_end = self.now + self.drift.longest(ttl);
        let keys = lock.request.keys.clone();
        let asked = round.may_hold();
        if !asked.is_empty() {
            let ends = (lease_end, round.wanted());
            let needed = round.group.needed;
            let mut release = Release::new(keys, round.owner, ttl, asked, needed, ends);
            release.held = round.granted;
            self.start_release(release);
        }
    }

    /// Ends a tenure; `report` says whether the verdict is wanted, and whether the
    /// lock had been lost before.
    pub(super) fn end_tenure(&mut self, id: Id, tenure: Tenure, report: Option<bool>) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let request = &lock.request;
        let mut release = Release::new(
            request.keys.clone(),
            tenure.owner,
            request.ttl,
            tenure.may_hold,
            tenure.needed,
            (tenure.lease_end, tenure.wanted),
        );
        release.held = tenure.confirmed;
        release.audience = report.map(|had_lost| Audience {
            lock: LockId(id),
            user_data: request.user_data,
            had_lost,
            report_by: self.now + self.timing.release_timeout,
        });
        release.turn = lock.turn;
        if let Some(lock) = self.locks.get_mut(id) {
            // the release leaves these
            lock.queued_on = lock.queued_on.difference(tenure.may_hold);
        }
        let vacant = self.forget(id);
        self.pass_on(release, vacant);
    }

    pub(super) fn start_release(&mut self, release: Release) {
        let id = self.releases.insert(release);
        self.aim_release(id);
        self.send_release(id, self.nodes.connected, false);
        self.settle_release(id);
    }

    /// Sends the release to those of `nodes` where it is owed.
    pub(super) fn send_release(&mut self, id: Id, nodes: NodeSet, full_text: bool) {
        let Some(release) = self.releases.get_mut(id) else {
            return;
        };
        let to = release.owed.intersection(nodes);
        if to.is_empty() {
            return;
        }
        release.early = if self.now < release.wanted.until + AFTER_DEADLINE {
            release.early.union(to)
        } else {
            release.early.difference(to)
        };
        release.owed = release.owed.difference(to);
        release.pending = release.pending.union(to);
        let asking = release.route.is_asking();
        let queue = self.fairness.queueing(release.turn);
        self.commands.push_back(Command {
            ticket: Ticket {
                id,
                round: 0,
                verb: Verb::Release,
                several: release.keys.are_several(),
                from: None,
            },
            to,
            keys: release.keys.clone(),
            owner: release.owner,
            giver: None,
            queue,
            ttl: release.ttl,
            token: None,
            give_up: Instant::NEVER,
            asking,
            full_text,
        });
    }

    /// A node is connected again: it gets every release that it is owed.
    pub(super) fn pay_owed(&mut self, node: NodeId) {
        for place in self.releases.places() {
            if let Some(id) = self.releases.id_at(place) {
                self.aim_release(id);
                self.send_release(id, NodeSet::from_iter([node]), false);
            }
        }
    }

    pub(super) fn on_release_answer(&mut self, node: NodeId, id: Id, answer: Answer) {
        let connected = self.nodes.connected;
        let Some(release) = self.releases.get_mut(id) else {
            return;
        };
        let node_only = NodeSet::from_iter([node]);
        let confirms = matches!(answer, Answer::Done | Answer::Absent | Answer::Foreign(_));
        match answer {
            Answer::Done => release.count(node, ReleaseVote::Released),
            Answer::Absent => release.count(node, ReleaseVote::Gone),
            Answer::Foreign(_) => release.count(node, ReleaseVote::Foreign),
            Answer::Broken => {
                release.pending.remove(node);
                release.reloaded.remove(node);
                release.repeated.insert(node);
                release.owed.insert(node);
            }
            Answer::Unsent(_) => {
                release.pending.remove(node);
                release.owed.insert(node);
            }
            Answer::Failed(error) => {
                release.pending.remove(node);
                match error.kind() {
                    ErrorKind::NoScript if release.reloaded.insert(node) => {
                        release.owed.insert(node);
                        self.send_release(id, connected.intersection(node_only), true);
                    }
                    ErrorKind::NoScript | ErrorKind::Transient => {
                        release.reloaded.remove(node);
                        release.retrying.insert(node);
                        release.retry_at = release.retry_at.min(self.now + RETRY);
                    }
                    // not executed, and never will be: the TTL frees the key
                    ErrorKind::Permanent if release.held.contains(node) => {
                        self.nodes.keeps_until(node, release.lease_end);
                    }
                    ErrorKind::Permanent => {}
                }
            }
            // no release is answered so
            Answer::Behind(_)
            | Answer::HandedOver(_)
            | Answer::Late
            | Answer::OtherMaxTtl(_)
            | Answer::Outbid(_)
            | Answer::Quarantined(_)
            | Answer::TooFarAhead
            | Answer::TooFewReplicas { .. }
            | Answer::Unguarded => {}
        }
        if confirms {
            self.repeat_after_deadline(node, id);
        }
        self.on_release_timeout(id);
    }

    /// Where the connection that carried the acquire has ended and could not be killed,
    /// what it left in the server's buffers may be executed behind this release, until
    /// the deadline that the acquire carries. Then it is released once more. When a node
    /// has executed the release is not known, only when it was sent.
    fn repeat_after_deadline(&mut self, node: NodeId, id: Id) {
        let Some(release) = self.releases.get_mut(id) else {
            return;
        };
        if release.early.contains(node) && self.nodes.cannot_end_before(node, release.wanted.from) {
            let again = release.wanted.until + AFTER_DEADLINE;
            release.retrying.insert(node);
            release.retry_at = release.retry_at.min(again);
        }
    }

    pub(super) fn on_release_timeout(&mut self, id: Id) {
        let connected = self.nodes.connected;
        let Some(release) = self.releases.get_mut(id) else {
            return;
        };
        if release.retry_at <= self.now {
            release.retry_at = Instant::NEVER;
            release.owed = release.owed.union(release.retrying);
            release.retrying = NodeSet::EMPTY;
            self.aim_release(id);
            self.send_release(id, connected, false);
        }
        self.settle_release(id);
    }

    /// Reports as soon as the verdict stands, forgets when nothing is left to do.
    pub(super) fn settle_release(&mut self, id: Id) {
        let Some(release) = self.releases.get_mut(id) else {
            return;
        };
        if release.give_up() <= self.now {
            release.owed = NodeSet::EMPTY;
            release.retrying = NodeSet::EMPTY;
        }
        let verdict = release.verdict(self.now);
        if verdict.is_some() {
            release.audience = None;
        }
        let done = release.is_done();
        let next = release.next_deadline(self.now);
        if let Some(released) = verdict {
            self.emit(Event::Released(released));
        }
        if done {
            self.releases.remove(id);
            self.release_timers.clear(id.index());
            self.try_close();
        } else {
            self.release_timers.set(id.index(), next);
        }
    }

    /// The set ends: whoever waits for a verdict gets what is known.
    pub(super) fn report_all(&mut self) {
        for place in self.releases.places() {
            let Some(id) = self.releases.id_at(place) else {
                continue;
            };
            if let Some(audience) = self
                .releases
                .get_mut(id)
                .and_then(|release| release.audience.as_mut())
            {
                audience.report_by = self.now;
                self.settle_release(id);
            }
        }
    }
}
