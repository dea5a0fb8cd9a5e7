//! A lock of several keys waits in no line: it watches the lines of all its keys.
//!
//! A line is for one key and has one holder at a time, who hands it to the next. Whoever
//! wants several keys would have to stand in several lines, and to hold its place in one
//! while it waits for another: two such could wait for each other. So it holds nothing and
//! contends by itself, whatever others of its client do; of the lines it uses what they
//! hear. It is refused, has all of its lines listen, and *then tries again*: whatever was
//! released before that try it sees, whatever is released after it a message tells, on the
//! channel of the key. Each node that tells may have been the last one that was missing.
//!
//! The nodes count as listened to that are so for all of its keys; one key less, and a
//! release there would go unheard.

use alloc::vec::Vec;

use super::LockSet;
use crate::herd::Herd;
use crate::lock::{Pause, Phase, Wait};
use crate::node::NodeSet;
use crate::slab::Id;

/// Locks of several keys that watch one line at most. More wait by the clock, as those do
/// for whom no channel is left.
const MAX_WATCHERS: usize = 256;

/// What a lock of several keys waits with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Watch {
    /// The lines of its keys: all of them, but where one has too many watchers.
    lines: Vec<Id>,
    herd: Herd,
}

impl LockSet {
    /// A new request for several keys begins its first round; or, where others of this
    /// client wait for some of them, becomes one of those who wait, with a try of its own
    /// a little later. It would overtake them all otherwise, and everybody else: its
    /// acquire would go right behind the release that they are about to be told of.
    pub(super) fn join_watchers(&mut self, id: Id) {
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let watched = |key| {
            let line = self.lines.find(key).and_then(|line| self.lines.get(line));
            line.is_some_and(|line| !line.watchers.is_empty())
        };
        if lock.request.wait == Wait::Try || !lock.request.keys.iter().any(|key| watched(key)) {
            self.start_round(id);
            return;
        }
        self.watch(id);
        let pause = self.random.jitter(self.timing.retry.first);
        if let Some(lock) = self.locks.get_mut(id) {
            lock.phase = Phase::Waiting(Pause::until(self.now + pause));
        }
        self.arm(id);
    }

    /// Has the lines of a lock listen. True where that is new to it, of one of them or of
    /// one node: then it is time for another try.
    pub(super) fn hear_of(&mut self, id: Id) -> bool {
        let Some(lock) = self.locks.get(id) else {
            return false;
        };
        match lock.line {
            Some(line) => self.listen(line),
            None => self.watch(id),
        }
    }

    fn watch(&mut self, id: Id) -> bool {
        let Some(lock) = self.locks.get_mut(id) else {
            return false;
        };
        let keys = lock.request.keys.clone();
        let mut watch = lock.watch.take().unwrap_or_default();
        let mut news = false;
        for key in keys.iter() {
            let line_id = self.lines.enter(key);
            if !watch.lines.contains(&line_id) {
                let line = self.lines.get_mut(line_id);
                let Some(line) = line.filter(|line| line.watchers.len() < MAX_WATCHERS) else {
                    continue;
                };
                line.watchers.push(id);
                watch.lines.push(line_id);
                news |= !line.listening.is_empty();
            }
            news |= self.listen(line_id);
        }
        if let Some(lock) = self.locks.get_mut(id) {
            lock.watch = Some(watch);
        }
        news
    }

    /// A lock waits no longer.
    pub(super) fn unwatch(&mut self, id: Id) {
        let watch = self.locks.get_mut(id).and_then(|lock| lock.watch.take());
        for line_id in watch.into_iter().flat_map(|watch| watch.lines) {
            if let Some(line) = self.lines.get_mut(line_id) {
                line.watchers.retain(|watcher| *watcher != id);
            }
            self.settle_line(line_id);
        }
    }

    /// Does something to everybody for whom a line listens: its head, and who watches it.
    pub(super) fn for_each_hearer(&mut self, line: Id, act: impl Fn(&mut Self, Id)) {
        if let Some(head) = self.lines.get(line).and_then(|line| line.head) {
            act(self, head);
        }
        let mut place = 0;
        while let Some(watcher) = self
            .lines
            .get(line)
            .and_then(|line| line.watchers.get(place).copied())
        {
            act(self, watcher);
            place += 1;
        }
    }

    /// The nodes that tell a lock of every release of its keys.
    pub(super) fn heard(&self, id: Id) -> NodeSet {
        let Some(lock) = self.locks.get(id) else {
            return NodeSet::EMPTY;
        };
        let watched = lock.watch.iter().flat_map(|watch| &watch.lines);
        let lines = lock.line.iter().chain(watched);
        if lines.clone().count() < lock.request.keys.count() {
            return NodeSet::EMPTY;
        }
        let listening = |line: &Id| self.lines.get(*line).map(|line| line.listening);
        let common = lines.filter_map(listening).reduce(NodeSet::intersection);
        common.unwrap_or(NodeSet::EMPTY)
    }

    /// Those with whom a lock is woken.
    pub(super) fn herd(&mut self, id: Id) -> Option<&mut Herd> {
        let lock = self.locks.get_mut(id)?;
        match lock.line {
            Some(line) => self.lines.get_mut(line).map(|line| &mut line.herd),
            None => lock.watch.as_mut().map(|watch| &mut watch.herd),
        }
    }
}
