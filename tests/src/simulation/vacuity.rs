//! What a sweep has to have seen: one that has not seen a lock lost has shown nothing about the loss of locks.

use super::Tally;

/// A count and how much of it is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Required {
    /// What is counted.
    pub what: &'static str,
    /// How often it was seen.
    pub seen: u64,
    /// How often it has to be seen.
    pub least: u64,
}

impl Required {
    /// What a sweep of so many seeds of a profile whose protections are on has to have seen: each on the average in one
    /// seed of ten, which is a fraction of what is usual.
    #[must_use]
    pub fn of(tally: &Tally, seeds: u64) -> Vec<Self> {
        let counts = [
            ("acquired", tally.acquired),
            ("of two keys", tally.several),
            ("contended", tally.contended),
            ("cancelled", tally.cancelled),
            ("extended", tally.extended),
            ("extensions failed", tally.extend_failed),
            ("healed", tally.healed),
            ("lost", tally.lost),
            ("releases verified", tally.verified),
            ("expired earlier", tally.expired_earlier),
            ("releases executed late", tally.late_releases),
            ("guarded refusals", tally.guarded),
            ("handed over", tally.handed_over),
            ("stale writes refused", tally.stale_writes),
            ("client crashes", tally.client_crashes),
            ("nodes that forgot", tally.amnesia),
        ];
        let least = seeds / 10;
        let required = |(what, seen)| Self { what, seen, least };
        counts.map(required).to_vec()
    }

    /// Whether it was seen often enough.
    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.seen >= self.least
    }
}
