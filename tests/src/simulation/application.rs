//! What the applications do with their clients.

use core::time::Duration;

use quorlock_core::{AcquireRequest, Keys, LockId, Ttl, Wait};

use super::choice::{Subject, below, choose};
use super::client::{Stage, Wanted};
use super::clock::{nanos, ttl};
use super::invariant::Checked;
use super::plan::{Finish, Operation};
use super::queue::{Step, What};
use super::storage::{Write, Written};
use super::trace::Place;
use super::wire::key_name;
use super::world::World;

impl World<'_> {
    /// An application asks for a lock. `must`: it has to be granted.
    pub(super) fn ask(&mut self, operation: Operation, must: bool) -> Checked {
        let client = operation.client;
        let participant = &mut self.clients[client];
        let now = participant.clock.read(self.now);
        let Some(core) = &mut participant.core else {
            return Ok(());
        };
        let lease = Ttl::from_millis(ttl(operation.ttl));
        let keys = Keys::new(operation.keys().map(key_name)).expect("keys that differ");
        let mut request = AcquireRequest::all(keys, lease);
        let patience = operation.patience.map(|patience| now + patience);
        request.wait = patience.map_or(Wait::Try, Wait::Until);
        request.auto_extend = operation.auto_extend;
        let asked = core.acquire(now, request);
        let lock = asked.expect("a request that can be asked for");
        participant.wanted.push(Wanted {
            lock,
            operation,
            stage: Stage::Asked,
            // a try has one round, which takes half of its lease at most
            answer_by: patience.unwrap_or(now + operation.ttl / 2),
            must,
            owner: None,
        });
        if let Some(after) = operation.give_up {
            self.later(client, lock, after, Step::GiveUp);
        }
        self.settle(client)
    }

    /// The application goes on with a lock of its, so much later.
    pub(super) fn later(&mut self, client: usize, lock: LockId, after: Duration, step: Step) {
        let life = self.clients[client].life;
        let what = What::Step {
            client,
            life,
            lock,
            step,
        };
        self.queue.push(self.now + nanos(after), what);
    }

    /// The application does what it had planned for its lock.
    pub(super) fn step(&mut self, client: usize, lock: LockId, step: Step) -> Checked {
        let Some(wanted) = self.clients[client].find(lock).copied() else {
            return Ok(());
        };
        match (step, wanted.stage) {
            (Step::Extend, Stage::Held) => {
                let participant = &mut self.clients[client];
                let now = participant.clock.read(self.now);
                let lease = Ttl::from_millis(ttl(wanted.operation.ttl));
                if let Some(core) = &mut participant.core {
                    // refused where its end has come just now, which the next event tells
                    let _ = core.extend(now, lock, lease);
                }
            }
            (Step::Finish, Stage::Held | Stage::Lost) => self.give_back(client, lock),
            (Step::GiveUp, Stage::Asked) => self.drop_lock(client, lock),
            (Step::Look, Stage::Held) => self.look(client, &wanted),
            _ => {}
        }
        self.settle(client)
    }

    /// The application gives its lock back in the way of its operation.
    pub(super) fn give_back(&mut self, client: usize, lock: LockId) {
        let participant = &mut self.clients[client];
        let now = participant.clock.read(self.now);
        let life = participant.life;
        let Some(wanted) = participant.find(lock) else {
            return;
        };
        if wanted.operation.finish == Finish::Cancel {
            self.drop_lock(client, lock);
            return;
        }
        let lost = wanted.stage == Stage::Lost;
        wanted.stage = Stage::Released { lost };
        if let Some(core) = &mut participant.core {
            let released = core.release(now, lock);
            released.expect("a lock that was granted can be released");
        }
        self.disbelieve(life, lock);
    }

    /// The application does not want to hear of the lock any more.
    pub(super) fn drop_lock(&mut self, client: usize, lock: LockId) {
        let participant = &mut self.clients[client];
        let now = participant.clock.read(self.now);
        let life = participant.life;
        if let Some(core) = &mut participant.core {
            core.cancel(now, lock);
        }
        participant.forget(lock);
        self.tally.cancelled += 1;
        self.disbelieve(life, lock);
    }

    /// A client does not hold a lock any more, and knows it.
    pub(super) fn disbelieve(&mut self, life: usize, lock: LockId) {
        for belief in self.beliefs.ended(life, lock) {
            if let Some(recorder) = &mut self.recorder {
                recorder.belief_ended(self.now, &belief);
            }
        }
    }

    /// The application looks whether it holds the lock; if so, it will write, whatever happens until then.
    fn look(&mut self, client: usize, wanted: &Wanted) {
        let life = self.clients[client].life;
        let Some(writes) = wanted.operation.writes else {
            return;
        };
        let Some(belief) = self.beliefs.valid(self.now, life, wanted.lock) else {
            return;
        };
        let write = self.writes.len();
        self.writes.push(Write {
            client,
            key: belief.key,
            token: belief.token,
            tenure: belief.tenure,
            sent: 0,
        });
        let thinking = self.now + nanos(writes.thinking);
        self.queue.push(
            thinking,
            What::Decided {
                client,
                life,
                write,
            },
        );
        self.later(client, wanted.lock, writes.every, Step::Look);
    }

    /// The write leaves; nothing stops it any more.
    pub(super) fn send_write(&mut self, write: usize) {
        let it = &mut self.writes[write];
        it.sent = self.now;
        let numbers = [it.client as u64, write as u64, 0, 0];
        let travel = below(choose(self.plan.seed, Subject::Delay, numbers), 1_000_000);
        self.queue.push(self.now + travel, What::Write { write });
    }

    /// A write reaches the storage.
    pub(super) fn write(&mut self, write: usize) -> Checked {
        let it = self.writes[write];
        let (written, checked) = self.storage.write(&it);
        let label = match written {
            Written::Accepted => {
                self.tally.writes += 1;
                "write accepted"
            }
            Written::Refused => {
                self.tally.stale_writes += 1;
                "stale write refused"
            }
        };
        if let Some(recorder) = &mut self.recorder {
            let token = it
                .token
                .map_or("no token".into(), |token| format!("token {token}"));
            let (from, to) = (Place::Client(it.client), Place::Resource);
            let message = recorder.sent(from, to, it.sent, format!("write, {token}"));
            recorder.arrived(message, self.now, false);
            recorder.note(Place::Resource, self.now, label);
        }
        checked
    }
}
