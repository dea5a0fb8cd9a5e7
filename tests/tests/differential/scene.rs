//! What the generators know of the state: the time, and what stood in the keys at the last look.

use fastrand::Rng;
use quorlock_embedded::ServerTime;

use crate::queues;

/// See the module.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) now: ServerTime,
    /// Counters of tokens.
    counters: Vec<i64>,
    /// When keys expire, in ms since 1970.
    pub(crate) deadlines: Vec<i64>,
    /// When quarantines and places in queues end, in µs since 1970.
    pub(crate) ends: Vec<i64>,
}

impl Scene {
    pub(crate) fn new(now: ServerTime) -> Self {
        Self {
            now,
            counters: Vec::new(),
            deadlines: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Forgets the keys, before another look.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.now);
    }

    /// A key lives for so many milliseconds more.
    pub(crate) fn saw_lease(&mut self, left: i64) {
        self.deadlines
            .push(self.now.as_millis().saturating_add(left));
    }

    /// A key holds this text, which may be a counter, the guard of a quarantine or a queue.
    pub(crate) fn saw_text(&mut self, text: &[u8]) {
        self.ends.extend(queues::ends(text));
        let text = String::from_utf8_lossy(text);
        if let Ok(counter @ LEAST_COUNTER..LARGEST_COUNTER) = text.parse() {
            self.counters.push(counter);
        }
        if let ["Q", _, longest, since] = text.split(':').collect::<Vec<_>>()[..]
            && let (Ok(longest @ 0..1_000_000), Ok(since @ 0..LARGEST_COUNTER)) =
                (longest.parse::<i64>(), since.parse::<i64>())
        {
            self.ends.push(since + longest * 1_000);
        }
    }

    pub(crate) fn micros(&self) -> i64 {
        self.now.as_micros().cast_signed()
    }

    /// One of the counters; the time where there is none.
    pub(crate) fn counter(&self, rng: &mut Rng) -> i64 {
        one_of(rng, &self.counters).unwrap_or_else(|| self.micros())
    }
}

/// Smaller numbers are leases.
const LEAST_COUNTER: i64 = 1_000_000_000;
/// Up to here, sums with leads and leases are exact in doubles.
const LARGEST_COUNTER: i64 = 1 << 52;

/// One of them, if there are any.
pub(crate) fn one_of(rng: &mut Rng, values: &[i64]) -> Option<i64> {
    values.get(rng.usize(..values.len().max(1))).copied()
}
