//! A server's clock seen from ours: bounds, an estimate, and whether it has jumped.
//!
//! A server expires keys by its wall clock. Where that steps forward, leases end early
//! and the node has in effect forgotten what it granted.

use core::time::Duration;

use crate::facts::ClockSample;
use crate::time::Instant;
use crate::validity::Drift;

/// Bounds of "server's µs less ours". They come from causality: the server read its
/// clock after the question was sent and before the answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ServerClock {
    low: i64,
    high: i64,
    at: Instant,
}

impl ServerClock {
    pub(crate) fn new(sample: ClockSample) -> Self {
        Self {
            low: offset(sample.server_us, sample.heard),
            high: offset(sample.server_us, sample.asked),
            at: sample.heard,
        }
    }

    /// Takes a later sample; tells how far the clock has stepped forward since the
    /// one before, if it has by more than drift and its margin allow. A step back
    /// only makes leases longer and is taken over in silence.
    pub(crate) fn follow(&mut self, sample: ClockSample, drift: Drift) -> Option<Duration> {
        let new = Self::new(sample);
        let slack = micros(drift.rate_over(sample.heard.duration_since(self.at)));
        let low = self.low.saturating_sub(slack);
        let high = self.high.saturating_add(slack);
        let ahead = u64::try_from(new.low.saturating_sub(high)).unwrap_or(0);
        let ahead = Duration::from_micros(ahead);
        if ahead > drift.margin || new.high < low {
            *self = new;
            return (!ahead.is_zero()).then_some(ahead);
        }
        if !ahead.is_zero() {
            // within the margin: the old bounds stay, so that small steps add up
            let at = new.at;
            *self = Self { low, high, at };
            return None;
        }
        *self = Self {
            low: new.low.max(low),
            high: new.high.min(high),
            at: new.at,
        };
        None
    }

    /// The server's clock at `now`, in µs since 1970: it shows this or a little more.
    pub(crate) fn at_least(&self, now: Instant) -> u64 {
        u64::try_from(self.low.saturating_add(ours(now))).unwrap_or(0)
    }

    /// How far two clocks certainly are apart.
    pub(crate) fn apart(&self, other: &Self) -> Duration {
        let gap = (self.low.saturating_sub(other.high)).max(other.low.saturating_sub(self.high));
        Duration::from_micros(u64::try_from(gap).unwrap_or(0))
    }
}

/// The lower median of some clocks: of two the one that is behind, so that a single
/// clock that runs ahead does not set the time.
pub(crate) fn lower_median(clocks: &mut [ServerClock]) -> Option<ServerClock> {
    clocks.sort_unstable_by_key(|clock| clock.low);
    clocks.get(clocks.len().checked_sub(1)? / 2).copied()
}

fn offset(server_us: u64, now: Instant) -> i64 {
    i64::try_from(server_us)
        .unwrap_or(i64::MAX)
        .saturating_sub(ours(now))
}

fn ours(now: Instant) -> i64 {
    i64::try_from(now.as_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const EPOCH: u64 = 1_700_000_000_000_000;

    /// A server whose clock is `ahead` µs ahead, asked and heard at these µs of ours.
    fn sample(asked: u64, heard: u64, read: u64, ahead: i64) -> ClockSample {
        ClockSample {
            asked: Instant::from_nanos(asked * 1_000),
            heard: Instant::from_nanos(heard * 1_000),
            server_us: (EPOCH + read).checked_add_signed(ahead).unwrap(),
        }
    }

    #[test]
    fn a_slow_answer_is_no_jump() {
        let mut clock = ServerClock::new(sample(0, 100, 50, 0));
        // executed at once, read ten seconds later; and the other way round
        let late = sample(1_000, 10_000_000, 1_100, 0);
        assert_eq!(clock.follow(late, Drift::DEFAULT), None);
        let slow = sample(10_001_000, 20_000_000, 19_999_000, 0);
        assert_eq!(clock.follow(slow, Drift::DEFAULT), None);
        let now = Instant::from_nanos(20_000_000_000);
        let error = EPOCH + 20_000_000 - clock.at_least(now);
        assert!(
            error < 250_000,
            "{error} us behind: the first bounds and the drift since"
        );
    }

    #[test]
    fn only_steps_forward_are_told() {
        let mut clock = ServerClock::new(sample(0, 100, 50, 0));
        let forward = clock.follow(sample(1_000, 1_100, 1_050, 50_000), Drift::DEFAULT);
        let told = forward.unwrap();
        assert!(
            told > Duration::from_millis(47) && told < Duration::from_millis(50),
            "{told:?}"
        );
        let back = clock.follow(sample(2_000, 2_100, 2_050, -50_000), Drift::DEFAULT);
        assert_eq!(back, None);
        let within = clock.follow(sample(3_000, 3_100, 3_050, -48_200), Drift::DEFAULT);
        assert_eq!(within, None, "less than the margin");
        let creeping = clock.follow(sample(4_000, 4_100, 4_050, -46_400), Drift::DEFAULT);
        assert!(creeping.is_some(), "small steps add up");
    }

    #[test]
    fn a_step_is_told_beyond_the_margin_and_the_drift_since() {
        // 1 % of ten seconds, and 2 ms
        for (later, allowed) in [(200, 2_002), (10_000_000, 102_000)] {
            for (ahead, told) in [(allowed, None), (allowed + 1, Some(2_001))] {
                let mut clock = ServerClock::new(sample(0, 0, 0, 0));
                let step = clock.follow(sample(later, later, later, ahead), Drift::DEFAULT);
                assert_eq!(step, told.map(Duration::from_micros), "{ahead}");
            }
        }
    }

    #[test]
    fn an_answer_that_comes_faster_tells_more() {
        let mut clock = ServerClock::new(sample(0, 100, 50, 0));
        let now = Instant::from_nanos(200_000);
        assert_eq!(clock.at_least(now), EPOCH + 150);
        clock.follow(sample(200, 200, 200, 0), Drift::DEFAULT);
        assert_eq!(clock.at_least(now), EPOCH + 200);
    }

    #[test]
    fn clocks_are_apart_by_what_is_certain() {
        let one = ServerClock::new(sample(0, 100, 50, 0));
        let two = ServerClock::new(sample(0, 100, 50, 10_000));
        assert_eq!(one.apart(&two), Duration::from_micros(9_900));
        assert_eq!(two.apart(&one), Duration::from_micros(9_900));
        assert_eq!(one.apart(&one), Duration::ZERO);
        let mut clocks = [two, one, two];
        assert_eq!(lower_median(&mut clocks), Some(two));
        assert_eq!(lower_median(&mut [two, one]), Some(one));
        assert_eq!(lower_median(&mut []), None);
    }

    #[test]
    fn a_step_back_is_taken_over() {
        let mut clock = ServerClock::new(sample(0, 100, 50, 0));
        clock.follow(sample(2_000, 2_100, 2_050, -50_000), Drift::DEFAULT);
        let now = Instant::from_nanos(2_100_000);
        assert_eq!(clock.at_least(now), EPOCH + 2_050 - 50_000);
    }

    #[test]
    fn what_may_still_be_the_same_clock_is_no_step_back() {
        // -50 to 50 µs from ours, then -90 to -50: the clock may be at -50 all the time
        let mut clock = ServerClock::new(sample(0, 100, 50, 0));
        clock.follow(sample(60, 100, 10, 0), Drift::DEFAULT);
        let now = Instant::from_nanos(100_000);
        assert_eq!(clock.at_least(now), EPOCH + 50);
        // -91 to -51: it can't
        clock.follow(sample(60, 100, 9, 0), Drift::DEFAULT);
        assert_eq!(clock.at_least(now), EPOCH + 9);
    }
}
