//! Several held locks as one.

use core::future::Future;
use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use quorlock_core::FencingToken;

use super::join::join_all;
use super::lost::MultiLostFuture;
use super::part::Part;
use super::release::MultiRelease;
use crate::extend::ExtendError;
use crate::guard::Guard;
use crate::lost::{Lost, unless};

/// Several locks that were granted as one. It is held while all of them are: when one
/// part is lost, the whole is. Dropping it gives all back, in the background and without
/// blocking.
///
/// See [`Guard`], which it has one of for each part.
#[derive(Debug)]
#[must_use = "dropping the guard gives the locks back"]
pub struct MultiGuard {
    parts: Vec<Guard>,
    waited: Duration,
}

impl MultiGuard {
    pub(super) const fn new(parts: Vec<Guard>, waited: Duration) -> Self {
        Self { parts, waited }
    }

    /// Gives all locks back at the same time, and tells what came of each. It goes on in
    /// the background where this future is dropped.
    pub async fn release(self) -> MultiRelease {
        let release = |guard: Guard| async move {
            let part = Part::of(&guard, ());
            let release = guard.release().await;
            part.with(release)
        };
        MultiRelease::new(join_all(self.parts.into_iter().map(release)).await)
    }

    /// Renews all leases at the same time; see [`Guard::extend`]. Returns the new end of
    /// validity.
    ///
    /// # Errors
    /// That of the first part which was not renewed; the others may have been.
    pub async fn extend(&self, ttl: Duration) -> Result<Instant, Part<ExtendError>> {
        let extend = |guard| async move {
            let extended = Guard::extend(guard, ttl).await;
            extended.map_err(|error| Part::of(guard, error))
        };
        let extended = join_all(self.parts.iter().map(extend)).await;
        let extended: Result<Vec<Instant>, _> = extended.into_iter().collect();
        extended.map(|_| self.valid_until())
    }

    /// Does `work` while all locks are held, and drops it when one is lost.
    ///
    /// # Errors
    /// The part that is [`Lost`]: the work was not finished.
    pub async fn run<F: Future>(&self, work: F) -> Result<F::Output, Part<Lost>> {
        unless(self.lost(), work).await
    }

    /// Ready when one of the locks is not held any more, and no later than
    /// [`valid_until`](Self::valid_until); says which. Does not borrow the guard.
    pub fn lost(&self) -> MultiLostFuture {
        MultiLostFuture::new(&self.parts)
    }

    /// Whether all are held now, by the clock and by all that is known.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.parts.iter().all(Guard::is_held)
    }

    /// How long all are held from now on unless they are extended; zero where one is
    /// lost.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        let remaining = self.parts.iter().map(Guard::remaining);
        remaining.min().unwrap_or_default()
    }

    /// The end of validity as it is known now: that of the part which ends first.
    #[must_use]
    pub fn valid_until(&self) -> Instant {
        let ends = self.parts.iter().map(Guard::valid_until);
        ends.min().unwrap_or_else(Instant::now)
    }

    /// The keys, each with the fencing token of its tenure; see [`Guard::token`]. Keys of
    /// one part have the same.
    pub fn tokens(&self) -> impl Iterator<Item = (&Bytes, Option<FencingToken>)> {
        let parts = self.parts.iter();
        parts.flat_map(|guard| guard.keys().iter().map(|key| (key, guard.token())))
    }

    /// The parts, in the order of the request.
    pub fn parts(&self) -> &[Guard] {
        &self.parts
    }

    /// Time from the request to the grant of the last part. The [`Grant`](crate::Grant) of
    /// a part counts from when it was asked for last.
    #[must_use]
    pub const fn waited(&self) -> Duration {
        self.waited
    }
}

/// It can be held by, and shared between, tasks on any thread.
const _: fn() = || {
    fn anywhere<T: Send + Sync + 'static>() {}
    anywhere::<MultiGuard>();
};
