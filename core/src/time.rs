//! The core's own clock: nanoseconds since an origin that the caller chose.

use core::ops::{Add, AddAssign};
use core::time::Duration;

/// A point in time: nanoseconds since the caller's origin.
///
/// The core never reads a clock; every verb takes `now`. Arithmetic saturates, so
/// that a deadline of `Duration::MAX` means "never" and nothing panics
/// (`std::time::Instant + Duration::MAX` does). The clock should go on while the
/// machine is suspended, because a lease on a server does.
///
/// ```
/// use core::time::Duration;
/// use quorlock_core::Instant;
///
/// let start = Instant::from_nanos(5);
/// assert_eq!(start + Duration::MAX, Instant::NEVER);
/// assert_eq!(start.duration_since(start + Duration::from_secs(1)), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The origin.
    pub const ORIGIN: Self = Self(0);

    /// Later than every other instant: the deadline of what may wait for ever.
    pub const NEVER: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Time passed since `earlier`; zero when `earlier` is later.
    #[must_use]
    pub const fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This instant moved back by `span`, never before the origin.
    #[must_use]
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(span)))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos(span)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
