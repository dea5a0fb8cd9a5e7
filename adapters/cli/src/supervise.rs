//! Runs the command while the lock is held, and ends it in time when it is not.

use core::time::Duration;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Instant;

use quorlock_tokio::{Keys, Lost, LostCause, MultiGuard, Part};
use rustix::process::Signal;

use crate::child::Child;
use crate::deadline::{Step, Watch};
use crate::signals::{News, Signals};

/// The longest sleep without a look at the clock. A machine that was suspended wakes
/// with its timers late by that time; the guard's clock knows better.
const CHECK: Duration = Duration::from_millis(250);

/// How a command ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) lost: Option<LostWhile>,
}

/// The lock was lost, or about to be, while the command ran.
#[derive(Clone, Debug)]
pub(crate) struct LostWhile {
    /// The keys of the part that was lost, or would have been first.
    pub(crate) keys: Keys,
    /// `None` where the command was ended while the lock was still valid.
    pub(crate) cause: Option<LostCause>,
    /// When the command was found dead.
    pub(crate) dead_at: Instant,
    /// The end of validity as it was known then.
    pub(crate) valid_until: Instant,
}

/// Waits for the end of `child`, passes signals on to it, and ends it by `watch`'s
/// orders, which follow `guard`'s clock.
///
/// # Errors
/// The system's, when the child can't be waited for.
pub(crate) async fn supervise(
    child: Child,
    guard: &MultiGuard,
    signals: &mut Signals,
    mut watch: Watch,
) -> std::io::Result<Ended> {
    let mut until_lost = pin!(guard.lost());
    let mut lost: Option<Part<Lost>> = None;
    while !child.has_ended() {
        // an extension whose answer is in the socket already is to be read first
        tokio::task::yield_now().await;
        let now = Instant::now();
        let pause = match watch.step(now, left(guard, lost.as_ref(), now), lost.is_some()) {
            Step::Wait(pause) => pause.min(CHECK),
            Step::Terminate => {
                child.signal(Signal::TERM);
                continue;
            }
            Step::Kill => {
                child.signal(Signal::KILL);
                CHECK
            }
        };
        tokio::select! {
            biased;
            news = signals.next() => match news {
                News::Child => {}
                News::PassOn(signal) => child.signal(signal),
            },
            told = &mut until_lost, if lost.is_none() => lost = Some(told),
            () = tokio::time::sleep(pause) => {}
        }
    }
    let dead_at = Instant::now();
    let ended_it = watch.has_ended_it();
    if ended_it {
        // what it started and left behind works on the same thing
        child.signal(Signal::KILL);
    }
    let lost = match lost {
        Some(Part { keys, told, .. }) => Some(LostWhile {
            keys,
            cause: Some(told.cause),
            dead_at,
            valid_until: told.valid_until,
        }),
        None if ended_it || !guard.is_held() => {
            let ends_first = guard.parts().iter().min_by_key(|part| part.remaining());
            ends_first.map(|part| LostWhile {
                keys: part.keys().clone(),
                cause: None,
                dead_at,
                valid_until: part.valid_until(),
            })
        }
        None => None,
    };
    Ok(Ended {
        status: child.reap()?,
        lost,
    })
}

/// What is left of the validity. A guard that was overtaken has none, but its lease, and
/// those of the other parts, bound the time that the command gets to end.
fn left(guard: &MultiGuard, lost: Option<&Part<Lost>>, now: Instant) -> Duration {
    match lost.map(|lost| lost.told) {
        None => guard.remaining(),
        Some(Lost {
            cause: LostCause::Expired,
            ..
        }) => Duration::ZERO,
        Some(lost) => {
            let until = lost.valid_until.min(guard.valid_until());
            until.saturating_duration_since(now)
        }
    }
}
