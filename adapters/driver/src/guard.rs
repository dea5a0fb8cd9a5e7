//! A held lock.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use quorlock_core::{Acquired, ExtendFailed, FencingToken, Keys, LockId, Owner, Ttl};

use crate::client::Handle;
use crate::error::RequestError;
use crate::extend::{ExtendError, ExtendFailure, Extension};
use crate::lost::{Lost, LostFuture, unless};
use crate::names::NodeNames;
use crate::release::Release;
use crate::slot::Slot;

/// A lock that was granted. Dropping it gives the lock back, in the background and
/// without blocking; [`release`](Self::release) does the same and tells what came of
/// it.
///
/// Having a guard does not mean that the lock is held: a lease ends by time. Ask
/// [`is_held`](Self::is_held) before each step that must not overlap with another
/// holder's, or let [`run`](Self::run) stop the work.
#[derive(Debug)]
#[must_use = "dropping the guard gives the lock back"]
pub struct Guard {
    handle: Arc<Handle>,
    slot: Arc<Slot>,
    lock: LockId,
    shard: Option<Arc<str>>,
    owner: Owner,
    token: Option<FencingToken>,
    grant: Grant,
}

/// How a lock was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Rounds of asking, from 1.
    pub rounds: u32,
    /// Time since the request.
    pub waited: Duration,
    /// The nodes that had granted when the quorum was complete. The others may grant
    /// later, and then are part of the lock.
    pub nodes: NodeNames,
}

impl Guard {
    pub(crate) fn new(
        handle: Arc<Handle>,
        slot: Arc<Slot>,
        shard: Option<Arc<str>>,
        acquired: &Acquired,
    ) -> Self {
        let grant = Grant {
            rounds: acquired.rounds,
            waited: acquired.waited,
            nodes: NodeNames::new(acquired.granted, &handle.engine.names()),
        };
        Self {
            handle,
            slot,
            lock: acquired.lock,
            shard,
            owner: acquired.owner,
            token: acquired.token,
            grant,
        }
    }

    /// Gives the lock back and tells what came of it, as soon as enough nodes have
    /// answered; with slow nodes after
    /// [`Timing::release_timeout`](quorlock_core::Timing::release_timeout) at the
    /// latest. The release goes on in the background in any case, also where this
    /// future is dropped.
    pub async fn release(self) -> Release {
        let engine = &self.handle.engine;
        engine.release(self.lock);
        let released = self.slot.state.wait(|state| match state.released {
            Some(released) => Some(Some(released)),
            // the task is gone: nobody will tell
            None => state.abandoned.then_some(None),
        });
        match released.await {
            Some(released) => Release::new(&released, engine),
            None => Release::unknown(self.valid_until(), &engine.names()),
        }
    }

    /// Renews the lease to `ttl` from now, and later automatic extensions to the same
    /// length. Returns the new end of validity.
    ///
    /// # Errors
    /// Where too few nodes renewed: the lock is held as before, until
    /// [`valid_until`](Self::valid_until). Where the lock is lost.
    pub async fn extend(&self, ttl: Duration) -> Result<Instant, ExtendError> {
        let engine = &self.handle.engine;
        let ttl = Ttl::new(ttl).map_err(|error| ExtendError::BadRequest(error.into()))?;
        let answer = match engine.extend(self.lock, &self.slot, ttl) {
            Ok(answer) => answer,
            Err(quorlock_core::ExtendError::TtlTooLong { ttl, max }) => {
                let long = RequestError::TtlTooLong { ttl, max };
                return Err(ExtendError::BadRequest(long));
            }
            Err(quorlock_core::ExtendError::TtlTooShort { ttl, allowance }) => {
                let short = RequestError::TtlTooShort { ttl, allowance };
                return Err(ExtendError::BadRequest(short));
            }
            Err(quorlock_core::ExtendError::UnknownLock(_)) => {
                return Err(ExtendError::Lost(self.lost().await));
            }
        };
        let decided = self.slot.state.wait(move |state| {
            let decided = state.decided >= answer;
            decided.then(|| state.failure.clone())
        });
        let mut decided = pin!(decided);
        let mut lost = pin!(self.lost());
        let failure = poll_fn(|cx| {
            if let Poll::Ready(failure) = decided.as_mut().poll(cx) {
                return Poll::Ready(Ok(failure));
            }
            lost.as_mut().poll(cx).map(Err)
        });
        match failure.await {
            Ok(None) => Ok(self.valid_until()),
            Ok(Some(failed)) => Err(ExtendError::Failed(self.failure(&failed))),
            Err(lost) => Err(ExtendError::Lost(lost)),
        }
    }

    /// Does `work` while the lock is held, and drops it when the lock is lost.
    ///
    /// # Errors
    /// [`Lost`]: the work was not finished.
    pub async fn run<F: Future>(&self, work: F) -> Result<F::Output, Lost> {
        unless(self.lost(), work).await
    }

    /// Ready when the lock is not held any more, for whatever reason, and no later
    /// than [`valid_until`](Self::valid_until). Does not borrow the guard.
    pub fn lost(&self) -> LostFuture {
        LostFuture::new(&self.handle.engine, &self.slot)
    }

    /// Whether the lock is held now, by the clock and by all that is known.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let now = self.handle.engine.now();
        self.slot.state.read(|state| state.lost(now).is_none())
    }

    /// How long the lock is held from now on unless it is extended; zero where it is
    /// lost.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        let now = self.handle.engine.now();
        self.slot.state.read(|state| match state.lost(now) {
            None => state.valid_until.duration_since(now),
            Some(_) => Duration::ZERO,
        })
    }

    /// The end of validity as it is known now. An extension moves it on; a suspend of
    /// the machine moves it back.
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        let engine = &self.handle.engine;
        // reading the clock takes note of a suspend
        engine.now();
        engine
            .clock
            .deadline(self.slot.state.read(|state| state.valid_until))
    }

    /// What became of the extensions so far.
    #[must_use]
    pub fn extension(&self) -> Extension {
        self.slot.state.read(|state| Extension {
            count: state.extended,
            failure: state.failure.as_ref().map(|failed| self.failure(failed)),
        })
    }

    /// How the lock was granted.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The key, or the first of several.
    #[must_use]
    pub fn key(&self) -> &Bytes {
        self.slot.keys.first()
    }

    /// All keys of the lock.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.slot.keys
    }

    /// The shard that it is on, where the request has named one
    /// ([`Request::shard`](crate::Request::shard)).
    #[must_use]
    pub const fn shard(&self) -> Option<&Arc<str>> {
        self.shard.as_ref()
    }

    /// What the nodes store under the key.
    #[must_use]
    pub const fn owner(&self) -> Owner {
        self.owner
    }

    /// The fencing token of this tenure: larger than that of every one before, and the
    /// same after each extension. Hand it to whatever the lock protects, which refuses a
    /// token below the highest that it has seen. `None` with [`Fencing::Off`](crate::Fencing).
    #[must_use]
    pub const fn token(&self) -> Option<FencingToken> {
        self.token
    }

    /// Length of the lease as requested last.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        self.slot.state.read(|state| state.ttl.as_duration())
    }

    fn failure(&self, failed: &ExtendFailed) -> ExtendFailure {
        let names = &self.handle.engine.names();
        ExtendFailure {
            absent: NodeNames::new(failed.absent, names),
            foreign: NodeNames::new(failed.foreign, names),
            failed: NodeNames::new(failed.failed, names),
            last: failed.last,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.handle.engine.cancel(self.lock, &self.slot);
    }
}

/// A guard can be held by, and shared between, tasks on any thread.
const _: fn() = || {
    fn anywhere<T: Send + Sync + 'static>() {}
    anywhere::<Guard>();
};
