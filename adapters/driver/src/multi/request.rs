//! Asking for several locks as one.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use quorlock_core::{Instant, KeysError, Wait};

use super::gathering::Gathering;
use super::guard::MultiGuard;
use crate::error::AcquireError;
use crate::request::Request;

/// Several locks that are about to be asked for as one: all of them or none. See
/// [`Shards::lock_all`](crate::Shards::lock_all) and
/// [`Client::lock_across`](crate::Client::lock_across).
///
/// All are tried at once. When one is refused, the others are given back before it is
/// waited for: nothing is held while waiting, so that no two ever wait for each other,
/// whatever the order of their keys. Until the deadline this goes on; a part that was
/// granted may have been given back many times by then.
///
/// The acquisition starts when its future is first polled. Dropping the future cancels
/// it: what nodes have granted, or still grant, is released.
///
/// ```no_run
/// use std::time::Duration;
/// use quorlock_driver::{AcquireError, Client, MultiRequest};
///
/// # async fn transfer(eu: &Client, us: &Client) -> Result<(), Box<dyn std::error::Error>> {
/// let both = MultiRequest::new([eu.lock("account-7"), us.lock("account-12")]);
/// let guard = both.acquire_within(Duration::from_secs(30)).await?;
/// guard.run(async { /* .. */ }).await?; // stops the work should either be lost
/// println!("{}", guard.release().await);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is asked for before one of the acquire methods is awaited"]
pub struct MultiRequest {
    parts: Vec<Request>,
}

impl MultiRequest {
    /// All of these, of whatever clients, as one. That there is none, or that two want the
    /// same key of the same client, is an error when they are asked for.
    pub fn new(parts: impl IntoIterator<Item = Request>) -> Self {
        Self {
            parts: parts.into_iter().collect(),
        }
    }

    /// All parts of both.
    pub fn and(mut self, mut other: Self) -> Self {
        self.parts.append(&mut other.parts);
        self
    }

    /// Names the shard of all parts; see [`Request::shard`].
    pub fn shard(self, name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.each(|part| part.shard(Arc::clone(&name)))
    }

    /// Length of the lease of each part; see [`Request::ttl`].
    pub fn ttl(self, ttl: Duration) -> Self {
        self.each(|part| part.ttl(ttl))
    }

    /// Whether the leases are renewed; see [`Request::auto_extend`].
    pub fn auto_extend(self, auto_extend: bool) -> Self {
        self.each(|part| part.auto_extend(auto_extend))
    }

    /// Asks for each part once.
    ///
    /// # Errors
    /// Of the first part that is refused; see [`AcquireError`].
    pub async fn try_acquire(self) -> Result<MultiGuard, AcquireError> {
        self.wait(|_| Wait::Try).await
    }

    /// Goes on asking for up to `patience`; see [`Request::acquire_within`].
    ///
    /// # Errors
    /// Of the part that kept it from being acquired at last; see [`AcquireError`].
    pub async fn acquire_within(self, patience: Duration) -> Result<MultiGuard, AcquireError> {
        self.wait(|now| Wait::Until(now + patience)).await
    }

    /// Goes on asking until all parts are granted, or one is rejected for good.
    ///
    /// # Errors
    /// Of the part that is rejected; see [`AcquireError`].
    pub async fn acquire(self) -> Result<MultiGuard, AcquireError> {
        self.wait(|_| Wait::Forever).await
    }

    async fn wait(self, wait: impl FnOnce(Instant) -> Wait) -> Result<MultiGuard, AcquireError> {
        self.check()?;
        Gathering::new(self.parts, wait)?.await
    }

    /// A key that is there twice would stand in its own way for ever.
    fn check(&self) -> Result<(), AcquireError> {
        let mut seen = BTreeSet::new();
        for part in &self.parts {
            for key in part.keys()?.iter() {
                if !seen.insert((Arc::as_ptr(part.handle()), key)) {
                    return Err(KeysError::Repeated(key.clone()).into());
                }
            }
        }
        Ok(())
    }

    fn each(self, change: impl FnMut(Request) -> Request) -> Self {
        Self::new(self.parts.into_iter().map(change))
    }
}
