//! What the applications do with their clients, and what they are told.

use core::hash::Hash;
use core::time::Duration;

use quorlock_core::LockId;
use quorlock_core::{AcquireRequest, Event, Instant, Ttl, Wait};

use super::client::Wanted;
use super::world::{What, World, nanos};

impl World {
    /// An event of a client: the invariants, and what its application does about it.
    pub(super) fn tell(
        &mut self,
        client: usize,
        now: Instant,
        event: &Event,
    ) -> Result<(), String> {
        self.tally.count(event);
        (client, self.now, format!("{event:?}")).hash(&mut self.digest);
        let clock = self.clients[client].clock;
        let truly = |at: Instant| clock.when(at.as_nanos());
        match event {
            Event::Acquired(acquired) => {
                let wanted = self.clients[client]
                    .wanted
                    .iter_mut()
                    .find(|it| it.lock == acquired.lock);
                let wanted = wanted.ok_or("a lock that nobody wanted was granted")?;
                wanted.granted = true;
                let (key, lock) = (wanted.key, acquired.lock);
                self.beliefs
                    .acquired(self.now, client, lock, key, truly(acquired.valid_until))?;
                let hold = self.random.u64(0..900_000_000);
                self.at(self.now + hold, What::Finish { client, lock });
            }
            Event::AcquireFailed(failed) => {
                self.clients[client]
                    .forget(failed.lock)
                    .ok_or("a lock that nobody wanted failed")?;
            }
            Event::Extended(it) => {
                self.beliefs
                    .extended(self.now, client, it.lock, truly(it.valid_until))?;
            }
            Event::Lost(lost) => {
                let wanted = self.clients[client]
                    .wanted
                    .iter()
                    .find(|it| it.lock == lost.lock);
                let done = wanted.is_some_and(|wanted| wanted.done);
                if !self.beliefs.ended(client, lost.lock) && !done {
                    return Err(format!("client {client} lost a lock that it did not hold"));
                }
                if now > lost.valid_until {
                    return Err(format!("client {client} was told of a loss too late"));
                }
            }
            Event::Closed(closed) => {
                self.clients[client].closed = true;
                if !closed.unconfirmed.is_empty() {
                    return Err(format!("client {client} closed with releases unconfirmed"));
                }
            }
            Event::Released(released) => {
                self.clients[client]
                    .forget(released.lock)
                    .ok_or("a release that nobody wanted")?;
            }
            Event::ExtendFailed(_) | Event::Node(_) => {}
        }
        Ok(())
    }

    /// The application wants a lock, cancels one, or does nothing; and will act again.
    pub(super) fn act(&mut self, client: usize) {
        if self.now >= nanos(self.plan.length) {
            return;
        }
        let now = self.time(client);
        let pause = self.random.u64(1_000..300_000_000);
        self.at(self.now + pause, What::Act { client });
        if self.random.u8(0..10) == 0
            && let Some(at) = self.clients[client]
                .wanted
                .iter()
                .position(|wanted| !wanted.granted)
        {
            let wanted = self.clients[client].wanted.swap_remove(at);
            self.clients[client].core.cancel(now, wanted.lock);
            self.tally.cancelled += 1;
            return;
        }
        let key = self.random.usize(0..self.plan.keys);
        let patience = Duration::from_millis(self.random.u64(1..800));
        let ttl = Duration::from_millis(self.random.u64(60..1_500));
        let mut request = AcquireRequest::new(
            format!("key {key}"),
            Ttl::new(ttl).expect("a length for a lease"),
        );
        // one round ends with its own time at the latest
        let (wait, answer_by) = if self.random.bool() {
            (Wait::Until(now + patience), now + patience)
        } else {
            (Wait::Try, now + ttl)
        };
        request.wait = wait;
        request.auto_extend = self.random.u8(0..4) > 0;
        if let Ok(lock) = self.clients[client].core.acquire(now, request) {
            self.clients[client].wanted.push(Wanted {
                lock,
                key,
                answer_by,
                granted: false,
                done: false,
            });
        }
    }

    /// The application gives its lock back, one way or the other.
    pub(super) fn finish(&mut self, client: usize, lock: LockId) {
        let now = self.time(client);
        let participant = &mut self.clients[client];
        let mut wanted = participant.wanted.iter_mut();
        let wanted = wanted.find(|wanted| wanted.lock == lock && !wanted.done);
        // otherwise closed meanwhile: released already
        let Some(wanted) = wanted else { return };
        wanted.done = true;
        self.beliefs.ended(client, lock);
        if self.random.u8(0..5) == 0 {
            participant.core.cancel(now, lock);
            participant.forget(lock);
            self.tally.cancelled += 1;
        } else {
            let released = participant.core.release(now, lock);
            released.expect("a lock that was granted can be released");
        }
    }
}
