//! While a lock is held: extending, healing, and telling that it is lost.

use super::LockSet;
use crate::command::{Ticket, Verb};
use crate::config::Timing;
use crate::event::{Event, ExtendFailed, Extended, LockId, Lost, LostCause};
use crate::extend::{ExtendVote, Extension};
use crate::lock::{Lock, Phase, Tenure, Validity};
use crate::node::{NodeId, NodeSet};
use crate::quorum::Decision;
use crate::reply::Answer;
use crate::server_error::ErrorKind;
use crate::slab::Id;
use crate::time::Instant;
use crate::validity::{Drift, Ttl};

impl LockSet {
    /// Asks every node that can vote to renew the lease; the present validity
    /// stands whatever comes of it.
    pub(super) fn start_extension(&mut self, id: Id) {
        let all = self.nodes.members;
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let voting = self.nodes.able(self.nodes.voting, &lock.request.keys);
        let group = self.topology.group(lock.request.keys.first(), voting, all);
        let Some((tenure, lock)) = self.held(id) else {
            return;
        };
        lock.round += 1;
        let ttl = lock.request.ttl;
        let mut tenure = tenure;
        let asked = group.voters.intersection(voting);
        // a node that can't compare leases would shorten one: what is left is asked for
        let left = tenure.lease_end.duration_since(self.now);
        let left = Ttl::new(left).unwrap_or(ttl);
        tenure.ttl = left.min(tenure.ttl).max(ttl);
        tenure.extension = Some(Extension::new(self.now, ttl, group, voting));
        tenure.extend_again = false;
        tenure.extend_at = Instant::NEVER;
        tenure.lasts(self.now + self.drift.longest(tenure.ttl));
        self.hold(id, tenure);
        self.command(id, Verb::Extend, asked, false);
        self.decide_extension(id);
    }

    pub(super) fn on_extend_answer(&mut self, node: NodeId, ticket: Ticket, answer: Answer) {
        let id = ticket.id;
        // an answer after the end of validity revives nothing
        self.expire(id);
        let now = self.now;
        let drift = self.drift;
        let Some((mut tenure, lock)) = self.held(id) else {
            return;
        };
        let current = lock.round == ticket.round;
        let Some(extension) = tenure.extension.as_mut().filter(|_| current) else {
            return;
        };
        let vote = match answer {
            Answer::Done => {
                tenure.may_hold.insert(node);
                tenure.confirmed.insert(node);
                ExtendVote::Extended
            }
            // renewed all the same, for as long as the node lives
            Answer::TooFewReplicas { .. } => {
                tenure.may_hold.insert(node);
                tenure.confirmed.insert(node);
                ExtendVote::Failed
            }
            Answer::Absent => ExtendVote::Absent,
            Answer::Foreign(_) => ExtendVote::Foreign,
            Answer::Failed(error)
                if error.kind() == ErrorKind::NoScript && extension.reloaded.insert(node) =>
            {
                self.hold(id, tenure);
                self.command(id, Verb::Extend, NodeSet::from_iter([node]), true);
                return;
            }
            Answer::Behind(_)
            | Answer::Broken
            | Answer::Failed(_)
            | Answer::HandedOver(_)
            | Answer::Late
            | Answer::OtherMaxTtl(_)
            | Answer::Outbid(_)
            | Answer::Quarantined(_)
            | Answer::TooFarAhead
            | Answer::Unguarded
            | Answer::Unsent(_) => ExtendVote::Failed,
        };
        extension.count(node, vote);
        let votes = extension.group.voters.contains(node);
        let (outcome, ttl) = (extension.outcome, extension.ttl);
        // executed by now, or later for all we know
        tenure.lasts(now + drift.longest(ttl));
        self.hold(id, tenure);
        if outcome == Decision::Won && vote == ExtendVote::Absent && votes {
            self.heal(id, tenure, NodeSet::from_iter([node]));
        } else {
            self.decide_extension(id);
        }
    }

    /// Tells the outcome as soon as it is clear, and starts the extension that was
    /// asked for meanwhile.
    pub(super) fn decide_extension(&mut self, id: Id) {
        self.conclude_extension(id);
        if let Some((mut tenure, _)) = self.held(id)
            && tenure.extend_again
            && tenure.pending().is_none()
        {
            self.start_extension(id);
        }
    }

    fn conclude_extension(&mut self, id: Id) {
        let Some((mut tenure, lock)) = self.held(id) else {
            return;
        };
        let auto_extend = lock.request.auto_extend;
        let user_data = lock.request.user_data;
        let Some(extension) = tenure.pending() else {
            return;
        };
        let in_time = valid(
            self.now,
            &self.drift,
            &self.timing,
            extension.started,
            extension.ttl,
        );
        let decision = match extension.decision() {
            Decision::Won if in_time.is_none() => Decision::Lost,
            decision @ (Decision::Lost | Decision::Pending | Decision::Won) => decision,
        };
        if decision == Decision::Pending {
            return;
        }
        extension.outcome = decision;
        let extension = *extension;
        if let (Decision::Won, Some(validity)) = (decision, in_time) {
            tenure.valid_until = tenure.valid_until.max(validity.until);
            tenure.lost_at = tenure.lost_at.max(validity.lost_at);
            tenure.failures = 0;
            if auto_extend {
                tenure.extend_at = extension.started + extension.ttl.as_duration() / 3;
            }
            let healed = core::mem::take(&mut tenure.healed);
            self.hold(id, tenure);
            self.emit(Event::Extended(Extended {
                lock: LockId(id),
                user_data,
                valid_until: tenure.valid_until,
                extended: extension.extended,
                healed,
            }));
            self.heal(id, tenure, extension.absent);
            return;
        }
        let last = !extension.group.suffices_without(extension.without());
        tenure.failures += 1;
        if auto_extend && !last {
            let pause = self.timing.retry.pause(tenure.failures);
            tenure.extend_at = self.now + self.random.jitter(pause);
        }
        self.hold(id, tenure);
        self.emit(Event::ExtendFailed(ExtendFailed {
            lock: LockId(id),
            user_data,
            valid_until: tenure.valid_until,
            absent: extension.absent,
            foreign: extension.foreign,
            failed: extension.failed,
            last,
        }));
        if extension.foreign.len() >= extension.group.needed {
            self.lose(id, tenure, LostCause::Overtaken);
        }
    }

    /// Takes the lock again on nodes that have lost it, or were down when it was
    /// taken. Only while a quorum has just confirmed that it is ours, so that no
    /// rival can hold one; and never counted as a vote.
    fn heal(&mut self, id: Id, mut tenure: Tenure, nodes: NodeSet) {
        let ttl = tenure.ttl;
        let nodes = nodes.intersection(self.nodes.voting);
        tenure.may_hold = tenure.may_hold.union(nodes);
        tenure.reloaded = tenure.reloaded.difference(nodes);
        tenure.lasts(self.now + self.drift.longest(ttl));
        self.hold(id, tenure);
        self.command(id, Verb::Heal, nodes, false);
    }

    pub(super) fn on_heal_answer(&mut self, node: NodeId, ticket: Ticket, answer: &Answer) {
        let (now, drift) = (self.now, self.drift);
        let Some((mut tenure, _)) = self.held(ticket.id) else {
            return;
        };
        let ttl = tenure.ttl;
        match answer {
            Answer::Done => {
                tenure.healed.insert(node);
                tenure.confirmed.insert(node);
            }
            Answer::Failed(error)
                if error.kind() == ErrorKind::NoScript && tenure.reloaded.insert(node) =>
            {
                self.hold(ticket.id, tenure);
                let to = NodeSet::from_iter([node]);
                self.command(ticket.id, Verb::Heal, to, true);
                return;
            }
            Answer::TooFewReplicas { .. } => {
                tenure.confirmed.insert(node);
            }
            Answer::Foreign(_) if !ticket.several => {
                tenure.may_hold.remove(node);
            }
            // may have happened, and of several keys some may be ours: the release will tell
            Answer::Absent
            | Answer::Behind(_)
            | Answer::Broken
            | Answer::Failed(_)
            | Answer::Foreign(_)
            | Answer::HandedOver(_)
            | Answer::Late
            | Answer::OtherMaxTtl(_)
            | Answer::Outbid(_)
            | Answer::Quarantined(_)
            | Answer::TooFarAhead
            | Answer::Unguarded
            | Answer::Unsent(_) => {}
        }
        tenure.lasts(now + drift.longest(ttl));
        self.hold(ticket.id, tenure);
    }

    /// Tells that the lock is lost, if its validity has ended or is about to.
    pub(super) fn expire(&mut self, id: Id) {
        if let Some((tenure, _)) = self.held(id)
            && tenure.lost_at <= self.now
        {
            self.lose(id, tenure, LostCause::Expired);
        }
    }

    /// Ends the tenure. Nothing is released yet: the holder may still be winding
    /// down, and what is left of the lease keeps others away meanwhile. His release
    /// gives it back, or the TTL does.
    fn lose(&mut self, id: Id, tenure: Tenure, cause: LostCause) {
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        lock.phase = Phase::Lost(tenure);
        let user_data = lock.request.user_data;
        self.arm(id);
        self.emit(Event::Lost(Lost {
            lock: LockId(id),
            user_data,
            valid_until: tenure.valid_until,
            cause,
        }));
        let vacant = self.leave(id);
        self.call_next(vacant);
    }

    fn held(&mut self, id: Id) -> Option<(Tenure, &mut Lock)> {
        let lock = self.locks.get_mut(id)?;
        match lock.phase {
            Phase::Held(tenure) => Some((tenure, lock)),
            Phase::Acquiring(_) | Phase::Lost(_) | Phase::Queued(_) | Phase::Waiting(_) => None,
        }
    }

    fn hold(&mut self, id: Id, tenure: Tenure) {
        if let Some(lock) = self.locks.get_mut(id) {
            lock.phase = Phase::Held(tenure);
        }
        self.arm(id);
    }
}

/// The validity of a lease that was asked for at `started`, if any of it is left.
pub(super) fn valid(
    now: Instant,
    drift: &Drift,
    timing: &Timing,
    started: Instant,
    ttl: Ttl,
) -> Option<Validity> {
    let until = drift.valid_until(started, ttl)?;
    let notice = timing.lost_notice.min(until.duration_since(started) / 8);
    let lost_at = until.saturating_sub(notice);
    (lost_at > now).then_some(Validity { until, lost_at })
}
