//! Asking for a lock.

use core::time::Duration;
use std::sync::Arc;

use quorlock_core::{
    AcquireFailed, AcquireFailure, AcquireRequest, Acquired, Instant, Keys, KeysError, LockId,
    NodeId, Problem, Ttl, Wait,
};

use crate::client::Handle;
use crate::error::{AcquireError, Refusal, RequestError};
use crate::guard::Guard;
use crate::lost::LostCause;
use crate::names::name_of;
use crate::slot::{Phase, Slot, State};

/// The lease of a request that names none.
const DEFAULT_TTL: Duration = Duration::from_secs(10);

/// A lock that is about to be asked for; see [`Client::lock`](crate::Client::lock).
///
/// The acquisition starts when its future is first polled. Dropping the future
/// cancels it: what nodes have granted, or still grant, is released.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked for before one of the acquire methods is awaited"]
pub struct Request {
    handle: Arc<Handle>,
    keys: Result<Keys, KeysError>,
    shard: Option<Arc<str>>,
    ttl: Duration,
    auto_extend: bool,
}

impl Request {
    pub(crate) const fn new(handle: Arc<Handle>, keys: Result<Keys, KeysError>) -> Self {
        Self {
            handle,
            keys,
            shard: None,
            ttl: DEFAULT_TTL,
            auto_extend: true,
        }
    }

    /// Errors will name this shard: for who spreads keys over clients in a way of their
    /// own. [`Shards::lock`](crate::Shards::lock) does it by itself.
    pub fn shard(mut self, name: impl Into<Arc<str>>) -> Self {
        self.shard = Some(name.into());
        self
    }

    /// Length of the lease, in whole milliseconds; 10 s unless said otherwise. The
    /// lock frees itself after this time should this process vanish.
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Whether the lease is renewed, from a third of its length on, until the guard
    /// is released or dropped. True unless said otherwise.
    pub const fn auto_extend(mut self, auto_extend: bool) -> Self {
        self.auto_extend = auto_extend;
        self
    }

    /// Asks every node once.
    ///
    /// # Errors
    /// See [`AcquireError`].
    pub async fn try_acquire(self) -> Result<Guard, AcquireError> {
        self.wait(|_| Wait::Try).await
    }

    /// Goes on asking for up to `patience`; a span too long to count is for ever, and
    /// one of zero is over before a node can answer (use
    /// [`try_acquire`](Self::try_acquire)).
    ///
    /// # Errors
    /// See [`AcquireError`].
    pub async fn acquire_within(self, patience: Duration) -> Result<Guard, AcquireError> {
        self.wait(|now| Wait::Until(now + patience)).await
    }

    /// Goes on asking until the lock is granted, or the nodes reject the request for
    /// good.
    ///
    /// # Errors
    /// See [`AcquireError`].
    pub async fn acquire(self) -> Result<Guard, AcquireError> {
        self.wait(|_| Wait::Forever).await
    }

    pub(crate) const fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }

    /// # Errors
    /// They can't be those of a lock.
    pub(crate) fn keys(&self) -> Result<&Keys, KeysError> {
        self.keys.as_ref().map_err(Clone::clone)
    }

    /// The error where the time of a request that this is a part of was up before this one
    /// was answered.
    pub(crate) fn out_of_time(&self, waited: Duration) -> AcquireError {
        match self.keys() {
            Ok(keys) => AcquireError::Deadline {
                refusal: refusal(&self.handle, keys, self.shard.as_ref(), waited, Vec::new()),
            },
            Err(error) => error.into(),
        }
    }

    /// Goes on asking for as long as that says, given the client's time.
    pub(crate) async fn wait(
        self,
        wait: impl FnOnce(Instant) -> Wait,
    ) -> Result<Guard, AcquireError> {
        let requested = self.handle.engine.now();
        let mut pending = self.start(wait(requested))?;
        let outcome = pending.slot.state.wait(Outcome::of).await;
        let now = pending.handle.engine.now();
        match outcome {
            Outcome::Granted(acquired) if now < acquired.valid_until => {
                pending.wanted = false;
                Ok(pending.guard(&acquired))
            }
            Outcome::Granted(_) | Outcome::Ended(LostCause::Expired | LostCause::Overtaken) => {
                let keys = pending.slot.keys.clone();
                Err(AcquireError::Expired { keys })
            }
            Outcome::Ended(_) => Err(AcquireError::Closed),
            Outcome::Refused(failed) => {
                pending.wanted = false;
                Err(pending.refused(failed, now.duration_since(requested)))
            }
        }
    }

    fn start(self, wait: Wait) -> Result<Pending, AcquireError> {
        let keys = self.keys?;
        let request = |ttl| AcquireRequest {
            wait,
            auto_extend: self.auto_extend,
            ..AcquireRequest::all(keys.clone(), ttl)
        };
        let started = Ttl::new(self.ttl)
            .map_err(|error| Some(error.into()))
            .and_then(|ttl| {
                self.handle
                    .engine
                    .acquire(request(ttl))
                    .map_err(request_fault)
            });
        match started {
            Ok((lock, slot)) => Ok(Pending {
                handle: self.handle,
                shard: self.shard,
                slot,
                lock,
                wanted: true,
            }),
            Err(Some(fault)) => Err(AcquireError::BadRequest { keys, fault }),
            Err(None) => Err(AcquireError::Closed),
        }
    }
}

/// What is wrong with a request that the core does not take; `None`: nothing, the
/// client is closed.
const fn request_fault(error: quorlock_core::AcquireError) -> Option<RequestError> {
    use quorlock_core::AcquireError as Core;
    match error {
        Core::Closed => None,
        Core::CrossSlot { first, other } => Some(RequestError::CrossSlot { first, other }),
        Core::EmptyKey => Some(RequestError::EmptyKey),
        Core::KeyTooLong { len, max } => Some(RequestError::KeyTooLong { len, max }),
        Core::ReservedKey => Some(RequestError::ReservedKey),
        Core::SeveralInQueues => Some(RequestError::SeveralInQueues),
        Core::TooManyKeys { count, max } => Some(RequestError::TooManyKeys { count, max }),
        Core::TooManyLocks { limit } => Some(RequestError::TooManyLocks { limit }),
        Core::TtlTooLong { ttl, max } => Some(RequestError::TtlTooLong { ttl, max }),
        Core::TtlTooShort { ttl, allowance } => Some(RequestError::TtlTooShort { ttl, allowance }),
    }
}

/// How an acquisition ended.
enum Outcome {
    /// It was granted, and ended since, or the client did.
    Ended(LostCause),
    Granted(Acquired),
    Refused(AcquireFailed),
}

impl Outcome {
    fn of(state: &State) -> Option<Self> {
        match &state.phase {
            Phase::Held(acquired) => Some(Self::Granted(Acquired {
                valid_until: state.valid_until,
                ..acquired.clone()
            })),
            Phase::Lost(cause) => Some(Self::Ended(*cause)),
            Phase::Refused(failed) => Some(Self::Refused(failed.clone())),
            Phase::Waiting => None,
        }
    }
}

/// An acquisition on its way. Dropping it cancels it.
struct Pending {
    handle: Arc<Handle>,
    shard: Option<Arc<str>>,
    slot: Arc<Slot>,
    lock: LockId,
    /// Neither handed over to a guard nor refused.
    wanted: bool,
}

impl Pending {
    fn guard(&self, acquired: &Acquired) -> Guard {
        let (handle, slot) = (Arc::clone(&self.handle), Arc::clone(&self.slot));
        Guard::new(handle, slot, self.shard.clone(), acquired)
    }

    fn refused(&self, failed: AcquireFailed, waited: Duration) -> AcquireError {
        let (keys, shard) = (&self.slot.keys, self.shard.as_ref());
        let refusal = refusal(&self.handle, keys, shard, waited, failed.problems);
        match failed.reason {
            AcquireFailure::Closed => AcquireError::Closed,
            AcquireFailure::Contended { free_in } => AcquireError::Contended { free_in, refusal },
            AcquireFailure::Deadline => AcquireError::Deadline { refusal },
            AcquireFailure::Rejected => AcquireError::Rejected { refusal },
            AcquireFailure::Unreachable => AcquireError::Unreachable { refusal },
        }
    }
}

/// A request that did not get its votes within `waited`, and what the nodes said.
fn refusal(
    handle: &Handle,
    keys: &Keys,
    shard: Option<&Arc<str>>,
    waited: Duration,
    problems: Vec<(NodeId, Problem)>,
) -> Refusal {
    let engine = &handle.engine;
    let names = engine.names();
    let problems = problems.into_iter();
    Refusal {
        keys: keys.clone(),
        shard: shard.cloned(),
        waited,
        needed: engine.votes_needed,
        nodes: engine.voters,
        problems: problems
            .map(|(node, problem)| (name_of(&names, node).to_owned(), problem))
            .collect(),
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.wanted {
            self.handle.engine.cancel(self.lock, &self.slot);
        }
    }
}
