//! Figures of a series of measurements.

use core::time::Duration;

/// The middle of `samples` when they are sorted; the upper one of the two when their number is even.
///
/// A median and not a mean: one round that the scheduler spoiled says nothing about the others. Panics when there are
/// no samples.
#[must_use]
pub fn median(samples: &[Duration]) -> Duration {
    quantile(samples, 0.5)
}

/// The sample below which a share `q` (0 to 1) of `samples` lies; `quantile(samples, 1.0)` is the largest.
///
/// Panics when there are no samples or `q` is outside of 0 to 1.
#[must_use]
pub fn quantile(samples: &[Duration], q: f64) -> Duration {
    assert!((0.0..=1.0).contains(&q), "{q} is no share of the samples");
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().checked_sub(1).expect("a figure of no samples");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index of a series that a test recorded, rounded on purpose"
    )]
    let index = (q * sorted.len() as f64) as usize;
    *sorted
        .get(index.min(last))
        .expect("an index below the length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(milliseconds: &[u64]) -> Vec<Duration> {
        milliseconds
            .iter()
            .copied()
            .map(Duration::from_millis)
            .collect()
    }

    #[test]
    fn median_of_an_odd_series_is_its_middle() {
        assert_eq!(median(&series(&[900, 1, 5])), Duration::from_millis(5));
    }

    #[test]
    fn median_of_an_even_series_is_the_upper_middle() {
        assert_eq!(median(&series(&[4, 1, 3, 2])), Duration::from_millis(3));
    }

    #[test]
    fn quantiles_reach_both_ends() {
        let samples = series(&[30, 10, 20]);
        assert_eq!(quantile(&samples, 0.0), Duration::from_millis(10));
        assert_eq!(quantile(&samples, 1.0), Duration::from_millis(30));
    }

    #[test]
    #[should_panic(expected = "no samples")]
    fn nothing_has_no_median() {
        let _ = median(&[]);
    }
}
