//! The clock that the core is fed with: monotonic, and aware of suspends.
//!
//! `CLOCK_MONOTONIC` stands still while the machine is suspended, a lease on a
//! server goes on. So the clock steps by the larger of the monotonic and the wall
//! delta. A wall clock that is set forward has the same effect: leases end early,
//! which is the safe side. Set backward, it changes nothing.

use core::time::Duration;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant as Monotonic, SystemTime};

use quorlock_core::Instant;

use crate::runtime::Runtime;

/// How far the wall clock must have gone ahead of the monotonic one to count as a
/// jump. Less is the noise of two clocks that are disciplined differently. Well
/// below what any suspend takes.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Translates between a runtime's clocks and the core's.
#[derive(Debug)]
pub(crate) struct Clock {
    monotonic_origin: Monotonic,
    wall_origin: SystemTime,
    jumps: Mutex<Jumps>,
}

impl Clock {
    pub(crate) fn new(runtime: &dyn Runtime) -> Self {
        Self {
            monotonic_origin: runtime.now(),
            wall_origin: runtime.wall(),
            jumps: Mutex::new(Jumps::default()),
        }
    }

    /// The core's time.
    pub(crate) fn now(&self, runtime: &dyn Runtime) -> Instant {
        let mut jumps = self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
        // The wall clock is read between two readings of the other one: being
        // interrupted in between widens the interval and can't pass for a jump.
        let before = self.since_origin(runtime.now());
        let wall = self.wall_since_origin(runtime.wall());
        let after = self.since_origin(runtime.now());
        jumps.observe(wall - after, wall - before);
        core_time(after, jumps.total)
    }

    /// The monotonic time at which the core's clock will show `at`, if the machine
    /// is not suspended until then; `None` when that is beyond what can be said.
    pub(crate) fn monotonic(&self, at: Instant) -> Option<Monotonic> {
        let jumps = self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
        if at == Instant::NEVER {
            return None;
        }
        let ahead = u64::try_from(jumps.total).unwrap_or(u64::MAX);
        let since_origin = at.as_nanos().saturating_sub(ahead);
        self.monotonic_origin
            .checked_add(Duration::from_nanos(since_origin))
    }

    /// The same for the end of a lease. One that can't be told counts as long past.
    pub(crate) fn deadline(&self, at: Instant) -> Monotonic {
        self.monotonic(at).unwrap_or(self.monotonic_origin)
    }

    fn since_origin(&self, now: Monotonic) -> i128 {
        signed(now.saturating_duration_since(self.monotonic_origin))
    }

    fn wall_since_origin(&self, now: SystemTime) -> i128 {
        match now.duration_since(self.wall_origin) {
            Ok(after) => signed(after),
            Err(before) => -signed(before.duration()),
        }
    }
}

/// How far the wall clock went ahead of the monotonic one, summed over all jumps.
/// All in nanoseconds; offsets are wall less monotonic time, each since its origin.
#[derive(Debug, Default)]
struct Jumps {
    /// The offset that is accounted for.
    reference: i128,
    /// Sum of the jumps.
    total: i128,
}

impl Jumps {
    /// Takes note of a reading: the offset is between `low` and `high`.
    ///
    /// The reference moves only by what is beyond the tolerance and certain, so
    /// noise never adds up, however often the clocks are read.
    fn observe(&mut self, low: i128, high: i128) {
        if low - self.reference > signed(TOLERANCE) {
            self.total += low - self.reference;
            self.reference = low;
        } else if self.reference - high > signed(TOLERANCE) {
            // Set back: nothing passed, but the next jump counts from here.
            self.reference = high;
        }
    }
}

fn signed(span: Duration) -> i128 {
    i128::try_from(span.as_nanos()).unwrap_or(i128::MAX)
}

fn core_time(monotonic: i128, jumps: i128) -> Instant {
    let nanos = monotonic.saturating_add(jumps).max(0);
    Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: i128 = 1_000_000;
    const SECOND: i128 = 1_000 * MILLI;

    /// The core's time after readings of (monotonic, wall) in milliseconds.
    fn after(readings: &[(i128, i128)]) -> i128 {
        let mut jumps = Jumps::default();
        for (monotonic, wall) in readings {
            jumps.observe((wall - monotonic) * MILLI, (wall - monotonic) * MILLI);
        }
        readings
            .last()
            .map_or(0, |(monotonic, _)| monotonic + jumps.total / MILLI)
    }

    #[test]
    fn without_a_jump_the_clock_is_the_monotonic_one() {
        assert_eq!(after(&[(0, 0), (10, 12), (20, 18), (1_000, 1_004)]), 1_000);
    }

    #[test]
    fn a_suspend_counts() {
        assert_eq!(after(&[(0, 0), (10, 10), (11, 60_011)]), 60_011);
        assert_eq!(
            after(&[(0, 0), (11, 60_011), (12, 60_012), (13, 120_013)]),
            120_013
        );
    }

    #[test]
    fn a_wall_clock_set_back_counts_nothing_and_hides_no_later_suspend() {
        assert_eq!(after(&[(0, 0), (10, -3_600_000)]), 10);
        assert_eq!(
            after(&[(0, 0), (10, -3_600_000), (11, -3_600_000 + 60_001)]),
            60_011
        );
    }

    #[test]
    fn noise_does_not_add_up() {
        let mut jumps = Jumps::default();
        for reading in 0..1_000_000 {
            let offset = if reading % 2 == 0 {
                -2 * MILLI
            } else {
                2 * MILLI
            };
            jumps.observe(offset, offset);
        }
        assert_eq!(jumps.total, 0);
    }

    #[test]
    fn slow_drift_is_not_lost() {
        let mut jumps = Jumps::default();
        for reading in 1..=1_000 {
            jumps.observe(reading * MILLI, reading * MILLI);
        }
        assert!(
            jumps.total > SECOND - 2 * signed(TOLERANCE),
            "{} ns",
            jumps.total
        );
    }

    #[test]
    fn being_interrupted_between_two_readings_is_no_jump() {
        let mut jumps = Jumps::default();
        for _ in 0..1_000 {
            // 50 ms between the first and the last reading
            jumps.observe(-50 * MILLI, 0);
            jumps.observe(0, 50 * MILLI);
            jumps.observe(0, 0);
        }
        assert_eq!(jumps.total, 0);
    }

    #[test]
    fn the_core_clock_saturates() {
        assert_eq!(core_time(i128::MAX, 1), Instant::NEVER);
        assert_eq!(core_time(-1, 0), Instant::ORIGIN);
    }
}
