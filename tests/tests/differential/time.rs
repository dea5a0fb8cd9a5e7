//! Where the clock goes next.

use core::time::Duration;

use fastrand::Rng;
use quorlock_embedded::ServerTime;

use crate::scene::{Scene, one_of};

/// How far from the end of a quarantine to look, in µs.
pub(crate) const OFFSETS: [i64; 5] = [-1_000, -1, 0, 1, 1_000];

/// The next reading of the clock: often the same, often around the moment at which a key expires or a quarantine
/// ends, sometimes far ahead, sometimes back.
pub(crate) fn next(rng: &mut Rng, scene: &Scene) -> ServerTime {
    let now = scene.now;
    match rng.u8(..20) {
        0..7 => now,
        7..11 => {
            let offset = rng.i64(-1..=1);
            let deadline = one_of(rng, &scene.deadlines).map(|deadline| {
                let millis = deadline.saturating_add(offset);
                millis
                    .saturating_mul(1_000)
                    .saturating_add(rng.i64(..1_000))
            });
            around(now, deadline)
        }
        11..13 => {
            let offset = OFFSETS[rng.usize(..OFFSETS.len())];
            around(now, one_of(rng, &scene.ends).map(|end| end + offset))
        }
        13..17 => now.after(Duration::from_micros(rng.u64(..5_000))),
        17 => now.after(Duration::from_millis(rng.u64(..60_000))),
        18 => now.before(Duration::from_micros(rng.u64(..5_000))),
        _ => now.before(Duration::from_millis(rng.u64(..10_000))),
    }
}

/// The moment `micros`, unless it is hours away: one key with an endless lease must not carry the run to where no
/// other is used.
fn around(now: ServerTime, micros: Option<i64>) -> ServerTime {
    const HOUR: Duration = Duration::from_hours(1);
    micros
        .and_then(|micros| u64::try_from(micros).ok())
        .map(ServerTime::from_micros)
        .filter(|wanted| (now.before(HOUR)..now.after(HOUR)).contains(wanted))
        .unwrap_or(now)
}
