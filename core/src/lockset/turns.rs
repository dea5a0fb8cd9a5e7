//! Waiting one's turn among the clients: see [`Fairness::Queue`](crate::Fairness).
//!
//! ```text
//! refused: the node gives the waiter a place in the key's queue, or renews it
//! released: the node tells the turn that comes first, and only its client asks at once
//! given up, or served elsewhere: the turn leaves the queue
//! ```
//!
//! A place ends by itself where its waiter does not ask again for a while, so that nobody
//! stands behind the dead. In one client those who wait still stand in line, but behind the
//! one who waits, not behind the one who holds: the next turn is in the queues before the
//! lock is given back.

use core::time::Duration;

use super::LockSet;
use crate::command::Verb;
use crate::lock::Wait;
use crate::node::NodeSet;
use crate::release::Release;
use crate::slab::Id;
use crate::turn::Turn;

/// What a release says where nobody stands in the queue, or where there is none.
const FREE: &[u8] = b"free";

impl LockSet {
    /// The turn that a command to these nodes names: nobody's where there are no queues,
    /// for a single try, and before the servers' time is known.
    pub(super) fn turn(&mut self, id: Id, verb: Verb, to: NodeSet) -> Option<Turn> {
        self.fairness.place().filter(|_| verb == Verb::Acquire)?;
        let server_us = self.nodes.server_us(self.now);
        let lock = self.locks.get_mut(id)?;
        if lock.request.wait == Wait::Try {
            return None;
        }
        if lock.turn.is_none() {
            let waited = self.now.duration_since(lock.requested).as_micros();
            let waited = u64::try_from(waited).unwrap_or(u64::MAX);
            let since = server_us?.saturating_sub(waited);
            let name = self.next_owner();
            let lock = self.locks.get_mut(id)?;
            lock.turn = Some(Turn::new(since, name));
        }
        let lock = self.locks.get_mut(id)?;
        lock.queued_on = lock.queued_on.union(to);
        lock.turn
    }

    /// Whether a message is for a waiter: it names him, or nobody.
    pub(super) fn is_meant(&self, id: Id, message: &[u8]) -> bool {
        let turn = self.locks.get(id).and_then(|lock| lock.turn);
        turn.is_none_or(|turn| message == turn.text() || message == FREE)
    }

    /// How soon a waiter asks again to renew his places; `None` where he has none.
    pub(super) fn renewal(&mut self, id: Id) -> Option<Duration> {
        self.locks.get(id)?.turn?;
        let place = self.fairness.place()?;
        Some(self.random.jitter(place / 2))
    }

    /// Leaves every queue, where a place is left: the lock is over.
    pub(super) fn leave_queues(&mut self, id: Id) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let (Some(turn), Some(place)) = (lock.turn, self.fairness.place()) else {
            return;
        };
        // where there is no connection, the place will have ended before there is one
        let nodes = lock.queued_on.intersection(self.nodes.connected);
        if nodes.is_empty() {
            return;
        }
        let (keys, ttl) = (lock.request.keys.clone(), lock.request.ttl);
        let leaving = Release::of_turn(keys, turn, ttl, nodes, self.now + place);
        self.start_release(leaving);
    }
}
