//! The state that handles, guards and the client's task share.
//!
//! One mutex around the core and the table of slots. It is held for the core's own
//! work only: no system call, no foreign code, no waker runs under it.

use core::task::Waker;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quorlock_core::{
    AcquireError, AcquireRequest, Client, Closed, Event, ExtendError, ExtendTurn, Instant, LockId,
    NodeId, NodeSet, Ttl, UnknownLock,
};

use crate::clock::Clock;
use crate::lost::LostCause;
use crate::names::AllNames;
use crate::node_status::NodeChanges;
use crate::runtime::Runtime;
use crate::slot::Slot;
use crate::watched::Watched;

/// What the handles of one client and its task share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) clock: Clock,
    pub(crate) votes_needed: usize,
    /// Nodes that vote on a key.
    pub(crate) voters: usize,
    /// The nodes are those of a cluster, and change.
    pub(crate) is_cluster: bool,
    names: Mutex<AllNames>,
    /// How long before the end of its validity a lock is told to be lost.
    pub(crate) lost_notice: Duration,
    /// Set once, when the client is closed or its task is gone.
    pub(crate) closed: Arc<Watched<Option<Closed>>>,
    /// Changes of nodes so far.
    pub(crate) node_changes: Arc<Watched<NodeChanges>>,
    shared: Mutex<Shared>,
}

/// What the mutex guards.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) core: Client,
    /// Every lock whose end nobody was told yet.
    slots: HashMap<LockId, Arc<Slot>>,
    /// Of the client's task; taken when there is work for it.
    waker: Option<Waker>,
    /// The task is gone.
    ended: bool,
}

impl Engine {
    pub(crate) fn new(
        core: Client,
        clock: Clock,
        runtime: Arc<dyn Runtime>,
        votes_needed: usize,
    ) -> Self {
        let config = core.config();
        let is_cluster = config.cluster.is_some();
        Self {
            runtime,
            clock,
            votes_needed,
            voters: if is_cluster { 1 } else { config.nodes.len() },
            is_cluster,
            names: Mutex::new(names_of(&core)),
            lost_notice: config.timing.lost_notice,
            closed: Arc::new(Watched::new(None)),
            node_changes: Arc::default(),
            shared: Mutex::new(Shared {
                core,
                slots: HashMap::new(),
                waker: None,
                ended: false,
            }),
        }
    }

    /// The core's time.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now(&*self.runtime)
    }

    /// The names of all nodes as they are now.
    pub(crate) fn names(&self) -> AllNames {
        let names = self.names.lock();
        Arc::clone(&names.unwrap_or_else(PoisonError::into_inner))
    }

    /// Nodes were found: learns their names.
    pub(crate) fn learn_names(&self, core: &Client) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        *names = names_of(core);
    }

    /// Starts an acquisition; its slot is told the outcome.
    pub(crate) fn acquire(
        &self,
        request: AcquireRequest,
    ) -> Result<(LockId, Arc<Slot>), AcquireError> {
        let slot = Arc::new(Slot::new(request.keys.clone(), request.ttl));
        self.order(|shared, now, _| {
            if shared.ended {
                return Err(AcquireError::Closed);
            }
            let lock = shared.core.acquire(now, request)?;
            shared.slots.insert(lock, Arc::clone(&slot));
            Ok((lock, slot))
        })
    }

    /// Starts an extension; says which decision on the lock, counted from its grant,
    /// answers it.
    pub(crate) fn extend(&self, lock: LockId, slot: &Slot, ttl: Ttl) -> Result<u64, ExtendError> {
        self.order(|shared, now, wakers| {
            if shared.ended {
                return Err(UnknownLock.into());
            }
            let turn = match shared.core.extend(now, lock, ttl)? {
                ExtendTurn::Next => 1,
                ExtendTurn::AfterNext => 2,
            };
            slot.state.update(wakers, |state| state.ttl = ttl);
            Ok(slot.state.read(|state| state.decided) + turn)
        })
    }

    /// Starts a release, unless the lock was given back already. The slot is told.
    pub(crate) fn release(&self, lock: LockId) {
        // unknown where the client was closed meanwhile: its slot knows
        self.order(|shared, now, _| shared.core.release(now, lock).ok());
    }

    /// Nobody wants the lock, or to hear of it, any more.
    pub(crate) fn cancel(&self, lock: LockId, slot: &Slot) {
        self.order(|shared, now, wakers| {
            shared.slots.remove(&lock);
            slot.end(LostCause::Released, wakers);
            shared.core.cancel(now, lock);
        });
    }

    /// Closes the client; the first call sets the time to flush in.
    pub(crate) fn close(&self, timeout: Duration) {
        self.order(|shared, now, wakers| {
            shared.core.close(now, now + timeout);
            for slot in shared.slots.values() {
                if slot.state.read(|state| state.lost(now).is_none()) {
                    slot.end(LostCause::Closed, wakers);
                }
            }
        });
    }

    /// The client's task is gone: nothing will be sent or told any more.
    pub(crate) fn end(&self) {
        let mut wakers = Vec::new();
        let mut shared = self.lock();
        shared.ended = true;
        wakers.extend(shared.waker.take());
        for (_, slot) in shared.slots.drain() {
            slot.abandon(&mut wakers);
        }
        drop(shared);
        self.node_changes
            .update(&mut wakers, |changes| changes.ended = true);
        wake(wakers);
        let unconfirmed = NodeSet::first(self.names().len());
        self.set_closed(Closed { unconfirmed });
    }

    /// Tells what closing came to; the first report stands.
    pub(crate) fn set_closed(&self, report: Closed) {
        let mut wakers = Vec::new();
        self.closed.update(&mut wakers, |closed| {
            closed.get_or_insert(report);
        });
        wake(wakers);
    }

    /// A node changed.
    pub(crate) fn node_changed(&self) {
        let mut wakers = Vec::new();
        self.node_changes
            .update(&mut wakers, |changes| changes.count += 1);
        wake(wakers);
    }

    /// Keeps the task's waker. To be called before the task looks for work.
    pub(crate) fn store_waker(&self, waker: Waker) {
        let known = self.lock().waker.replace(waker);
        // after the lock is given back: dropping a waker may run foreign code
        drop(known);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        // A panic under the lock is ruled out by the lints; should one come from an
        // allocation, the core's state is still whole enough to end by its timers.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the core at the present time, then wakes whom it concerns.
    fn order<T>(&self, work: impl FnOnce(&mut Shared, Instant, &mut Vec<Waker>) -> T) -> T {
        let mut wakers = Vec::new();
        let mut shared = self.lock();
        let now = self.now();
        let result = work(&mut shared, now, &mut wakers);
        wakers.extend(shared.waker.take());
        drop(shared);
        wake(wakers);
        result
    }
}

impl Shared {
    /// Tells an event to whom it concerns. The slot comes back, for the log.
    pub(crate) fn deliver(&mut self, event: &Event, wakers: &mut Vec<Waker>) -> Option<Arc<Slot>> {
        let (lock, last) = match event {
            Event::Acquired(acquired) => (acquired.lock, false),
            Event::AcquireFailed(failed) => (failed.lock, true),
            Event::ExtendFailed(failed) => (failed.lock, false),
            Event::Extended(extended) => (extended.lock, false),
            Event::Lost(lost) => (lost.lock, false),
            Event::Released(released) => (released.lock, true),
            Event::Closed(_) | Event::Node(_) => return None,
        };
        let slot = if last {
            self.slots.remove(&lock)
        } else {
            self.slots.get(&lock).map(Arc::clone)
        }?;
        slot.deliver(event, wakers);
        Some(slot)
    }

    /// Whether any lock is held, waited for or being released.
    pub(crate) fn is_busy(&self) -> bool {
        !self.slots.is_empty()
    }
}

/// Names by their places; one that was given up keeps its name until its place is another's.
fn names_of(core: &Client) -> AllNames {
    let nodes = (0..).map_while(NodeId::new);
    let names = nodes.map_while(|node| core.name(node).map(str::to_owned));
    names.collect()
}

/// Wakes all, with no lock held.
pub(crate) fn wake(wakers: Vec<Waker>) {
    for waker in wakers {
        waker.wake();
    }
}
