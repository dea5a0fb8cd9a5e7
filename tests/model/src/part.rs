//! A part of a world: shared between the states in which it is the same, and hashed once.

use core::hash::{Hash, Hasher};
use core::ops::Deref;
use std::sync::Arc;

use ahash::RandomState;

/// Any, but always the same: runs must repeat.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// A value that is cheap to copy and to hash. After [`change`](Self::change), [`seal`](Self::seal) brings its hash up
/// to date.
#[derive(Clone, Debug)]
pub(crate) struct Part<T> {
    value: Arc<T>,
    hash: u64,
    changed: bool,
}

impl<T: Clone + Hash> Part<T> {
    pub(crate) fn new(value: T) -> Self {
        let mut part = Self {
            value: Arc::new(value),
            hash: 0,
            changed: true,
        };
        part.seal();
        part
    }

    pub(crate) fn change(&mut self) -> &mut T {
        self.changed = true;
        Arc::make_mut(&mut self.value)
    }

    pub(crate) fn seal(&mut self) {
        if self.changed {
            let [one, two, three, four] = SEEDS;
            self.hash = RandomState::with_seeds(one, two, three, four).hash_one(&self.value);
            self.changed = false;
        }
    }
}

impl<T> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Part<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Part<T> {}

impl<T> Hash for Part<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}
