//! When a key was last set or renewed, by which it must have ended: a dead holder does not keep it.

use core::time::Duration;

use super::invariant::{Checked, Invariant};
use super::plan::Clock;

/// The last that was done for a key, in true time, and the lease from then on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Renewal {
    pub(super) at: u64,
    pub(super) lease_ms: i64,
}

impl Renewal {
    /// Key `key`, which is there now, was renewed within its lease, by the node's clock.
    pub(super) fn check(self, key: usize, clock: Clock, now: u64) -> Checked {
        // it is there in the whole of its last millisecond
        let lease = Duration::from_millis(self.lease_ms.unsigned_abs() + 1);
        if clock.read(now) <= clock.read(self.at) + lease {
            return Ok(());
        }
        Err(Invariant::DeadHoldersFree.broken(format!("key {key} outlived its lease")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::broken;
    use super::*;

    #[test]
    fn i08_a_key_that_outlives_its_lease_is_seen() {
        // 100 ms and the last millisecond, which a clock that is faster by a quarter counts sooner
        for (rate_ppm, last) in [(0, 121_000_000), (250_000, 100_800_000)] {
            let clock = Clock {
                rate_ppm,
                ahead_us: 0,
            };
            let renewal = Renewal {
                at: 20_000_000,
                lease_ms: 100,
            };
            assert_eq!(broken(renewal.check(0, clock, last)), None);
            let found = broken(renewal.check(0, clock, last + 1));
            assert_eq!(found, Some(Invariant::DeadHoldersFree), "{rate_ppm}");
        }
    }
}
