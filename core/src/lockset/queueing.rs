//! One contender for each key: who stands at the head, who waits behind, who is next.

use alloc::vec::Vec;

use super::LockSet;
use crate::event::{AcquireFailed, AcquireFailure, Event, LockId};
use crate::line::Line;
use crate::lock::{Pause, Phase, Wait};
use crate::node::NodeId;
use crate::problem::Problem;
use crate::slab::Id;
use crate::time::Instant;

impl LockSet {
    /// A new request begins its first round, or waits behind another one of this client
    /// for the same key. A single try never waits: it asks the nodes by itself. Several
    /// keys stand in no line: see [`watching`](super::watching).
    pub(super) fn join(&mut self, id: Id) {
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        if lock.request.keys.are_several() {
            self.join_watchers(id);
            return;
        }
        let single = lock.request.wait == Wait::Try;
        let found = self.lines.find(lock.request.keys.first());
        let headed = found.and_then(|line| self.lines.get(line)?.head).is_some();
        if headed && single {
            self.start_round(id);
            return;
        }
        let line = found.unwrap_or_else(|| self.lines.enter(lock.request.keys.first()));
        lock.line = Some(line);
        if headed {
            lock.phase = Phase::Queued(self.lines.queue(line, id));
            self.arm(id);
        } else {
            self.lead(line, id);
        }
    }

    /// Takes a lock out of its line: it is over, or lost. True where the next one is to
    /// be [called](Self::call_next), as soon as whatever this one owes the nodes has
    /// been sent.
    pub(super) fn leave(&mut self, id: Id) -> Option<Id> {
        let lock = self.locks.get_mut(id)?;
        let line_id = lock.line.take()?;
        let line = self.lines.get_mut(line_id)?;
        if let Phase::Queued(order) = lock.phase {
            line.remove(order);
            return None;
        }
        line.head = None;
        Some(line_id)
    }

    /// The head has left: the next one begins to contend.
    pub(super) fn call_next(&mut self, vacant: Option<Id>) {
        let Some(line_id) = vacant else {
            return;
        };
        match self.lines.get_mut(line_id).and_then(Line::pop) {
            Some(next) => self.lead(line_id, next),
            None => self.settle_line(line_id),
        }
    }

    /// The same, by its timer: not before `at`; and where one after the other may fail at
    /// once, no call is to stand on another's shoulders.
    pub(super) fn call_next_at(&mut self, vacant: Option<Id>, at: Instant) {
        let Some(line_id) = vacant else {
            return;
        };
        let Some(next) = self.lines.get_mut(line_id).and_then(Line::pop) else {
            self.settle_line(line_id);
            return;
        };
        if let Some(line) = self.lines.get_mut(line_id) {
            line.head = Some(next);
        }
        if let Some(lock) = self.locks.get_mut(next) {
            lock.phase = Phase::Waiting(Pause::until(at));
        }
        self.arm(next);
    }

    fn lead(&mut self, line: Id, id: Id) {
        if let Some(line) = self.lines.get_mut(line) {
            line.head = Some(id);
            line.passed = 0;
        }
        self.start_round(id);
    }

    /// The deadline of one who waited behind another, or the end of the set: what stood
    /// in the way of the head stood in his. He may have become the head meanwhile.
    pub(super) fn fail_queued(&mut self, id: Id, reason: Option<AcquireFailure>) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let user_data = lock.request.user_data;
        let line = lock.line.and_then(|line| self.lines.get(line));
        let head = line.and_then(|line| line.head);
        let (known, problems) = head.map_or_else(Default::default, |head| self.standing(head));
        let vacant = self.forget(id);
        self.emit(Event::AcquireFailed(AcquireFailed {
            lock: LockId(id),
            user_data,
            reason: reason.or(known).unwrap_or(AcquireFailure::Deadline),
            problems,
        }));
        self.call_next_at(vacant, self.now);
    }

    /// What keeps everybody behind the head from the lock.
    fn standing(&self, head: Id) -> (Option<AcquireFailure>, Vec<(NodeId, Problem)>) {
        let Some(lock) = self.locks.get(head) else {
            return (None, Vec::new());
        };
        let round = match lock.phase {
            Phase::Held(tenure) | Phase::Lost(tenure) => {
                let left = tenure.lease_end.duration_since(self.now);
                let problem = |node| (node, Problem::Held(Some(left)));
                let free_in = Some(left);
                return (
                    Some(AcquireFailure::Contended { free_in }),
                    tenure.confirmed.iter().map(problem).collect(),
                );
            }
            Phase::Acquiring(round) => lock.last.unwrap_or(round),
            Phase::Queued(_) | Phase::Waiting(_) => match lock.last {
                Some(round) => round,
                None => return (None, Vec::new()),
            },
        };
        (Some(self.failure(head, round)), self.problems(head, round))
    }
}
