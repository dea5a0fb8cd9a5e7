//! When the command has to end: a pure function of what is left of the lease.
//!
//! The promise is that the command is dead *before* the validity ends. Consul's
//! `lock` killed its child 90 seconds late (hashicorp/consul issue 9788), because it
//! acted on a message; here the clock decides, and messages only move the deadline.

use core::time::Duration;
use std::time::Instant;

/// The least time between `SIGKILL` and the end of validity: the kernel has to
/// deliver it, and we have to be scheduled to send it.
const MARGIN_MIN: Duration = Duration::from_millis(50);

/// The margin of a long lease, as a part of it: 2 %.
const MARGIN_PART: u32 = 50;

/// Shortest lease under which a command can be watched. Half of it less the margin
/// are 50 ms for an extension that comes late.
pub(crate) const TTL_MIN: Duration = Duration::from_millis(200);

/// What is left of the validity when each signal is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thresholds {
    terminate: Duration,
    kill: Duration,
}

impl Thresholds {
    /// For a lease of `ttl`, of which `allowance` can't be relied on.
    ///
    /// `SIGKILL` is due at the margin (50 ms or 2 % of the lease, the larger one),
    /// `SIGTERM` earlier by `kill_after`, but not before half of the lease is over:
    /// an outage shorter than that is to go by without notice. So with a
    /// `kill_after` above half of the lease the command gets less time than that.
    pub(crate) fn new(ttl: Duration, allowance: Duration, kill_after: Duration) -> Self {
        let kill = MARGIN_MIN.max(ttl / MARGIN_PART);
        let half = (ttl / 2).saturating_sub(allowance);
        let terminate = kill.saturating_add(kill_after).min(half).max(kill);
        Self { terminate, kill }
    }
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send `SIGKILL`, again and again until the command is gone.
    Kill,
    /// Send `SIGTERM`, once.
    Terminate,
    /// Nothing before this span has passed or the lease has changed.
    Wait(Duration),
}

/// Watches one command. Asked at every wake-up and by [`Step::Wait`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    thresholds: Thresholds,
    kill_after: Duration,
    terminated: Option<Instant>,
}

impl Watch {
    /// A watch over a command that was not told to end.
    pub(crate) const fn new(thresholds: Thresholds, kill_after: Duration) -> Self {
        Self {
            thresholds,
            kill_after,
            terminated: None,
        }
    }

    /// Decides from the validity that is `left` at `now`, and whether the lock was
    /// `overtaken`: another owner acts already, so the command ends without waiting
    /// for the end of validity.
    ///
    /// Once told to end, the command is not spared by an extension that comes after
    /// all.
    pub(crate) fn step(&mut self, now: Instant, left: Duration, overtaken: bool) -> Step {
        let Thresholds { terminate, kill } = self.thresholds;
        if left <= kill {
            self.terminated.get_or_insert(now);
            return Step::Kill;
        }
        let Some(told) = self.terminated else {
            if !overtaken && left > terminate {
                return Step::Wait(left.saturating_sub(terminate));
            }
            self.terminated = Some(now);
            return if self.kill_after.is_zero() {
                Step::Kill
            } else {
                Step::Terminate
            };
        };
        let patience = self
            .kill_after
            .saturating_sub(now.saturating_duration_since(told));
        if patience.is_zero() {
            return Step::Kill;
        }
        Step::Wait(patience.min(left.saturating_sub(kill)))
    }

    /// Whether the command was told to end.
    pub(crate) const fn has_ended_it(&self) -> bool {
        self.terminated.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn watch(ttl: u64, allowance: u64, kill_after: u64) -> Watch {
        let thresholds = Thresholds::new(ms(ttl), ms(allowance), ms(kill_after));
        Watch::new(thresholds, ms(kill_after))
    }

    #[test]
    fn thresholds_from_a_table() {
        let table = [
            // ttl, allowance, kill_after -> SIGTERM and SIGKILL at what is left
            (10_000, 102, 5_000, 4_898, 200),
            (10_000, 102, 1_000, 1_200, 200),
            (10_000, 102, 0, 200, 200),
            (60_000, 602, 5_000, 6_200, 1_200),
            (1_000, 12, 5_000, 488, 50),
            (200, 4, 5_000, 96, 50),
            (100, 3, 5_000, 50, 50),
        ];
        for (ttl, allowance, kill_after, terminate, kill) in table {
            let expected = Thresholds {
                terminate: ms(terminate),
                kill: ms(kill),
            };
            let computed = Thresholds::new(ms(ttl), ms(allowance), ms(kill_after));
            assert_eq!(computed, expected, "ttl {ttl}, kill after {kill_after}");
        }
    }

    #[test]
    fn no_signal_in_the_first_half_and_kill_before_the_end() {
        for ttl in (200..20_000).step_by(13) {
            for kill_after in [0, 1, 77, 1_000, 5_000, 3_600_000] {
                let allowance = ttl / 100 + 2;
                let thresholds = Thresholds::new(ms(ttl), ms(allowance), ms(kill_after));
                assert!(thresholds.kill >= MARGIN_MIN);
                assert!(thresholds.terminate >= thresholds.kill);
                let used = ms(ttl).saturating_sub(ms(allowance) + thresholds.terminate);
                assert!(used >= ms(ttl) / 2, "SIGTERM after {used:?} of {ttl} ms");
            }
        }
        let _ = Thresholds::new(Duration::MAX, Duration::ZERO, Duration::MAX);
    }

    #[test]
    fn an_outage_ends_in_terminate_then_kill() {
        let start = Instant::now();
        let mut watch = watch(10_000, 102, 1_000);
        assert_eq!(watch.step(start, ms(9_898), false), Step::Wait(ms(8_698)));
        assert_eq!(
            watch.step(start + ms(8_697), ms(1_201), false),
            Step::Wait(ms(1))
        );
        assert!(!watch.has_ended_it());
        assert_eq!(
            watch.step(start + ms(8_698), ms(1_200), false),
            Step::Terminate
        );
        assert!(watch.has_ended_it());
        assert_eq!(
            watch.step(start + ms(8_700), ms(1_198), false),
            Step::Wait(ms(998))
        );
        assert_eq!(watch.step(start + ms(9_698), ms(200), false), Step::Kill);
        assert_eq!(
            watch.step(start + ms(9_948), Duration::ZERO, false),
            Step::Kill
        );
    }

    #[test]
    fn an_extension_moves_the_deadline_but_takes_no_signal_back() {
        let start = Instant::now();
        let mut watch = watch(10_000, 102, 1_000);
        assert_eq!(watch.step(start, ms(1_300), false), Step::Wait(ms(100)));
        assert_eq!(
            watch.step(start + ms(90), ms(9_898), false),
            Step::Wait(ms(8_698))
        );
        assert_eq!(
            watch.step(start + ms(9_000), ms(1_100), false),
            Step::Terminate
        );
        // extended at last: the command still gets no more than its second
        assert_eq!(
            watch.step(start + ms(9_400), ms(9_898), false),
            Step::Wait(ms(600))
        );
        assert_eq!(watch.step(start + ms(10_000), ms(9_298), false), Step::Kill);
    }

    #[test]
    fn overtaken_ends_it_at_once_within_what_is_left() {
        let start = Instant::now();
        let mut patient = watch(10_000, 102, 5_000);
        assert_eq!(patient.step(start, ms(9_000), true), Step::Terminate);
        assert_eq!(
            patient.step(start + ms(1), ms(8_999), true),
            Step::Wait(ms(4_999))
        );
        assert_eq!(patient.step(start + ms(5_000), ms(4_000), true), Step::Kill);
        let mut late = watch(10_000, 102, 5_000);
        assert_eq!(late.step(start, ms(1_200), true), Step::Terminate);
        assert_eq!(late.step(start, ms(1_200), true), Step::Wait(ms(1_000)));
        let mut impatient = watch(10_000, 102, 0);
        assert_eq!(impatient.step(start, ms(9_000), true), Step::Kill);
    }

    #[test]
    fn woken_after_the_end_it_kills_at_once() {
        let mut watch = watch(10_000, 102, 5_000);
        assert_eq!(
            watch.step(Instant::now(), Duration::ZERO, false),
            Step::Kill
        );
        assert!(watch.has_ended_it());
    }
}
