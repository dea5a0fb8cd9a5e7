//! What is known of one lock, for those who wait for it or hold it.
//!
//! The waiter owns its slot: the core may give the lock's place to another one
//! before the waiter has read its result.

use core::task::Waker;
use std::sync::Arc;

use quorlock_core::{AcquireFailed, Acquired, Event, ExtendFailed, Instant, Keys, Released, Ttl};

use crate::lost::LostCause;
use crate::watched::Watched;

/// A lock from its request to its release.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) keys: Keys,
    pub(crate) state: Arc<Watched<State>>,
}

/// What is known of a lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) phase: Phase,
    /// The end of validity, once granted.
    pub(crate) valid_until: Instant,
    /// Length of the lease as requested last.
    pub(crate) ttl: Ttl,
    /// Extensions that succeeded.
    pub(crate) extended: u64,
    /// Extensions that were decided either way.
    pub(crate) decided: u64,
    /// The failure of the last extension, if that failed.
    pub(crate) failure: Option<ExtendFailed>,
    /// What the release came to.
    pub(crate) released: Option<Released>,
    /// The client's task is gone: nobody will tell any more.
    pub(crate) abandoned: bool,
}

/// Where a lock stands.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Granted; the acquisition's future or the guard has it.
    Held(Acquired),
    /// It ended, and why; also where it was never granted.
    Lost(LostCause),
    /// Not granted.
    Refused(AcquireFailed),
    /// Asked for.
    Waiting,
}

impl Slot {
    pub(crate) fn new(keys: Keys, ttl: Ttl) -> Self {
        let state = State {
            phase: Phase::Waiting,
            valid_until: Instant::ORIGIN,
            ttl,
            extended: 0,
            decided: 0,
            failure: None,
            released: None,
            abandoned: false,
        };
        Self {
            keys,
            state: Arc::new(Watched::new(state)),
        }
    }

    /// Takes note of an event of this lock.
    pub(crate) fn deliver(&self, event: &Event, wakers: &mut Vec<Waker>) {
        self.state.update(wakers, |state| match event {
            Event::Acquired(acquired) => {
                state.valid_until = acquired.valid_until;
                state.phase = Phase::Held(acquired.clone());
            }
            Event::AcquireFailed(failed) => state.phase = Phase::Refused(failed.clone()),
            Event::Extended(extended) => {
                state.valid_until = extended.valid_until;
                state.extended += 1;
                state.decided += 1;
                state.failure = None;
            }
            Event::ExtendFailed(failed) => {
                state.decided += 1;
                state.failure = Some(failed.clone());
            }
            Event::Lost(lost) => state.end(lost.cause.into()),
            Event::Released(released) => {
                state.released = Some(*released);
                state.end(LostCause::Released);
            }
            Event::Closed(_) | Event::Node(_) => {}
        });
    }

    /// The client's task is gone.
    pub(crate) fn abandon(&self, wakers: &mut Vec<Waker>) {
        self.state.update(wakers, |state| {
            state.abandoned = true;
            state.end(LostCause::Abandoned);
        });
    }

    /// The lock ends for a reason that the core does not know of.
    pub(crate) fn end(&self, cause: LostCause, wakers: &mut Vec<Waker>) {
        self.state.update(wakers, |state| state.end(cause));
    }
}

impl State {
    /// The first cause stands.
    fn end(&mut self, cause: LostCause) {
        if matches!(self.phase, Phase::Held(_) | Phase::Waiting) {
            self.phase = Phase::Lost(cause);
        }
    }

    /// Why the lock is not held at `now`, or `None` while it is.
    pub(crate) fn lost(&self, now: Instant) -> Option<LostCause> {
        match self.phase {
            Phase::Held(_) if now < self.valid_until => None,
            Phase::Held(_) => Some(LostCause::Expired),
            Phase::Lost(cause) => Some(cause),
            // No guard exists in these.
            Phase::Refused(_) | Phase::Waiting => Some(LostCause::Released),
        }
    }
}
