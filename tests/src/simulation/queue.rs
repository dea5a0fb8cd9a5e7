//! What is to happen, in the order of true time.

use core::cmp::Ordering;
use std::collections::BinaryHeap;

use quorlock_core::LockId;
use quorlock_embedded::Offset;

/// Something that happens in a world.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// A client hears that its connection has ended; `here`: for a reason at its end, which no network holds back.
    Broken { connection: usize, here: bool },
    /// The clients that are left close.
    Close,
    /// A client hears that its connection stands.
    Connected { connection: usize },
    /// An application has decided on a write.
    Decided {
        client: usize,
        life: usize,
        write: usize,
    },
    /// A fault begins, by its place in the plan.
    Fault { fault: usize },
    /// A node hears how far a replica is, in this life of the node.
    Heard {
        node: usize,
        replica: usize,
        life: usize,
        offset: Offset,
    },
    /// An operation begins, by its place in the plan.
    Operation { operation: usize },
    /// The faults are over: every key must be had again.
    Quiet,
    /// A node is sent a command again, by its place in the world.
    Repeat { repeat: usize },
    /// The next change reaches a replica of a node, in this life of the node.
    Replicate {
        node: usize,
        replica: usize,
        life: usize,
    },
    /// The keys of a node are written down for a restart that finds old ones, by the fault's place in the plan.
    Snapshot { fault: usize },
    /// The slots that are on their way go on.
    Reshard,
    /// A node or a client starts again after the fault at this place.
    Start { fault: usize },
    /// An application goes on with a lock.
    Step {
        client: usize,
        life: usize,
        lock: LockId,
        step: Step,
    },
    /// The timer of a client.
    Timer { client: usize },
    /// The next bytes of a connection reach the client.
    ToClient { connection: usize },
    /// The next bytes of a connection reach the node.
    ToNode { connection: usize },
    /// The time of somebody who waits for a node's replicas is up.
    WaitOver { node: usize },
    /// A write reaches the storage.
    Write { write: usize },
}

/// What an application does while it waits for a lock or holds it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Renew the lease by hand.
    Extend,
    /// Give the lock back.
    Finish,
    /// Not want it any more, unless it is held.
    GiveUp,
    /// Look whether the lock is held, in order to write.
    Look,
}

#[derive(Debug)]
struct Entry {
    at: u64,
    /// What has come before what is merely due: an answer that is there must not be timed out.
    timer: bool,
    number: u64,
    what: What,
}

impl Ord for Entry {
    /// The earliest is the greatest: the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.timer, other.number).cmp(&(self.at, self.timer, self.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Entry {}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

/// The events to come.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Entry>,
    number: u64,
}

impl Queue {
    /// Of two events of the same time the one that was put in first comes first, and timers come last.
    pub(super) fn push(&mut self, at: u64, what: What) {
        self.number += 1;
        self.heap.push(Entry {
            at,
            timer: matches!(what, What::Timer { .. } | What::WaitOver { .. }),
            number: self.number,
            what,
        });
    }

    /// The next event with its time, in nanoseconds.
    pub(super) fn pop(&mut self) -> Option<(u64, What)> {
        self.heap.pop().map(|entry| (entry.at, entry.what))
    }
}
