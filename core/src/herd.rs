//! Those who are woken by the same message, as far as rounds have told of them.

use core::time::Duration;

use crate::quorum::Decision;

/// The most rivals that a waiter makes room for when all of them are woken at once. More
/// would serve whoever has just been served: the others' pauses grow as they lose.
pub(crate) const MAX_RIVALS: u32 = 8;

/// How many others a waiter is woken with: they are told apart by random pauses, of one
/// round's length for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Herd {
    /// The round that comes or runs was begun by a message.
    woken: bool,
    rivals: u32,
    /// How long a round takes.
    pub(crate) pace: Duration,
}

impl Herd {
    /// A message wakes the waiter: how long it pauses at most.
    pub(crate) fn wake(&mut self) -> Duration {
        self.woken = true;
        self.pace * self.rivals
    }

    /// A round ended so, after this time.
    pub(crate) fn learn(&mut self, pace: Duration, outcome: Decision) {
        let woken = core::mem::take(&mut self.woken);
        self.pace = pace;
        if outcome == Decision::Won {
            self.rivals /= 2;
        } else {
            self.rivals = (self.rivals + u32::from(woken)).min(MAX_RIVALS);
        }
    }
}
