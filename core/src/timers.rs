//! One deadline per slot, in a heap that knows where each slot stands.
//!
//! A lazy heap, which leaves replaced deadlines in place until they come up, grows
//! with rate times horizon (measured: 750,000 stale entries); this one holds at
//! most one entry per slot, and its memory is reused.

use alloc::vec::Vec;

use crate::time::Instant;

const ABSENT: u32 = u32::MAX;

/// A binary heap over slots 0, 1, 2 ...; set and clear are O(log n), peek is O(1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Timers {
    heap: Vec<Entry>,
    /// Place in `heap` of each slot, or `ABSENT`.
    places: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Entry {
    at: Instant,
    slot: u32,
}

impl Timers {
    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.first().map(|entry| entry.at)
    }

    /// Sets the deadline of a slot; `NEVER` clears it.
    pub(crate) fn set(&mut self, slot: usize, at: Instant) {
        if at == Instant::NEVER {
            self.clear(slot);
            return;
        }
        if let Some(place) = self.place(slot) {
            if let Some(entry) = self.heap.get_mut(place) {
                entry.at = at;
            }
            self.settle(place);
        } else if let Ok(number) = u32::try_from(slot) {
            self.heap.push(Entry { at, slot: number });
            let last = self.heap.len() - 1;
            self.note(last);
            self.settle(last);
        }
    }

    /// Takes away the deadline of a slot.
    pub(crate) fn clear(&mut self, slot: usize) {
        let Some(place) = self.place(slot) else {
            return;
        };
        self.heap.swap_remove(place);
        if let Some(number) = self.places.get_mut(slot) {
            *number = ABSENT;
        }
        // the last one is there now, unless that was it
        self.note(place);
        self.settle(place);
    }

    /// Takes the earliest slot whose deadline is not after `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<usize> {
        let entry = self.heap.first().filter(|entry| entry.at <= now)?;
        let slot = entry.slot as usize;
        self.clear(slot);
        Some(slot)
    }

    /// The deadline of a slot.
    pub(crate) fn get(&self, slot: usize) -> Option<Instant> {
        self.heap.get(self.place(slot)?).map(|entry| entry.at)
    }

    fn place(&self, slot: usize) -> Option<usize> {
        let place = *self.places.get(slot)?;
        (place != ABSENT).then_some(place as usize)
    }

    /// Writes down where the slot at `place` stands now.
    fn note(&mut self, place: usize) {
        let Some(entry) = self.heap.get(place) else {
            return;
        };
        let slot = entry.slot as usize;
        if self.places.len() <= slot {
            self.places.resize(slot + 1, ABSENT);
        }
        if let Some(number) = self.places.get_mut(slot) {
            *number = u32::try_from(place).unwrap_or(ABSENT);
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.note(a);
        self.note(b);
    }

    fn earlier(&self, a: usize, b: usize) -> bool {
        match (self.heap.get(a), self.heap.get(b)) {
            (Some(a), Some(b)) => (a.at, a.slot) < (b.at, b.slot),
            _ => false,
        }
    }

    /// Moves the entry at `place` up or down to where it belongs.
    fn settle(&mut self, mut place: usize) {
        while place > 0 && self.earlier(place, (place - 1) / 2) {
            self.swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
        loop {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            let least = if self.earlier(right, left) {
                right
            } else {
                left
            };
            if !self.earlier(least, place) {
                return;
            }
            self.swap(least, place);
            place = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::collections::BTreeMap;

    #[test]
    fn agrees_with_an_ordered_map() {
        let mut random = Random::new(1);
        let mut timers = Timers::default();
        let mut model = BTreeMap::new();
        for _ in 0..50_000 {
            let slot = (random.next() % 50) as usize;
            let at = Instant::from_nanos(random.next() % 1_000);
            match random.next() % 4 {
                0 => {
                    timers.clear(slot);
                    model.remove(&slot);
                }
                1 => {
                    let due = timers.pop_due(at);
                    let expected = model.iter().map(|(slot, at)| (*at, *slot)).min();
                    let expected = expected.filter(|(first, _)| *first <= at);
                    assert_eq!(due, expected.map(|(_, slot)| slot));
                    due.map(|slot| model.remove(&slot));
                }
                _ => {
                    timers.set(slot, at);
                    model.insert(slot, at);
                }
            }
            assert_eq!(timers.next(), model.values().min().copied());
            assert_eq!(timers.get(slot), model.get(&slot).copied());
            assert!(timers.heap.len() == model.len(), "no stale entries");
        }
        timers.set(7, Instant::NEVER);
        assert_eq!(timers.get(7), None);
    }
}
