//! Those of one client who want the same key: one of them stands at the head, the others
//! wait behind it in the order in which they came.
//!
//! Only the head is on the wire: it contends with other clients, or holds. A hundred
//! tasks of a program that wait for one lock cost the nodes no more than one.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;

use crate::herd::Herd;
use crate::node::NodeSet;
use crate::slab::{Id, Slab};

/// Everybody of this client who wants one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) key: Bytes,
    /// Who contends for the key, or holds it.
    pub(crate) head: Option<Id>,
    /// Nodes that tell us when the lock is free.
    pub(crate) listening: NodeSet,
    /// Whether it listens, or did until a connection broke.
    pub(crate) listens: bool,
    /// Those with whom the head is woken.
    pub(crate) herd: Herd,
    /// How often in a row it was handed over.
    pub(crate) passed: u32,
    /// Locks of several keys, this one among them, that wait to be told.
    pub(crate) watchers: Vec<Id>,
    /// The others, by the order in which they came.
    queue: BTreeMap<u64, Id>,
    hash: u64,
    /// The next line in the same bucket: its place, or `END`.
    next: u32,
}

/// All lines, found by their keys. A line that comes and goes allocates nothing once its
/// place is there: most locks are alone in theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lines {
    slab: Slab<Line>,
    /// The first line of each bucket; a power of two of them.
    buckets: Vec<u32>,
    /// Where the hashes begin: strangers who choose keys can't know which ones meet.
    seed: u64,
    /// Counts those who queued.
    order: u64,
    /// How many of them listen.
    listening: usize,
}

const END: u32 = u32::MAX;

impl Line {
    /// Whether nobody wants the key any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none() && self.queue.is_empty() && self.watchers.is_empty()
    }

    /// Whether somebody waits behind the head.
    pub(crate) fn has_queue(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The one who came first.
    pub(crate) fn first(&self) -> Option<Id> {
        self.queue.first_key_value().map(|(_, id)| *id)
    }

    /// Takes the one who came first out of the queue.
    pub(crate) fn pop(&mut self) -> Option<Id> {
        self.queue.pop_first().map(|(_, id)| id)
    }

    /// Takes one out of the queue.
    pub(crate) fn remove(&mut self, order: u64) {
        self.queue.remove(&order);
    }
}

impl Lines {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            slab: Slab::new(),
            buckets: vec![END; 64],
            seed,
            order: 0,
            listening: 0,
        }
    }

    pub(crate) fn get(&self, line: Id) -> Option<&Line> {
        self.slab.get(line)
    }

    pub(crate) fn get_mut(&mut self, line: Id) -> Option<&mut Line> {
        self.slab.get_mut(line)
    }

    /// The line for a key.
    pub(crate) fn find(&self, key: &[u8]) -> Option<Id> {
        self.find_hashed(key, self.hash(key))
    }

    /// The line for a key, made if there is none.
    pub(crate) fn enter(&mut self, key: &Bytes) -> Id {
        let hash = self.hash(key);
        if let Some(line) = self.find_hashed(key, hash) {
            return line;
        }
        if self.slab.len() >= self.buckets.len() {
            self.grow();
        }
        let line = self.slab.insert(Line {
            key: key.clone(),
            head: None,
            listening: NodeSet::EMPTY,
            listens: false,
            herd: Herd::default(),
            passed: 0,
            watchers: Vec::new(),
            queue: BTreeMap::new(),
            hash,
            next: END,
        });
        self.link(line);
        line
    }

    /// Adds to the end of the queue; tells the place in it.
    pub(crate) fn queue(&mut self, line: Id, waiter: Id) -> u64 {
        self.order += 1;
        if let Some(line) = self.slab.get_mut(line) {
            line.queue.insert(self.order, waiter);
        }
        self.order
    }

    /// How many lines listen.
    pub(crate) const fn listening(&self) -> usize {
        self.listening
    }

    /// Says whether a line listens.
    pub(crate) fn set_listens(&mut self, line: Id, listens: bool) {
        if let Some(line) = self.slab.get_mut(line)
            && line.listens != listens
        {
            line.listens = listens;
            self.listening = self.listening + usize::from(listens) - usize::from(!listens);
        }
    }

    /// Places to walk with [`id_at`](Self::id_at), filled or not.
    pub(crate) fn places(&self) -> core::ops::Range<usize> {
        self.slab.places()
    }

    /// The name of the line at a place, if there is one.
    pub(crate) fn id_at(&self, place: usize) -> Option<Id> {
        self.slab.id_at(place)
    }

    /// Forgets a line.
    pub(crate) fn remove(&mut self, line: Id) {
        let Some(gone) = self.slab.remove(line) else {
            return;
        };
        let place = place_of(line);
        let bucket = self.bucket(gone.hash);
        let mut at = self.buckets.get(bucket).copied().unwrap_or(END);
        if at == place {
            self.set_first(bucket, gone.next);
            return;
        }
        while let Some(id) = self.slab.id_at(at as usize)
            && let Some(before) = self.slab.get_mut(id)
        {
            if before.next == place {
                before.next = gone.next;
                return;
            }
            at = before.next;
        }
    }

    fn find_hashed(&self, key: &[u8], hash: u64) -> Option<Id> {
        let mut at = *self.buckets.get(self.bucket(hash))?;
        while at != END {
            let id = self.slab.id_at(at as usize)?;
            let line = self.slab.get(id)?;
            if line.key == key {
                return Some(id);
            }
            at = line.next;
        }
        None
    }

    /// Puts a line at the front of its bucket.
    fn link(&mut self, id: Id) {
        let Some(hash) = self.slab.get(id).map(|line| line.hash) else {
            return;
        };
        let bucket = self.bucket(hash);
        let first = self.buckets.get(bucket).copied().unwrap_or(END);
        if let Some(line) = self.slab.get_mut(id) {
            line.next = first;
        }
        self.set_first(bucket, place_of(id));
    }

    fn set_first(&mut self, bucket: usize, place: u32) {
        if let Some(first) = self.buckets.get_mut(bucket) {
            *first = place;
        }
    }

    fn grow(&mut self) {
        self.buckets = vec![END; self.buckets.len() * 2];
        for place in self.slab.places() {
            if let Some(id) = self.slab.id_at(place) {
                self.link(id);
            }
        }
    }

    fn bucket(&self, hash: u64) -> usize {
        // the number of buckets is a power of two
        let mask = self.buckets.len() as u64 - 1;
        usize::try_from(hash & mask).unwrap_or(0)
    }

    /// FNV-1a (Fowler, Noll, Vo), finished by a mix of its high bits into the low ones.
    fn hash(&self, key: &[u8]) -> u64 {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = key.iter().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, step);
        hash ^ (hash >> 32)
    }
}

fn place_of(line: Id) -> u32 {
    u32::try_from(line.index()).unwrap_or(END)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn agrees_with_an_ordered_map() {
        let mut random = Random::new(1);
        let mut lines = Lines::new(7);
        let mut model = BTreeMap::new();
        for _ in 0..50_000 {
            let key = Bytes::from((random.next() % 500).to_le_bytes().to_vec());
            if random.next().is_multiple_of(3) {
                if let Some(line) = model.remove(&key) {
                    lines.remove(line);
                }
            } else {
                let line = lines.enter(&key);
                assert_eq!(*model.entry(key.clone()).or_insert(line), line);
            }
            assert_eq!(lines.find(&key), model.get(&key).copied());
        }
        assert!(lines.buckets.len() > 64, "it has grown");
        for (key, line) in model {
            assert_eq!(lines.find(&key), Some(line));
        }
    }

    #[test]
    fn a_line_is_empty_when_nobody_wants_its_key() {
        let mut lines = Lines::new(7);
        let key = Bytes::from_static(b"key");
        let name = lines.enter(&key);
        let who = Slab::new().insert('a');
        let is_empty = |lines: &Lines| lines.get(name).map(Line::is_empty);
        let change = |lines: &mut Lines, change: &dyn Fn(&mut Line)| {
            if let Some(line) = lines.get_mut(name) {
                change(line);
            }
        };
        assert_eq!(is_empty(&lines), Some(true));
        change(&mut lines, &|line| line.head = Some(who));
        assert_eq!(is_empty(&lines), Some(false));
        change(&mut lines, &|line| line.head = None);
        let place = lines.queue(name, who);
        assert_eq!(is_empty(&lines), Some(false));
        change(&mut lines, &|line| line.remove(place));
        change(&mut lines, &|line| line.watchers.push(who));
        assert_eq!(is_empty(&lines), Some(false));
        change(&mut lines, &|line| line.watchers.clear());
        assert_eq!(is_empty(&lines), Some(true));
    }

    #[test]
    fn lines_that_listen_are_counted() {
        let mut lines = Lines::new(7);
        let [a, b] = [&b"a"[..], b"b"].map(|key| lines.enter(&Bytes::from_static(key)));
        let counts = [(a, true), (a, true), (b, true), (a, false), (a, false)];
        let counted = counts.map(|(line, listens)| {
            lines.set_listens(line, listens);
            lines.listening()
        });
        assert_eq!(counted, [1, 1, 2, 1, 1]);
    }

    #[test]
    fn who_came_first_is_called_first() {
        let mut lines = Lines::new(7);
        let line = lines.enter(&Bytes::from_static(b"key"));
        let mut waiters = Slab::new();
        let [a, b, c] = ['a', 'b', 'c'].map(|name| waiters.insert(name));
        lines.queue(line, b);
        let second = lines.queue(line, a);
        lines.queue(line, c);
        let line = lines.get_mut(line).map(|line| {
            line.remove(second);
            [line.pop(), line.pop(), line.pop()]
        });
        assert_eq!(line, Some([Some(b), Some(c), None]));
    }
}
