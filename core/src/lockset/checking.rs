//! What can be acquired at all.

use super::LockSet;
use super::closing::Closing;
use crate::guard::GUARD_KEY;
use crate::lock::{AcquireError, AcquireRequest};
use crate::time::Instant;
use crate::token::is_counter_key;

impl LockSet {
    /// What is wrong with a request before anything is sent.
    pub(super) fn check(&self, request: &AcquireRequest) -> Result<(), AcquireError> {
        let (len, max) = (request.key.len(), self.limits.key);
        let limit = self.limits.locks;
        let ttl = request.ttl;
        let max_ttl = self.max_ttl;
        if self.closing != Closing::No {
            Err(AcquireError::Closed)
        } else if len == 0 {
            Err(AcquireError::EmptyKey)
        } else if len > max {
            Err(AcquireError::KeyTooLong { len, max })
        } else if request.key == GUARD_KEY || is_counter_key(&request.key) {
            Err(AcquireError::ReservedKey)
        } else if self.locks.len() >= limit
            || self.releases.len() >= limit.saturating_add(self.limits.in_flight)
        {
            Err(AcquireError::TooManyLocks { limit })
        } else if ttl > max_ttl {
            Err(AcquireError::TtlTooLong { ttl, max: max_ttl })
        } else if self.drift.valid_until(Instant::ORIGIN, ttl).is_none() {
            let allowance = self.drift.allowance(ttl);
            Err(AcquireError::TtlTooShort { ttl, allowance })
        } else {
            Ok(())
        }
    }
}
