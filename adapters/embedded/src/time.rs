//! The node's clock, which is always an argument.

use core::fmt;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

/// A reading of the node's wall clock: microseconds since 1970-01-01 UTC.
///
/// It may step back and forth between two calls, as a server's clock does: keys
/// expire by this clock and by no other. Values stop at 2^53 - 1 µs (in the year
/// 2255), because the scripts of a real server compute with doubles and are
/// exact only up to there.
///
/// ```
/// use core::time::Duration;
/// use quorlock_embedded::ServerTime;
///
/// let now = ServerTime::from_micros(1_700_000_000_000_000);
/// assert_eq!(now.after(Duration::from_millis(5)).as_millis(), 1_700_000_000_005);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerTime(u64);

impl ServerTime {
    /// The latest time that can be told.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// `micros` microseconds after 1970-01-01 UTC, at most [`Self::MAX`].
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// The machine's clock now; 1970 when it stands before that.
    #[must_use]
    pub fn system() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// This much later, at most [`Self::MAX`].
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// This much earlier, not before 1970: a clock that is set back.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// Microseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since 1970-01-01 UTC, the unit in which keys expire.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        // 2^53 µs are far below i64::MAX ms.
        (self.0 / 1_000).cast_signed()
    }

    /// Whole seconds since 1970-01-01 UTC.
    pub(crate) const fn as_secs(self) -> i64 {
        (self.0 / 1_000_000).cast_signed()
    }
}

impl fmt::Display for ServerTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_its_bounds() {
        assert_eq!(ServerTime::from_micros(u64::MAX), ServerTime::MAX);
        assert_eq!(ServerTime::MAX.after(Duration::MAX), ServerTime::MAX);
        assert_eq!(
            ServerTime::from_micros(3).before(Duration::MAX).as_micros(),
            0
        );
    }

    #[test]
    fn rounds_down_to_milliseconds_and_seconds() {
        let time = ServerTime::from_micros(1_999_999);
        assert_eq!((time.as_millis(), time.as_secs()), (1_999, 1));
        assert_eq!(time.to_string(), "1.999999 s");
    }
}
