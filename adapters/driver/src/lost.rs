//! Hearing that a lock is lost, no later than its validity ends.

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use std::sync::Arc;
use std::time::Instant;

use crate::alarm::Alarm;
use crate::engine::{Engine, wake};
use crate::slot::{Slot, State};
use crate::watched::Wait;

/// A lock that is not held any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Lost {
    /// Why.
    pub cause: LostCause,
    /// The end of validity as it was known.
    pub valid_until: Instant,
}

/// Why a lock is not held any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostCause {
    /// The runtime was dropped: nobody extends the lock, and nobody would tell. Told
    /// at once.
    Abandoned,
    /// The client was closed, which releases the lock.
    Closed,
    /// The validity ended.
    Expired,
    /// A quorum of nodes says that another owner has the key. Told at once.
    Overtaken,
    /// Its guard was released or dropped.
    Released,
}

impl fmt::Display for LostCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Abandoned => "the lock is abandoned: its runtime was dropped",
            Self::Closed => "the lock was released: its client was closed",
            Self::Expired => "the lock is lost: its validity ended",
            Self::Overtaken => "the lock is lost: another owner has it",
            Self::Released => "the lock was released",
        })
    }
}

impl From<quorlock_core::LostCause> for LostCause {
    fn from(cause: quorlock_core::LostCause) -> Self {
        match cause {
            quorlock_core::LostCause::Expired => Self::Expired,
            quorlock_core::LostCause::Overtaken => Self::Overtaken,
        }
    }
}

/// The answer to [`Guard::lost`](crate::Guard::lost): ready when the lock is not
/// held any more, or within [`Timing::lost_notice`](quorlock_core::Timing) of the end
/// of its validity (for short leases an eighth of their length): timers fire late by
/// a millisecond or two, and better a little early than a little late.
///
/// It has a timer of its own and reads the clock at each poll, so it is on time also
/// where the client's task is not run.
#[must_use = "a future does nothing unless it is polled"]
pub struct LostFuture {
    engine: Arc<Engine>,
    slot: Arc<Slot>,
    change: Wait<State, fn(&State) -> Option<core::convert::Infallible>>,
    alarm: Alarm,
}

impl LostFuture {
    pub(crate) fn new(engine: &Arc<Engine>, slot: &Arc<Slot>) -> Self {
        Self {
            engine: Arc::clone(engine),
            slot: Arc::clone(slot),
            change: slot.state.wait(|_| None),
            alarm: Alarm::default(),
        }
    }
}

impl Future for LostFuture {
    type Output = Lost;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Lost> {
        let this = &mut *self;
        // Registers with the slot before looking at it; never ready by itself.
        let Poll::Pending = Pin::new(&mut this.change).poll(cx);
        loop {
            let now = this.engine.now();
            let (cause, until, notice) = this.slot.state.read(|state| {
                let notice = this.engine.lost_notice.min(state.ttl.as_duration() / 8);
                (state.lost(now + notice), state.valid_until, notice)
            });
            let clock = &this.engine.clock;
            if let Some(cause) = cause {
                let valid_until = clock.deadline(until);
                // What was told stays true, whatever extension comes late.
                let mut wakers = Vec::new();
                this.slot.end(cause, &mut wakers);
                wake(wakers);
                return Poll::Ready(Lost { cause, valid_until });
            }
            let told_at = clock.deadline(until.saturating_sub(notice));
            // Where it fires a little early, another one is needed.
            let runtime = &*this.engine.runtime;
            if this.alarm.poll(cx, runtime, told_at).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

/// Does `work` until it is done, and drops it when `lost` is ready. Where both are, the
/// work is not polled any more.
pub(crate) async fn unless<L: Future, W: Future>(lost: L, work: W) -> Result<W::Output, L::Output> {
    let mut lost = pin!(lost);
    let mut work = pin!(work);
    poll_fn(|cx| match lost.as_mut().poll(cx) {
        Poll::Ready(lost) => Poll::Ready(Err(lost)),
        Poll::Pending => work.as_mut().poll(cx).map(Ok),
    })
    .await
}

impl fmt::Debug for LostFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LostFuture")
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}
