//! Several independent groups of nodes, each key on one of them.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use quorlock_core::{Placement, PlacementError};

use crate::client::{Client, CloseReport};
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
    names: Arc<[Arc<str>]>,
    clients: Arc<[Client]>,
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
        let shards = shards.into_iter();
        let (names, clients): (Vec<Arc<str>>, Vec<_>) = shards
            .map(|(name, client)| (Arc::from(name.into()), client))
            .unzip();
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
            return Err(ShardsError::SameName(twice.to_string()));
        }
        if names.is_empty() {
            return Err(ShardsError::None);
        }
        Ok(Self {
            placement,
            names: names.into(),
            clients: clients.into(),
        })
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

    /// The name and the client of the shard that has `key`.
    ///
    /// # Errors
    /// The placement can't place it.
    pub fn shard(&self, key: &[u8]) -> Result<(&Arc<str>, &Client), PlacementError> {
        let index = self.placement.place(key, &self.names)?;
        let shard = self.names.get(index).zip(self.clients.get(index));
        shard.ok_or(PlacementError::NoShard)
    }

    /// All shards, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Client)> {
        self.names.iter().map(AsRef::as_ref).zip(&*self.clients)
    }

    /// Closes all clients at the same time; see [`Client::close`]. The reports stand in
    /// the order of the shards.
    pub async fn close(&self, timeout: Duration) -> Vec<CloseReport> {
        for client in &*self.clients {
            client.start_closing(timeout);
        }
        let mut reports = Vec::with_capacity(self.clients.len());
        for client in &*self.clients {
            reports.push(client.close(timeout).await);
        }
        reports
    }
}
