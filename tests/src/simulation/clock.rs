//! What clocks show, and when they show it.

use core::time::Duration;

use quorlock_core::Instant;
use quorlock_embedded::ServerTime;

use super::plan::Clock;

/// Where the nodes' clocks stand when a run begins: microseconds since 1970.
pub(super) const EPOCH_US: u64 = 1_700_000_000_000_000;

/// Later than the end of every run: 1,000 s. What a clock shows later than this is never waited for.
const LONGEST: u64 = 1_000_000_000_000;

/// Millionths.
const MILLION: i64 = 1_000_000;

impl Clock {
    /// Nanoseconds that the clock counts in the first `now` nanoseconds of true time.
    fn count(self, now: u64) -> u64 {
        let now = now.min(LONGEST).cast_signed();
        (now + now / MILLION * self.rate_ppm + now % MILLION * self.rate_ppm / MILLION)
            .cast_unsigned()
    }

    /// What a client reads off it.
    pub(super) fn read(self, now: u64) -> Instant {
        Instant::from_nanos(self.count(now))
    }

    /// The first true time at which a client reads at least `shown`; `u64::MAX` beyond all runs.
    pub(super) fn when(self, shown: Instant) -> u64 {
        let shown = shown.as_nanos();
        if shown > LONGEST {
            return u64::MAX;
        }
        let rate = (MILLION + self.rate_ppm).cast_unsigned();
        // one too early at most on either side
        let mut now =
            (shown / rate * 1_000_000 + shown % rate * 1_000_000 / rate).saturating_sub(2);
        while self.count(now) < shown {
            now += 1;
        }
        now
    }

    /// What a node reads off it; `jumped_us` is how far it has jumped since the beginning.
    pub(super) fn server_time(self, now: u64, jumped_us: i64) -> ServerTime {
        let micros = EPOCH_US + self.count(now) / 1_000;
        ServerTime::from_micros(micros.saturating_add_signed(self.ahead_us + jumped_us))
    }

    /// The first true time at which a node reads at least `shown`; `u64::MAX` beyond all runs.
    pub(super) fn when_server(self, shown: ServerTime, jumped_us: i64) -> u64 {
        let micros = shown
            .as_micros()
            .saturating_add_signed(-(self.ahead_us + jumped_us));
        let counted = micros.saturating_sub(EPOCH_US).saturating_mul(1_000);
        self.when(Instant::from_nanos(counted))
    }
}

/// A time of a plan in nanoseconds.
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).expect("a time of a plan")
}

/// A lease of a plan in milliseconds.
pub(super) fn ttl(lease: Duration) -> u32 {
    u32::try_from(lease.as_millis()).expect("a lease of a plan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_is_the_first_time_at_which_it_is_shown() {
        for rate_ppm in [-200_000, -4_999, -1, 0, 1, 4_999, 200_000] {
            let clock = Clock {
                rate_ppm,
                ahead_us: 0,
            };
            for shown in [0, 1, 999, 1_000_000, 1_234_567_891, 19_999_999_999] {
                let shown = Instant::from_nanos(shown);
                let now = clock.when(shown);
                assert!(clock.read(now) >= shown, "{rate_ppm} {shown:?}");
                assert!(
                    now == 0 || clock.read(now - 1) < shown,
                    "{rate_ppm} {shown:?}"
                );
            }
        }
        assert_eq!(Clock::default().when(Instant::NEVER), u64::MAX);
    }

    #[test]
    fn a_node_reads_what_it_waits_for_at_that_time_and_not_before() {
        for (rate_ppm, ahead_us, jumped_us) in [(0, 0, 0), (4_000, -40_000, 0), (-4_000, 40_000, 7)]
        {
            let clock = Clock { rate_ppm, ahead_us };
            for later_us in [50_001, 1_234_567] {
                let shown = ServerTime::from_micros(EPOCH_US + later_us);
                let now = clock.when_server(shown, jumped_us);
                assert_eq!(clock.server_time(now, jumped_us), shown);
                assert!(clock.server_time(now - 1, jumped_us) < shown);
            }
        }
        assert_eq!(Clock::default().when_server(ServerTime::MAX, 0), u64::MAX);
    }

    #[test]
    fn a_clock_never_goes_back_by_itself() {
        let clock = Clock {
            rate_ppm: -199_999,
            ahead_us: 0,
        };
        let mut last = Instant::ORIGIN;
        for now in (0..20_000_000).step_by(333) {
            assert!(clock.read(now) >= last);
            last = clock.read(now);
        }
    }
}
