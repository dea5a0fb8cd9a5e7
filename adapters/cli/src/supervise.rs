//! Runs the command while the lock is held, and ends it in time when it is not.

use core::time::Duration;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Instant;

use quorlock_tokio::{Guard, Lost, LostCause};
use rustix::process::Signal;

use crate::child::Child;
use crate::deadline::{Step, Watch};
use crate::signals::{News, Signals};

/// The longest sleep without a look at the clock. A machine that was suspended wakes
/// with its timers late by that time; the guard's clock knows better.
const CHECK: Duration = Duration::from_millis(250);

/// How a command ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) lost: Option<LostWhile>,
}

/// The lock was lost, or about to be, while the command ran.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LostWhile {
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
    guard: &Guard,
    signals: &mut Signals,
    mut watch: Watch,
) -> std::io::Result<Ended> {
    let mut until_lost = pin!(guard.lost());
    let mut lost = None;
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
    let valid_until = lost
        .as_ref()
        .map_or_else(|| guard.valid_until(), |lost| lost.valid_until);
    let lost = (ended_it || lost.is_some() || !guard.is_held()).then(|| LostWhile {
        cause: lost.map(|lost| lost.cause),
        dead_at,
        valid_until,
    });
    Ok(Ended {
        status: child.reap()?,
        lost,
    })
}

/// What is left of the validity. A guard that was overtaken has none, but its lease
/// bounds the time that the command gets to end.
fn left(guard: &Guard, lost: Option<&Lost>, now: Instant) -> Duration {
    match lost {
        None => guard.remaining(),
        Some(Lost {
            cause: LostCause::Expired,
            ..
        }) => Duration::ZERO,
        Some(lost) => lost.valid_until.saturating_duration_since(now),
    }
}
