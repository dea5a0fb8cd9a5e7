//! Rounds of an acquisition: start, count, win, lose, wait, fail.

use super::LockSet;
use super::holding::valid;
use crate::acquire::{Round, Vote, quorum_free_at};
use crate::command::{Ticket, Verb};
use crate::event::{AcquireFailed, AcquireFailure, Acquired, Event, LockId};
use crate::fairness::Fairness;
use crate::lock::{Note, Phase, Tenure, Validity, Wait};
use crate::node::{NodeId, NodeSet};
use crate::problem::Problem;
use crate::quorum::Decision;
use crate::reply::Answer;
use crate::server_error::ErrorKind;
use crate::slab::Id;
use crate::time::Instant;
use alloc::vec::Vec;

/// So many rounds in a row are repeated at once because only the token was too low: one
/// is usual where a clock has lost a race, more where others take and release the lock
/// just then.
const OUTBID_MAX: u32 = 8;

impl LockSet {
    /// Starts a round with the time that a round has.
    pub(super) fn start_round(&mut self, id: Id) {
        self.start_round_after(id, None);
    }

    /// The same, behind the release of the lock by another one of this client.
    pub(super) fn start_round_after(&mut self, id: Id, from: Option<Id>) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let limit = lock.request.ttl.as_duration() / 2;
        let ends = self.now + limit.min(self.timing.round_timeout);
        self.start_round_until(id, ends, from);
    }

    /// Asks every node that can vote, all at once: to take the lock from the owner whose
    /// release this is, where it still has it.
    fn start_round_until(&mut self, id: Id, ends: Instant, from: Option<Id>) {
        let owner = self.next_owner();
        let nodes = &self.nodes;
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let keys = &lock.request.keys;
        let granting = nodes.able(nodes.granting, keys);
        let group = self.topology.group(keys.first(), granting, nodes.members);
        let token = self.fencing.propose(lock.seen, nodes.server_us(self.now));
        lock.round += 1;
        let mut round = Round::new(
            (owner, token),
            self.now,
            ends,
            group,
            granting,
            nodes.awaited,
        );
        if round.decision() == Decision::Lost {
            // no quorum can be reached: asking the rest would only leave keys
            round.failed = round.failed.union(round.asked);
            round.asked = NodeSet::EMPTY;
        }
        lock.phase = Phase::Acquiring(round);
        let asked = round.asked;
        let handed = from.map(|from| self.hand_over(id, from, asked));
        // behind the release, where the two go one by one
        if let Some(from) = from {
            self.send_release(from, asked, false);
        }
        let rest = asked.difference(handed.unwrap_or_default());
        self.command(id, Verb::Acquire, rest, false);
        self.arm(id);
        self.decide_round(id);
    }

    pub(super) fn on_acquire_answer(&mut self, node: NodeId, ticket: Ticket, answer: Answer) {
        let id = ticket.id;
        let now = self.now;
        if answer == Answer::Unguarded {
            self.on_unguarded(node);
        }
        let distrusted = self.nodes.is_distrusted(node);
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        match &mut lock.phase {
            Phase::Acquiring(round) if lock.round == ticket.round => {
                if let Answer::Failed(error) = &answer
                    && error.kind() == ErrorKind::NoScript
                    && round.reloaded.insert(node)
                {
                    let to = NodeSet::from_iter([node]);
                    self.command(id, Verb::Acquire, to, true);
                    return;
                }
                let vote = if distrusted && answer == Answer::Done {
                    // its clock jumped meanwhile, or it was found flushed
                    Vote::Failed
                } else {
                    lock.vote(node, now, answer)
                };
                if let Phase::Acquiring(round) = &mut lock.phase {
                    round.count(node, vote);
                }
                self.decide_round(id);
            }
            // a straggler of the round that won
            Phase::Held(tenure) if tenure.won_in == ticket.round => match answer {
                // executed by now, or later for all we know
                Answer::Done | Answer::Broken | Answer::TooFewReplicas { .. } => {
                    if answer != Answer::Broken {
                        tenure.confirmed.insert(node);
                    }
                    tenure.lasts(now + self.drift.longest(lock.request.ttl));
                }
                Answer::Behind(_)
                | Answer::Foreign(_)
                | Answer::Late
                | Answer::Outbid(_)
                | Answer::TooFarAhead
                | Answer::Unguarded
                | Answer::Unsent(_) => {
                    tenure.may_hold.remove(node);
                }
                // the next extension heals the node
                Answer::Absent
                | Answer::Failed(_)
                | Answer::HandedOver(_)
                | Answer::OtherMaxTtl(_)
                | Answer::Quarantined(_) => {}
            },
            // a straggler of the round that was lost
            Phase::Waiting(_) if lock.round == ticket.round => {
                if lock.note_refusal(node, now, &answer) {
                    self.on_late_refusal(id, node);
                }
            }
            // an older round: its release is on the way behind it
            Phase::Acquiring(_)
            | Phase::Held(_)
            | Phase::Lost(_)
            | Phase::Queued(_)
            | Phase::Waiting(_) => {}
        }
    }

    /// Ends the round as soon as its vote is decided.
    pub(super) fn decide_round(&mut self, id: Id) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let Phase::Acquiring(round) = lock.phase else {
            return;
        };
        match round.decision() {
            Decision::Pending => {}
            Decision::Lost => self.lose_round(id, round),
            Decision::Won => {
                let (started, ttl) = (round.started, lock.request.ttl);
                match valid(self.now, &self.drift, &self.timing, started, ttl) {
                    Some(validity) => self.win_round(id, round, validity),
                    // the grants came too late to be of use
                    None => self.lose_round(id, round),
                }
            }
        }
    }

    fn win_round(&mut self, id: Id, round: Round, validity: Validity) {
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let ttl = lock.request.ttl;
        let extend_at = if lock.request.auto_extend {
            round.started + ttl.as_duration() / 3
        } else {
            Instant::NEVER
        };
        lock.notes.clear();
        lock.phase = Phase::Held(Tenure {
            owner: round.owner,
            wanted: round.wanted(),
            won_in: lock.round,
            valid_until: validity.until,
            lost_at: validity.lost_at,
            ttl,
            may_hold: round.may_hold(),
            needed: round.group.needed,
            confirmed: round.granted,
            lease_end: self.now + self.drift.longest(ttl),
            extend_at,
            extension: None,
            extend_again: false,
            reloaded: NodeSet::EMPTY,
            failures: 0,
            healed: NodeSet::EMPTY,
        });
        let event = Event::Acquired(Acquired {
            lock: LockId(id),
            user_data: lock.request.user_data,
            owner: round.owner,
            token: round.token,
            valid_until: validity.until,
            granted: round.granted,
            rounds: lock.round,
            waited: self.now.duration_since(lock.requested),
        });
        let line = lock.line;
        self.arm(id);
        self.emit(event);
        self.learn(id, round.started, Decision::Won);
        self.unwatch(id);
        if self.fairness == Fairness::Off {
            if let Some(line) = line {
                self.settle_line(line);
            }
        } else {
            // the next one here gets its places in the queues while this one holds
            let vacant = self.leave(id);
            self.call_next(vacant);
        }
    }

    /// Releases what the round may have taken; then tries again later, or fails.
    fn lose_round(&mut self, id: Id, round: Round) {
        self.clean_up(id, round);
        let reason = self.failure(id, round);
        let only_outbid = round.only_outbid();
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let wait = lock.request.wait;
        lock.outbid = if only_outbid { lock.outbid + 1 } else { 0 };
        let in_time = round.ends.min(wait.deadline()) > self.now;
        if only_outbid && in_time && lock.outbid <= OUTBID_MAX {
            // behind the releases of this round, and in its time: the lock was free
            lock.last = Some(round);
            self.start_round_until(id, round.ends, None);
            return;
        }
        let late = wait == Wait::Try || wait.deadline() <= self.now;
        if late || reason == AcquireFailure::Rejected {
            self.fail(id, round, reason);
            return;
        }
        self.pause(id, round, reason);
    }

    pub(super) fn on_round_timeout(&mut self, id: Id, mut round: Round, late: bool) {
        round.expire();
        if !late {
            self.lose_round(id, round);
            return;
        }
        self.clean_up(id, round);
        // a round that has just begun knows less than the one before
        let young = self.now.duration_since(round.started) < self.timing.stall_after;
        let last = self
            .locks
            .get(id)
            .and_then(|lock| lock.last)
            .filter(|_| young);
        let judged = last.unwrap_or(round);
        let reason = self.failure(id, judged);
        self.fail(id, judged, reason);
    }

    /// Fails between two rounds, for the given reason or that of the last round. Who was
    /// called from the queue and has not begun has had none.
    pub(super) fn fail_after_last(&mut self, id: Id, reason: Option<AcquireFailure>) {
        let Some(last) = self.locks.get(id).and_then(|lock| lock.last) else {
            self.fail_queued(id, reason);
            return;
        };
        let reason = reason.unwrap_or_else(|| self.failure(id, last));
        self.fail(id, last, reason);
    }

    /// Why a round did not win.
    pub(super) fn failure(&self, id: Id, round: Round) -> AcquireFailure {
        let Some(lock) = self.locks.get(id) else {
            return AcquireFailure::Closed;
        };
        let permanent = |node: &NodeId| {
            self.problem_in(id, round, *node)
                .is_some_and(|it| it.is_permanent())
        };
        let rejected: NodeSet = round.failed.iter().filter(permanent).collect();
        let mut leases: Vec<Instant> = Vec::new();
        for note in &lock.notes {
            if let Some(until) = note.problem.refuses_until(note.at)
                && round.refused.contains(note.node)
            {
                leases.push(until);
            }
        }
        let group = round.group;
        let open = group.voters.difference(round.refused.union(round.failed));
        let free_at = quorum_free_at(open.len(), group.needed, &mut leases);
        let free_in = free_at.map(|at| at.duration_since(self.now));
        round.failure(rejected, free_in)
    }

    /// What kept a node from granting in a round.
    fn problem_in(&self, id: Id, round: Round, node: NodeId) -> Option<Problem> {
        let lock = self.locks.get(id)?;
        let said = self.note(id, node);
        if let Some(note) = said.filter(|note| note.at >= round.started) {
            return Some(note.problem.clone());
        }
        // a node that was fine and not asked has no problem
        let silent = round.asked.contains(node).then_some(Problem::Silent);
        let problem = self.nodes.problem_with(&lock.request.keys, node, self.now);
        problem.or(silent)
    }

    /// What each node said that did not grant in a round.
    pub(super) fn problems(&self, id: Id, round: Round) -> Vec<(NodeId, Problem)> {
        let without = round.refused.union(round.failed);
        let problem = |node| {
            let problem = self.problem_in(id, round, node);
            // it was not connected, and is again: what it said before is why
            let earlier = || Some(self.note(id, node)?.problem.clone());
            Some((node, problem.or_else(earlier)?))
        };
        without.iter().filter_map(problem).collect()
    }

    /// What a node said last.
    fn note(&self, id: Id, node: NodeId) -> Option<&Note> {
        let lock = self.locks.get(id)?;
        lock.notes.iter().find(|note| note.node == node)
    }

    pub(super) fn fail(&mut self, id: Id, round: Round, reason: AcquireFailure) {
        let problems = self.problems(id, round);
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let user_data = lock.request.user_data;
        let vacant = self.forget(id);
        self.emit(Event::AcquireFailed(AcquireFailed {
            lock: LockId(id),
            user_data,
            reason,
            problems,
        }));
        self.call_next_at(vacant, self.now);
    }
}
