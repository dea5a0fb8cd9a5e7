//! Jitter: a small deterministic generator, seeded by the caller.

use core::time::Duration;

/// `SplitMix64`. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators" (2014). Good enough to spread retries; never used for secrets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from nothing to `span`.
    pub(crate) fn up_to(&mut self, span: Duration) -> Duration {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.next() % nanos.saturating_add(1).max(1))
    }

    /// Evenly from `span / 2` to `span`.
    pub(crate) fn jitter(&mut self, span: Duration) -> Duration {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let half = nanos / 2;
        Duration::from_nanos(half.saturating_add(self.next() % (nanos - half).max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// From the reference implementation in C (Vigna, `splitmix64.c`, 2015).
    #[test]
    fn the_published_sequence() {
        let mut random = Random::new(1_234_567);
        let numbers = [(); 5].map(|()| random.next());
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(numbers, expected);
    }

    #[test]
    fn jitter_takes_up_to_half_away() {
        let mut random = Random::new(1);
        for nanos in [0, 1, 2, 3, 1_000, 1_001, u64::MAX] {
            let span = Duration::from_nanos(nanos);
            let pauses: Vec<_> = (0..1_000).map(|_| random.jitter(span)).collect();
            assert!(
                pauses
                    .iter()
                    .all(|pause| *pause >= span / 2 && *pause <= span)
            );
            if nanos > 3 {
                assert!(pauses.iter().any(|pause| *pause < span / 8 * 5));
                assert!(pauses.iter().any(|pause| *pause > span / 8 * 7));
            }
        }
    }
}
