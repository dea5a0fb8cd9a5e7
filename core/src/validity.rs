//! How long a granted lock may be believed in.
//!
//! Source: the Redis documentation's page on distributed locks,
//! `MIN_VALIDITY = TTL - (T2 - T1) - CLOCK_DRIFT`, with the round's *start* as T1.

use core::fmt;
use core::time::Duration;

use crate::time::Instant;

/// The length of a lease: whole milliseconds, 1 ms to [`Ttl::MAX`].
///
/// ```
/// use core::time::Duration;
/// use quorlock_core::Ttl;
///
/// let ttl = Ttl::new(Duration::from_secs(10)).unwrap();
/// assert_eq!(ttl.as_millis(), 10_000);
/// assert!(Ttl::new(Duration::from_micros(999)).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

impl Ttl {
    /// The longest lease, a little under 50 days.
    pub const MAX: Self = Self(u32::MAX);

    /// A lease of this length; parts of a millisecond are dropped.
    ///
    /// # Errors
    /// Below 1 ms or above [`Ttl::MAX`].
    pub fn new(length: Duration) -> Result<Self, TtlError> {
        match u32::try_from(length.as_millis()) {
            Ok(0) => Err(TtlError::TooShort(length)),
            Ok(millis) => Ok(Self(millis)),
            Err(_) => Err(TtlError::TooLong(length)),
        }
    }

    /// A lease of so many milliseconds; 0 becomes 1.
    #[must_use]
    pub const fn from_millis(millis: u32) -> Self {
        Self(if millis == 0 { 1 } else { millis })
    }

    /// Milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u32 {
        self.0
    }

    /// The length as a `Duration`.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.0 as u64)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// A length that can't be a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TtlError {
    /// Longer than [`Ttl::MAX`].
    #[error("a TTL of {0:?} is too long, the most is {max}", max = Ttl::MAX)]
    TooLong(Duration),
    /// Shorter than a millisecond.
    #[error("a TTL of {0:?} is too short, the least is 1 ms")]
    TooShort(Duration),
}

/// What clocks may be off: a rate and a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Drift {
    /// How much faster a server's clock may run than ours, in parts per million of
    /// the lease. Default 10,000 (1 %).
    pub ppm: u32,
    /// Constant part: 1 ms for the servers' expiry precision and 1 ms for our
    /// rounding. Default 2 ms.
    pub margin: Duration,
}

impl Drift {
    /// 1 % and 2 ms, the values of the Redlock implementations.
    pub const DEFAULT: Self = Self {
        ppm: 10_000,
        margin: Duration::from_millis(2),
    };

    /// The part of a lease that can't be relied on.
    #[must_use]
    pub fn allowance(self, ttl: Ttl) -> Duration {
        self.over(ttl.as_duration())
    }

    /// By how much two clocks may differ after so long.
    #[must_use]
    pub fn over(self, span: Duration) -> Duration {
        self.rate_over(span).saturating_add(self.margin)
    }

    /// The part of it that grows with time.
    pub(crate) fn rate_over(self, span: Duration) -> Duration {
        let nanos = span.as_nanos().saturating_mul(u128::from(self.ppm)) / 1_000_000;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How long a lease may last on a server whose clock is slow.
    #[must_use]
    pub fn longest(self, ttl: Ttl) -> Duration {
        ttl.as_duration().saturating_add(self.allowance(ttl))
    }

    /// Until when a lease is valid whose round started at `started`, or `None`
    /// where the allowance eats the whole lease.
    #[must_use]
    pub fn valid_until(self, started: Instant, ttl: Ttl) -> Option<Instant> {
        let validity = ttl.as_duration().checked_sub(self.allowance(ttl))?;
        (!validity.is_zero()).then(|| started + validity)
    }
}

impl Default for Drift {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ttl(millis: u64) -> Ttl {
        Ttl::new(Duration::from_millis(millis)).unwrap_or(Ttl::MAX)
    }

    #[test]
    fn validity_is_the_lease_less_one_percent_less_two_milliseconds() {
        let start = Instant::from_nanos(1_000);
        let until = Drift::DEFAULT.valid_until(start, ttl(10_000));
        assert_eq!(until, Some(start + Duration::from_millis(10_000 - 100 - 2)));
        let until = Drift::DEFAULT.valid_until(start, ttl(3));
        assert_eq!(
            until,
            Some(start + Duration::from_micros(3_000 - 30 - 2_000))
        );
    }

    #[test]
    fn a_lease_within_the_allowance_has_no_validity() {
        let wild = Drift {
            ppm: 1_000_000,
            ..Drift::DEFAULT
        };
        assert_eq!(Drift::DEFAULT.valid_until(Instant::ORIGIN, ttl(2)), None);
        assert_eq!(wild.valid_until(Instant::ORIGIN, Ttl::MAX), None);
        let exact = Drift {
            ppm: 0,
            margin: Duration::from_millis(5),
        };
        assert_eq!(exact.valid_until(Instant::ORIGIN, ttl(5)), None);
        assert!(exact.valid_until(Instant::ORIGIN, ttl(6)).is_some());
    }
}
