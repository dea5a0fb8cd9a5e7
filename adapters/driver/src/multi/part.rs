//! What is told of one of several locks.

use core::error::Error;
use core::fmt;
use std::sync::Arc;

use quorlock_core::Keys;

use crate::error::lock_name;
use crate::guard::Guard;

/// What is told of one part of a [`MultiGuard`](crate::MultiGuard), with the part's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<T> {
    /// Its keys.
    pub keys: Keys,
    /// Its shard, where it is on one of several.
    pub shard: Option<Arc<str>>,
    /// What is told of it.
    pub told: T,
}

impl<T> Part<T> {
    pub(super) fn of(guard: &Guard, told: T) -> Self {
        Self {
            keys: guard.keys().clone(),
            shard: guard.shard().cloned(),
            told,
        }
    }

    /// Something else of the same part.
    pub(super) fn with<U>(&self, told: U) -> Part<U> {
        Part {
            keys: self.keys.clone(),
            shard: self.shard.clone(),
            told,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = lock_name(&self.keys, self.shard.as_deref());
        write!(f, "{name}: {}", self.told)
    }
}

impl<T: Error> Error for Part<T> {}
