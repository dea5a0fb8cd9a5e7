//! Between two rounds: until when to wait, and what ends it earlier.
//!
//! ```text
//! a quorum's leases could have ended ─┐
//! enough nodes tell that it is free ──┼─> the next round
//! a node comes back ──────────────────┘
//! ```
//!
//! Where too few nodes can tell, the pause grows from round to round instead.

use core::time::Duration;

use super::LockSet;
use crate::acquire::{Round, Vote};
use crate::event::AcquireFailure;
use crate::herd::Herd;
use crate::lock::{Lock, Pause, Phase};
use crate::node::{NodeId, NodeSet};
use crate::quorum::Decision;
use crate::slab::Id;
use crate::time::Instant;

/// After the end of a foreign lease: a key is still there in the millisecond of
/// its expiry (Redis expires at `now > t`), and PTTL is rounded.
const AFTER_EXPIRY: Duration = Duration::from_millis(2);

impl LockSet {
    /// After a lost round that is not the last one: subscribes and tries again at once, or
    /// waits.
    pub(super) fn pause(&mut self, id: Id, round: Round, reason: AcquireFailure) {
        let blocked = round.blocked();
        self.learn(id, round.started, Decision::Lost);
        if let Some(lock) = self.locks.get_mut(id) {
            lock.last = Some(round);
        }
        if !self.could_win_without(id, blocked) && self.hear_of(id) {
            self.start_round(id);
            return;
        }
        let mut next = self.now + self.pause_after(id, blocked, reason);
        let fair = self.locks.get(id).is_some_and(|lock| lock.turn.is_some());
        let named = fair && !round.told.is_empty();
        if named {
            next = next.min(self.soon());
        }
        if let Some(lock) = self.locks.get_mut(id) {
            lock.phase = Phase::Waiting(Pause {
                next,
                starved: reason == AcquireFailure::Unreachable,
                blocked,
                named,
            });
        }
        self.arm(id);
    }

    /// When one asks again whose turn has come on some nodes only: the others may be about
    /// to say so, or know no place of his, or name one who has not come yet.
    fn soon(&mut self) -> Instant {
        self.now + self.random.jitter(self.timing.retry.first * 2)
    }

    /// A node refused that had not answered when the round was lost: what it says may be
    /// what is missing to wait for.
    pub(super) fn on_late_refusal(&mut self, id: Id, node: NodeId) {
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let (Phase::Waiting(pause), Some(last)) = (&mut lock.phase, &mut lock.last) else {
            return;
        };
        pause.blocked.insert(node);
        last.count(node, Vote::Refused);
        let (blocked, named, last) = (pause.blocked, pause.named, *last);
        if !named && self.is_told_enough(id, blocked) {
            let reason = self.failure(id, last);
            let next = self.now + self.pause_after(id, blocked, reason);
            if let Some(lock) = self.locks.get_mut(id)
                && let Phase::Waiting(pause) = &mut lock.phase
            {
                pause.next = next;
                self.arm(id);
            }
        }
    }

    fn pause_after(&mut self, id: Id, blocked: NodeSet, reason: AcquireFailure) -> Duration {
        let Some(lock) = self.locks.get(id) else {
            return Duration::ZERO;
        };
        let blind = self.random.jitter(self.timing.retry.pause(lock.round));
        let AcquireFailure::Contended {
            free_in: Some(free_in),
        } = reason
        else {
            return blind;
        };
        let spread = self.random.jitter(self.timing.retry.first);
        let expiry = free_in + AFTER_EXPIRY + spread;
        let pause = if self.is_told_enough(id, blocked) {
            expiry
        } else {
            blind.min(expiry)
        };
        self.renewal(id).map_or(pause, |renewal| renewal.min(pause))
    }

    /// A node has told that the lock is free there: perhaps the last one that was missing.
    pub(super) fn wake(&mut self, id: Id) {
        let Some(lock) = self.locks.get_mut(id) else {
            return;
        };
        let Phase::Waiting(mut pause) = lock.phase else {
            return;
        };
        let fair = lock.turn.is_some();
        if fair {
            pause.named = true;
            lock.phase = Phase::Waiting(pause);
        }
        if !self.could_win_without(id, pause.blocked) {
            if fair {
                let soon = self.soon();
                self.try_again(id, soon);
            }
            return;
        }
        // who was named has no rivals
        let herd = self.herd(id).filter(|_| !fair);
        let longest = herd.map_or(Duration::ZERO, Herd::wake);
        let spread = self.random.up_to(longest);
        self.try_again(id, self.now + spread);
    }

    /// Brings the next round forward, of one who waits for it.
    pub(super) fn try_again(&mut self, id: Id, at: Instant) {
        if let Some(lock) = self.locks.get_mut(id)
            && let Phase::Waiting(pause) = &mut lock.phase
        {
            pause.next = pause.next.min(at);
            self.arm(id);
        }
    }

    /// What a round says of how many others are woken together with us.
    pub(super) fn learn(&mut self, id: Id, started: Instant, outcome: Decision) {
        let took = self.now.duration_since(started);
        let pace = took.min(self.timing.retry.first);
        if let Some(herd) = self.herd(id) {
            herd.learn(pace, outcome);
        }
    }

    /// Whether no quorum can come free without a message.
    fn is_told_enough(&self, id: Id, blocked: NodeSet) -> bool {
        self.hears_enough(id) && !self.could_win_without(id, blocked)
    }

    /// Whether a quorum can be had although these nodes refuse.
    fn could_win_without(&self, id: Id, nodes: NodeSet) -> bool {
        let group = |lock: &Lock| self.group(lock.request.keys.first());
        let group = self.locks.get(id).map(group);
        group.is_some_and(|group| group.suffices_without(nodes))
    }
}
