//! What the lock protects: it takes writes, and compares their tokens if it is fenced.

use crate::client::Write;
use crate::scope::Writes;

/// The resource, as far as claims ask for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Resource {
    /// The highest token that it has seen.
    highest: u64,
    /// The newest tenure whose write it took.
    newest: u8,
    /// It took a write of an older tenure behind one of a newer.
    pub(crate) took_stale: bool,
    /// It refused a write.
    pub(crate) refused: bool,
}

impl Resource {
    pub(crate) fn write(&mut self, write: Write, writes: Writes) {
        if writes == Writes::Fenced && write.token < self.highest {
            self.refused = true;
            return;
        }
        self.highest = self.highest.max(write.token);
        self.took_stale |= write.tenure < self.newest;
        self.newest = self.newest.max(write.tenure);
    }
}
