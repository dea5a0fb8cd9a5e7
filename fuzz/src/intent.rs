//! What an application asks of its locks, drawn from the fuzzer's bytes.

use core::time::Duration;

use arbitrary::Arbitrary;
use quorlock_core::{
    AcquireError, AcquireRequest, Client, ExtendError, ExtendTurn, Instant, Keys, LockId, LockSet,
    Ttl, UnknownLock, Wait,
};

use crate::lifecycle::Lifecycles;

/// One call. Locks are picked among those of the run; spans are milliseconds.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Intent {
    Acquire {
        key: u8,
        ttl: u16,
        wait: Patience,
        auto_extend: bool,
    },
    Cancel(u8),
    Close(u16),
    Extend(u8, u16),
    Release(u8),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Patience {
    Forever,
    Millis(u16),
    Try,
}

/// The calls that a lock set and a client have in common.
pub(crate) trait Locks {
    fn acquire(&mut self, now: Instant, request: AcquireRequest) -> Result<LockId, AcquireError>;
    fn cancel(&mut self, now: Instant, lock: LockId);
    fn close(&mut self, now: Instant, deadline: Instant);
    fn extend(&mut self, now: Instant, lock: LockId, ttl: Ttl) -> Result<ExtendTurn, ExtendError>;
    fn release(&mut self, now: Instant, lock: LockId) -> Result<(), UnknownLock>;
}

macro_rules! locks {
    ($set:ty) => {
        impl Locks for $set {
            fn acquire(
                &mut self,
                now: Instant,
                request: AcquireRequest,
            ) -> Result<LockId, AcquireError> {
                Self::acquire(self, now, request)
            }

            fn cancel(&mut self, now: Instant, lock: LockId) {
                Self::cancel(self, now, lock);
            }

            fn close(&mut self, now: Instant, deadline: Instant) {
                Self::close(self, now, deadline);
            }

            fn extend(
                &mut self,
                now: Instant,
                lock: LockId,
                ttl: Ttl,
            ) -> Result<ExtendTurn, ExtendError> {
                Self::extend(self, now, lock, ttl)
            }

            fn release(&mut self, now: Instant, lock: LockId) -> Result<(), UnknownLock> {
                Self::release(self, now, lock)
            }
        }
    };
}

locks!(Client);
locks!(LockSet);

impl Intent {
    /// Calls, and tells `lives` what was accepted. Events are to be polled next.
    pub(crate) fn apply(self, locks: &mut impl Locks, now: Instant, lives: &mut Lifecycles) {
        match self {
            Self::Acquire {
                key,
                ttl,
                wait,
                auto_extend,
            } => {
                let request = AcquireRequest {
                    keys: keys(key),
                    ttl: lease(ttl),
                    wait: match wait {
                        Patience::Forever => Wait::Forever,
                        Patience::Millis(span) => Wait::Until(now + millis(span)),
                        Patience::Try => Wait::Try,
                    },
                    auto_extend,
                    user_data: lives.next_user_data(),
                };
                if let Ok(lock) = locks.acquire(now, request) {
                    lives.started(lock);
                }
            }
            Self::Cancel(choice) => {
                if let Some(lock) = lives.pick(choice) {
                    locks.cancel(now, lock);
                    lives.cancelled(lock);
                }
            }
            Self::Close(span) => {
                locks.close(now, now + millis(span));
                lives.closing();
            }
            Self::Extend(choice, ttl) => {
                if let Some(lock) = lives.pick(choice) {
                    // refused or not: the events tell
                    let _accepted = locks.extend(now, lock, lease(ttl));
                }
            }
            Self::Release(choice) => {
                if let Some(lock) = lives.pick(choice) {
                    let accepted = locks.release(now, lock).is_ok();
                    lives.release_asked(lock, accepted);
                }
            }
        }
    }
}

/// One of four keys, or two of them where the highest bit is set.
fn keys(choice: u8) -> Keys {
    let first = choice % 4;
    let other = (first + 1 + choice / 4 % 3) % 4;
    let count = if choice < 128 { 1 } else { 2 };
    let names = [first, other].map(|place| vec![b'a' + place]);
    Keys::new(names.into_iter().take(count)).expect("one, or two that differ")
}

fn lease(ttl: u16) -> Ttl {
    Ttl::new(millis(ttl.max(1))).expect("1 ms to 65 s")
}

/// A span in milliseconds.
pub(crate) fn millis(span: u16) -> Duration {
    Duration::from_millis(u64::from(span))
}
