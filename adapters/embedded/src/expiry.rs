//! When a key ends.

use crate::time::ServerTime;

/// The end of a key's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Expiry {
    /// Past this millisecond since 1970. The key is still alive in it, as in Redis.
    At(i64),
    Never,
}

impl Expiry {
    pub(crate) fn is_past(self, now: ServerTime) -> bool {
        match self {
            Self::At(deadline) => now.as_millis() > deadline,
            Self::Never => false,
        }
    }
}
