//! What can be acquired at all.

use bytes::Bytes;

use super::LockSet;
use super::closing::Closing;
use crate::fairness::Fairness;
use crate::guard::GUARD_KEY;
use crate::hash_slot::HashSlot;
use crate::keys::Keys;
use crate::lock::{AcquireError, AcquireRequest};
use crate::time::Instant;
use crate::token::is_reserved_key;

impl LockSet {
    /// What is wrong with a request before anything is sent.
    pub(super) fn check(&self, request: &AcquireRequest) -> Result<(), AcquireError> {
        let limit = self.limits.locks;
        let ttl = request.ttl;
        let max_ttl = self.max_ttl;
        if self.closing != Closing::No {
            return Err(AcquireError::Closed);
        }
        self.check_keys(&request.keys)?;
        if self.locks.len() >= limit
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

    fn check_keys(&self, keys: &Keys) -> Result<(), AcquireError> {
        let (count, max) = (keys.count(), self.limits.keys);
        if count > max {
            return Err(AcquireError::TooManyKeys { count, max });
        }
        if keys.are_several() && self.fairness != Fairness::Off {
            return Err(AcquireError::SeveralInQueues);
        }
        for key in keys.iter() {
            self.check_key(key)?;
        }
        if self.topology.is_cluster() {
            let first = HashSlot::of(keys.first());
            let mut slots = keys.iter().map(|key| HashSlot::of(key));
            if let Some(other) = slots.find(|slot| *slot != first) {
                return Err(AcquireError::CrossSlot { first, other });
            }
        }
        Ok(())
    }

    fn check_key(&self, key: &Bytes) -> Result<(), AcquireError> {
        let (len, max) = (key.len(), self.limits.key);
        if len == 0 {
            Err(AcquireError::EmptyKey)
        } else if len > max {
            Err(AcquireError::KeyTooLong { len, max })
        } else if key == GUARD_KEY || is_reserved_key(key) {
            Err(AcquireError::ReservedKey)
        } else {
            Ok(())
        }
    }
}
