//! The key space: every database's keys with their values and deadlines.

#[cfg(test)]
mod tests;

use core::ops::Bound;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::config::Limits;
use crate::expiry::Expiry;
use crate::failure::Failure;
use crate::time::ServerTime;
use crate::value::{OVERHEAD, Value};

/// A key's full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    database: u8,
    name: Bytes,
}

impl Key {
    /// Shares the bytes of `name`: good for looking up. What the store keeps is its
    /// own copy.
    pub(crate) fn new(database: u8, name: &Bytes) -> Self {
        Self {
            database,
            name: name.clone(),
        }
    }
}

/// The two ends of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Left,
    Right,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Entry {
    value: Value,
    expiry: Expiry,
}

/// All keys.
///
/// A key that has expired is removed when somebody asks for it, or when its room is
/// needed, and not before: if the clock steps back in between, it is alive again,
/// as in Redis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Store {
    entries: BTreeMap<Key, Entry>,
    /// When keys expire, in order of time, to find those that have.
    deadlines: BTreeSet<(i64, Key)>,
    /// Since [`take_changed`](Self::take_changed).
    changed: bool,
    /// Bytes charged for all entries.
    used: usize,
    limits: Limits,
}

impl Store {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            entries: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            changed: false,
            used: 0,
            limits,
        }
    }

    /// Whether anything has changed since this was asked last: what replicas have to hear of. That
    /// includes the removal of keys that had expired, as in Redis.
    pub(crate) fn take_changed(&mut self) -> bool {
        core::mem::take(&mut self.changed)
    }

    /// Sets a key, whatever it held.
    ///
    /// # Errors
    /// Out of keys or memory; nothing has changed then.
    pub(crate) fn insert(
        &mut self,
        key: &Key,
        value: Value,
        expiry: Expiry,
        now: ServerTime,
    ) -> Result<(), Failure> {
        let (keys, replaced) = match self.entries.get(key) {
            Some(entry) => (0, entry.value.size()),
            None => (1, 0),
        };
        let bytes = (value.size() + keys * cost(key)).saturating_sub(replaced);
        self.make_room(keys, bytes, now)?;
        self.put(key, value, expiry);
        Ok(())
    }

    /// Adds elements to a list, which is made if there is none; answers its length.
    ///
    /// # Errors
    /// The key holds a string, or there is no room; nothing has changed then.
    pub(crate) fn push(
        &mut self,
        key: &Key,
        elements: &[&Bytes],
        end: End,
        now: ServerTime,
    ) -> Result<usize, Failure> {
        let keys = usize::from(self.value(key, now).is_none());
        let bytes: usize = elements
            .iter()
            .map(|element| element.len() + OVERHEAD)
            .sum();
        self.make_room(keys, bytes + keys * cost(key), now)?;
        if keys > 0 {
            self.put(key, Value::List([].into()), Expiry::Never);
        }
        let Some(Entry {
            value: Value::List(list),
            ..
        }) = self.entries.get_mut(key)
        else {
            return Err(Failure::WRONG_TYPE);
        };
        for element in elements {
            let element = Bytes::copy_from_slice(element);
            match end {
                End::Left => list.push_front(element),
                End::Right => list.push_back(element),
            }
        }
        self.used += bytes;
        self.changed = true;
        Ok(list.len())
    }

    /// What a living key holds.
    pub(crate) fn value(&mut self, key: &Key, now: ServerTime) -> Option<&Value> {
        self.live(key, now).map(|entry| &entry.value)
    }

    /// When a living key expires.
    pub(crate) fn expiry(&mut self, key: &Key, now: ServerTime) -> Option<Expiry> {
        self.live(key, now).map(|entry| entry.expiry)
    }

    /// What a living key holds and when it expires, without removing an expired one.
    pub(crate) fn peek(&self, key: &Key, now: ServerTime) -> Option<(&Value, Expiry)> {
        let entry = self.entries.get(key)?;
        (!entry.expiry.is_past(now)).then_some((&entry.value, entry.expiry))
    }

    /// Changes when a key expires. A key that isn't there stays so.
    pub(crate) fn set_expiry(&mut self, key: &Key, expiry: Expiry) {
        let Some((key, entry)) = self.entries.get_key_value(key) else {
            return;
        };
        let key = key.clone();
        if let Expiry::At(old) = entry.expiry {
            self.deadlines.remove(&(old, key.clone()));
        }
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.expiry = expiry;
        }
        self.changed = true;
        if let Expiry::At(deadline) = expiry {
            self.deadlines.insert((deadline, key));
        }
    }

    /// Removes a key; `false` when no such key lived.
    pub(crate) fn remove(&mut self, key: &Key, now: ServerTime) -> bool {
        let alive = self.live(key, now).is_some();
        self.take(key);
        alive
    }

    /// Empties one database, or all of them.
    pub(crate) fn clear(&mut self, database: Option<u8>) {
        match database {
            None => {
                self.changed |= !self.entries.is_empty();
                self.entries.clear();
                self.deadlines.clear();
                self.used = 0;
            }
            Some(database) => {
                let keys: Vec<Key> = self
                    .database(database)
                    .map(|(key, _)| key.clone())
                    .collect();
                for key in keys {
                    self.take(&key);
                }
            }
        }
    }

    /// Empties all databases of the keys whose names are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Bytes) -> bool) {
        let keys = self.entries.keys().filter(|key| !keep(&key.name));
        for key in keys.cloned().collect::<Vec<_>>() {
            self.take(&key);
        }
    }

    /// The names of a database's living keys, in order.
    pub(crate) fn names(&self, database: u8, now: ServerTime) -> impl Iterator<Item = &Bytes> {
        self.database(database)
            .filter(move |(_, entry)| !entry.expiry.is_past(now))
            .map(|(key, _)| &key.name)
    }

    /// Bytes charged against [`Limits::memory`], for expired keys as well.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    fn live(&mut self, key: &Key, now: ServerTime) -> Option<&Entry> {
        if self.entries.get(key)?.expiry.is_past(now) {
            self.take(key);
        }
        self.entries.get(key)
    }

    /// Makes sure that this much more fits, at the cost of expired keys.
    fn make_room(&mut self, keys: usize, bytes: usize, now: ServerTime) -> Result<(), Failure> {
        if !self.has_room(keys, bytes) {
            self.purge(now);
        }
        if self.has_room(keys, bytes) {
            Ok(())
        } else {
            Err(Failure::OUT_OF_MEMORY)
        }
    }

    fn has_room(&self, keys: usize, bytes: usize) -> bool {
        self.entries.len().saturating_add(keys) <= self.limits.keys
            && self.used.saturating_add(bytes) <= self.limits.memory
    }

    fn purge(&mut self, now: ServerTime) {
        while let Some((deadline, key)) = self.deadlines.first().cloned() {
            if !Expiry::At(deadline).is_past(now) {
                break;
            }
            self.take(&key);
        }
    }

    /// Stores an entry. The bytes are copied, because an argument is a slice of a
    /// whole read, which a few stored bytes must not keep alive.
    fn put(&mut self, key: &Key, value: Value, expiry: Expiry) {
        self.take(key);
        let key = Key {
            database: key.database,
            name: Bytes::copy_from_slice(&key.name),
        };
        let value = match value {
            Value::String(bytes) => Value::String(Bytes::copy_from_slice(&bytes)),
            Value::List(list) => Value::List(list),
        };
        self.used += cost(&key) + value.size();
        if let Expiry::At(deadline) = expiry {
            self.deadlines.insert((deadline, key.clone()));
        }
        self.entries.insert(key, Entry { value, expiry });
        self.changed = true;
    }

    fn take(&mut self, key: &Key) {
        let Some((key, entry)) = self.entries.remove_entry(key) else {
            return;
        };
        self.changed = true;
        self.used = self.used.saturating_sub(cost(&key) + entry.value.size());
        if let Expiry::At(deadline) = entry.expiry {
            self.deadlines.remove(&(deadline, key));
        }
    }

    fn database(&self, database: u8) -> impl Iterator<Item = (&Key, &Entry)> {
        let first = Key {
            database,
            name: Bytes::new(),
        };
        self.entries
            .range((Bound::Included(first), Bound::Unbounded))
            .take_while(move |(key, _)| key.database == database)
    }
}

/// Bytes charged for a key without its value.
fn cost(key: &Key) -> usize {
    key.name.len() + OVERHEAD
}
