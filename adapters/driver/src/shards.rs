//! Several independent groups of nodes, each key on one of them.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use quorlock_core::{Placement, PlacementError};

use crate::client::{Client, CloseReport};
use crate::multi::MultiRequest;
use crate::request::Request;

/// Locks spread over independent groups of nodes. Each group ("shard") is a [`Client`] of
/// its own, of 1, 3 or 5 nodes: when a shard is down, the keys of the others are locked as
/// before, and the error for its own keys names it
/// ([`Refusal::shard`](crate::Refusal::shard)). Cheap to clone.
///
/// All processes must place keys alike: the same [`Placement`], names and, but for
/// [`Placement::Rendezvous`], order. What it takes to add a shard stands in the project's
/// `core/docs/sharding.md`.
#[derive(Clone, Debug)]
pub struct Shards {
    placement: Placement,
    shards: Arc<[Shard]>,
}

/// One group of nodes, placed by its name.
#[derive(Debug)]
struct Shard {
    name: Arc<str>,
    client: Client,
}

impl AsRef<str> for Shard {
    fn as_ref(&self) -> &str {
        &self.name
    }
}

/// Shards that can't work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardsError {
    /// There must be one at least.
    #[error("no shard is given")]
    None,
    /// A name tells one shard from the others.
    #[error("two shards have the name {0:?}")]
    SameName(String),
}

impl Shards {
    /// The shards by their names.
    ///
    /// # Errors
    /// None, or a name twice.
    pub fn new<N: Into<String>>(
        placement: Placement,
        shards: impl IntoIterator<Item = (N, Client)>,
    ) -> Result<Self, ShardsError> {
        let shards: Arc<[Shard]> = shards
            .into_iter()
            .map(|(name, client)| Shard {
                name: Arc::from(name.into()),
                client,
            })
            .collect();
        let mut seen = BTreeSet::new();
        if let Some(twice) = shards.iter().find(|shard| !seen.insert(&shard.name)) {
            return Err(ShardsError::SameName(twice.name.to_string()));
        }
        if shards.is_empty() {
            return Err(ShardsError::None);
        }
        Ok(Self { placement, shards })
    }

    /// Starts to describe a lock on `key`, on its shard.
    ///
    /// # Errors
    /// The placement can't place it.
    pub fn lock(&self, key: impl Into<Bytes>) -> Result<Request, PlacementError> {
        let key = key.into();
        let (name, client) = self.shard(&key)?;
        Ok(client.lock(key).shard(Arc::clone(name)))
    }

    /// Starts to describe a lock on all of `keys`, each on its shard: all of them or none.
    /// The keys of one shard are one part, granted by its nodes together.
    ///
    /// ```no_run
    /// # use core::time::Duration;
    /// # use quorlock_driver::Shards;
    /// # async fn transfer(shards: &Shards) -> Result<(), Box<dyn std::error::Error>> {
    /// let accounts = shards.lock_all(["account-7", "account-12"])?;
    /// let guard = accounts.acquire_within(Duration::from_secs(30)).await?;
    /// for (key, token) in guard.tokens() { /* .. */ }
    /// println!("{}", guard.release().await);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The placement can't place one of them. That there is none, or one twice, is an error
    /// when the lock is asked for.
    pub fn lock_all<I>(&self, keys: I) -> Result<MultiRequest, PlacementError>
    where
        I: IntoIterator,
        I::Item: Into<Bytes>,
    {
        let mut placed = BTreeMap::<usize, Vec<Bytes>>::new();
        for key in keys {
            let key = key.into();
            let index = self.placement.place(&key, &self.shards)?;
            placed.entry(index).or_default().push(key);
        }
        let of_shard = |(index, keys): (usize, Vec<Bytes>)| {
            let Shard { name, client } = self.shards.get(index)?;
            Some(client.lock_across(keys).shard(Arc::clone(name)))
        };
        let parts = placed.into_iter().filter_map(of_shard);
        Ok(parts.fold(MultiRequest::new([]), MultiRequest::and))
    }

    /// The name and the client of the shard that has `key`.
    ///
    /// # Errors
    /// The placement can't place it.
    pub fn shard(&self, key: &[u8]) -> Result<(&Arc<str>, &Client), PlacementError> {
        let index = self.placement.place(key, &self.shards)?;
        let shard = self.shards.get(index).ok_or(PlacementError::NoShard)?;
        Ok((&shard.name, &shard.client))
    }

    /// All shards, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Client)> {
        let shards = self.shards.iter();
        shards.map(|shard| (&*shard.name, &shard.client))
    }

    /// Closes all clients at the same time; see [`Client::close`]. The reports stand in
    /// the order of the shards.
    pub async fn close(&self, timeout: Duration) -> Vec<CloseReport> {
        for shard in &*self.shards {
            shard.client.start_closing(timeout);
        }
        let mut reports = Vec::with_capacity(self.shards.len());
        for shard in &*self.shards {
            reports.push(shard.client.close(timeout).await);
        }
        reports
    }
}
