//! What a sweep has to have seen: one that has not seen a lock lost has shown nothing about the loss of locks.

use super::{Profile, Tally};

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
    pub fn of(profile: Profile, tally: &Tally, seeds: u64) -> Vec<Self> {
        let always = [
            ("acquired", tally.acquired),
            ("contended", tally.contended),
            ("cancelled", tally.cancelled),
            ("extended", tally.extended),
            ("extensions failed", tally.extend_failed),
            ("lost", tally.lost),
            ("releases verified", tally.verified),
            ("expired earlier", tally.expired_earlier),
            ("releases executed late", tally.late_releases),
            ("stale writes refused", tally.stale_writes),
            ("client crashes", tally.client_crashes),
        ];
        let forgetting = [
            ("guarded refusals", tally.guarded),
            ("nodes that forgot", tally.amnesia),
        ];
        let lone = [
            ("of two keys", tally.several),
            ("healed", tally.healed),
            ("handed over", tally.handed_over),
        ];
        let cluster = [
            ("redirected by moved", tally.moved),
            ("redirected by ask", tally.asked),
            ("to be tried again", tally.tried_again),
            ("slots moved", tally.slots_moved),
            ("slots moved while held", tally.moved_held),
            ("nodes removed", tally.removed),
            ("failovers", tally.failovers),
            ("unheard by replicas", tally.unheard),
        ];
        let failovers = [
            ("failovers", tally.failovers),
            ("failovers that lose", tally.failovers_that_lose),
            ("heard by replicas", tally.heard),
            ("unheard by replicas", tally.unheard),
        ];
        let own: &[&[_]] = if profile == Profile::Cluster {
            &[&forgetting, &cluster]
        } else if profile == Profile::Failovers {
            &[&lone, &failovers]
        } else if profile == Profile::Fair {
            &[&forgetting]
        } else {
            &[&forgetting, &lone]
        };
        let least = seeds / 10;
        let counts = always.iter().chain(own.iter().copied().flatten());
        counts
            .map(|&(what, seen)| Self { what, seen, least })
            .collect()
    }

    /// Whether it was seen often enough.
    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.seen >= self.least
    }
}
