//! The end of a run: after the faults every key must be had again, and nothing may be left.

use core::time::Duration;

use super::clock::nanos;
use super::invariant::{Checked, Invariant};
use super::plan::{Ending, Finish, Operation};
use super::queue::What;
use super::world::World;

/// From the end of the faults to a grant at the latest, beyond three leases: whole seconds of uptime, and the time that
/// connecting takes.
const RECOVERY: Duration = Duration::from_secs(2);

/// How long closing may take.
const CLOSE: Duration = Duration::from_secs(2);

impl World<'_> {
    /// The faults are over. Who would hold a key for ever gives it back, and each key is asked for once more,
    /// the first two also together.
    pub(super) fn calm_down(&mut self) -> Checked {
        let patience = self.plan.settings.max_ttl * 3 + RECOVERY;
        for client in 0..self.clients.len() {
            let kept = |wanted: &super::client::Wanted| {
                (wanted.operation.finish == Finish::Keep).then_some(wanted.lock)
            };
            let locks: Vec<_> = self.clients[client]
                .wanted
                .iter()
                .filter_map(kept)
                .collect();
            for lock in locks {
                self.drop_lock(client, lock);
            }
            self.settle(client)?;
        }
        let there = |client: &usize| self.clients[*client].core.is_some();
        let there: Vec<usize> = (0..self.clients.len()).filter(there).collect();
        let keys = self.plan.settings.keys;
        let pairs = self.plan.settings.has_pairs();
        let both = pairs.then_some((0, Some(1)));
        for (key, with) in (0..keys).map(|key| (key, None)).chain(both) {
            if there.is_empty() {
                break;
            }
            let operation = Operation {
                key,
                with,
                ttl: self.plan.settings.max_ttl,
                patience: Some(patience),
                hold: Duration::from_millis(1),
                ..Operation::new(there[key % there.len()], Duration::ZERO)
            };
            self.ask(operation, true)?;
        }
        self.queue.push(self.now + nanos(patience), What::Close);
        Ok(())
    }

    /// The clients close.
    pub(super) fn close(&mut self) -> Checked {
        for client in 0..self.clients.len() {
            let participant = &mut self.clients[client];
            let now = participant.clock.read(self.now);
            let Some(core) = &mut participant.core else {
                continue;
            };
            core.close(now, now + CLOSE);
            let life = participant.life;
            let locks: Vec<_> = participant.closing().collect();
            for lock in locks {
                self.disbelieve(life, lock);
            }
            self.settle(client)?;
        }
        Ok(())
    }

    /// An operation that has not had its answer by its deadline, though its client runs.
    pub(super) fn check_answered(&self, client: usize) -> Checked {
        let participant = &self.clients[client];
        let now = participant.clock.read(self.now);
        match participant.unanswered(now) {
            // it has only just begun to do what was due meanwhile
            Some(_) if participant.paused_until == self.now => Ok(()),
            None => Ok(()),
            Some(wanted) => Err(Invariant::Progress.broken(format!(
                "client {client} got no answer for key {} by its deadline",
                wanted.operation.key
            ))),
        }
    }

    /// The queue is empty: everybody who was started has closed.
    pub(super) fn check_rest(&self) -> Checked {
        if matches!(self.plan.ending, Ending::Stop { .. }) {
            return Ok(());
        }
        let open = |client: &usize| {
            let participant = &self.clients[*client];
            participant.core.is_some() && !participant.closed
        };
        match (0..self.clients.len()).find(open) {
            None => Ok(()),
            Some(client) => {
                let what = format!("client {client} never closed");
                Err(Invariant::Progress.broken(what))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use quorlock_core::{AcquireFailed, AcquireFailure, Event, LockId, NodeSet};

    use super::super::by_hand::{broken, locks, plan};
    use super::super::client::{Stage, Wanted};
    use super::*;

    const MS: u64 = 1_000_000;

    fn wanted(lock: LockId, stage: Stage, must: bool) -> Wanted {
        Wanted {
            lock,
            operation: Operation::new(0, Duration::ZERO),
            stage,
            answer_by: quorlock_core::Instant::from_nanos(100 * MS),
            must,
            owner: None,
        }
    }

    #[test]
    fn i06_an_operation_without_an_answer_is_seen() {
        let plan = plan();
        let [lock, _] = locks();
        for (stage, now, paused_until, seen) in [
            (Stage::Asked, 100 * MS, 0, false),
            (Stage::Asked, 100 * MS + 1, 0, true),
            (Stage::Asked, 200 * MS, 200 * MS, false),
            (Stage::Asked, 200 * MS, 199 * MS, true),
            (Stage::Held, 200 * MS, 0, false),
        ] {
            let mut world = World::new(&plan, None);
            world.now = now;
            world.clients[0].paused_until = paused_until;
            world.clients[0].wanted.push(wanted(lock, stage, false));
            let found = broken(world.check_answered(0));
            assert_eq!(found, seen.then_some(Invariant::Progress), "{stage:?}");
        }
    }

    #[test]
    fn i06_a_key_that_is_not_had_again_is_seen() {
        let plan = plan();
        let [lock, _] = locks();
        for must in [false, true] {
            let mut world = World::new(&plan, None);
            let asked = wanted(lock, Stage::Asked, must);
            world.clients[0].wanted.push(asked);
            let failed = Event::AcquireFailed(AcquireFailed {
                lock,
                user_data: 0,
                reason: AcquireFailure::Deadline,
                problems: Vec::new(),
            });
            let found = broken(world.tell(0, &failed));
            assert_eq!(found, must.then_some(Invariant::Progress));
        }
    }

    #[test]
    fn i06_a_client_that_never_closes_is_seen() {
        let plan = plan();
        let mut world = World::new(&plan, None);
        assert_eq!(broken(world.check_rest()), None, "never started");
        world.start_client(0);
        assert_eq!(broken(world.check_rest()), Some(Invariant::Progress));
        let closed = Event::Closed(quorlock_core::Closed {
            unconfirmed: NodeSet::EMPTY,
        });
        assert_eq!(broken(world.tell(0, &closed)), None);
        assert_eq!(broken(world.check_rest()), None);
    }
}
