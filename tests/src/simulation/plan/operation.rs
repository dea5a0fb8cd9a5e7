//! What the applications do.

use core::time::Duration;

/// What an application does: it wants a lock, holds it for some time, and gives it back.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// When it asks for the lock.
    pub at: Duration,
    /// Whose application it is. Skipped where this client is down then.
    pub client: usize,
    /// The key, by number.
    pub key: usize,
    /// Another one, which it locks together with that: both or none.
    pub with: Option<usize>,
    /// The lease, in whole milliseconds.
    pub ttl: Duration,
    /// How long it waits for the lock; `None`: one try.
    pub patience: Option<Duration>,
    /// Where it has not got it by then, it does not want it any more.
    pub give_up: Option<Duration>,
    /// The client renews the lease by itself.
    pub auto_extend: bool,
    /// The application renews the lease so long after it was granted.
    pub extend_after: Option<Duration>,
    /// How long it holds the lock.
    pub hold: Duration,
    /// The writes under the lock.
    pub writes: Option<Writes>,
    /// How it gives the lock back.
    pub finish: Finish,
}

impl Operation {
    /// One try for key 0 with a lease of one second, held for 300 ms without renewal, then released.
    #[must_use]
    pub const fn new(client: usize, at: Duration) -> Self {
        Self {
            at,
            client,
            key: 0,
            with: None,
            ttl: Duration::from_secs(1),
            patience: None,
            give_up: None,
            auto_extend: false,
            extend_after: None,
            hold: Duration::from_millis(300),
            writes: None,
            finish: Finish::Release,
        }
    }

    /// All keys that it locks.
    pub(in crate::simulation) fn keys(&self) -> impl Iterator<Item = usize> {
        [Some(self.key), self.with].into_iter().flatten()
    }
}

/// Writes to the storage: first a look whether the lock is still held, then, later, the write itself.
#[derive(Clone, Copy, Debug)]
pub struct Writes {
    /// From the grant to the first look, and from each write to the next look.
    pub every: Duration,
    /// From a look to its write, which nothing stops any more.
    pub thinking: Duration,
}

/// How an application gives a lock back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It does not want to hear of it any more.
    Cancel,
    /// It keeps the lock until that is lost, and drops it then.
    Keep,
    /// It waits for the verdict.
    Release,
}
