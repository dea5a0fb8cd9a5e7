//! Where the clock goes next.

use core::time::Duration;

use fastrand::Rng;
use quorlock_embedded::ServerTime;

/// The next reading of the clock: often the same, often around the moment at which one of `deadlines` (milliseconds
/// since 1970) ends a key, sometimes far ahead, sometimes back.
pub(crate) fn next(rng: &mut Rng, now: ServerTime, deadlines: &[i64]) -> ServerTime {
    match rng.u8(..20) {
        0..7 => now,
        7..13 => deadlines
            .get(rng.usize(..deadlines.len().max(1)))
            .map_or(now, |&deadline| {
                let millis = deadline + rng.i64(-1..=1);
                // Keys that live beyond the clock's range stay.
                let millis = u64::try_from(millis).unwrap_or(0).min(u64::MAX / 2_000);
                around(
                    now,
                    ServerTime::from_micros(millis * 1_000 + rng.u64(..1_000)),
                )
            }),
        13..17 => now.after(Duration::from_micros(rng.u64(..5_000))),
        17 => now.after(Duration::from_millis(rng.u64(..60_000))),
        18 => now.before(Duration::from_micros(rng.u64(..5_000))),
        _ => now.before(Duration::from_millis(rng.u64(..10_000))),
    }
}

/// `wanted`, unless it is hours away: one key with an endless lease must not carry the run to where no other is used.
fn around(now: ServerTime, wanted: ServerTime) -> ServerTime {
    const HOUR: Duration = Duration::from_hours(1);
    if (now.before(HOUR)..now.after(HOUR)).contains(&wanted) {
        wanted
    } else {
        now
    }
}
