//! The handle of a client.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use quorlock_core::{HashSlot, Keys};

use crate::engine::Engine;
use crate::multi::MultiRequest;
use crate::names::NodeNames;
use crate::node_status::{NodeStatus, NodeWatch};
use crate::request::Request;

/// How long the task goes on flushing when the last handle is dropped.
const FLUSH: Duration = Duration::from_secs(2);

/// A client of a group of lock nodes. Cheap to clone; all clones are one client.
///
/// When the last clone and the last guard are dropped, the client's task releases
/// what is left, gives slow nodes up to two seconds to confirm, and ends. A process
/// that exits before leaves keys behind until their TTL: use [`close`](Self::close).
#[derive(Clone, Debug)]
pub struct Client {
    handle: Arc<Handle>,
}

impl Client {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self {
            handle: Arc::new(Handle { engine }),
        }
    }

    /// Starts to describe a lock on `key`.
    ///
    /// Keys are used as they are: `:` and other characters have no meaning.
    pub fn lock(&self, key: impl Into<Bytes>) -> Request {
        Request::new(Arc::clone(&self.handle), Ok(key.into().into()))
    }

    /// Starts to describe one lock on all of `keys`, which is granted on all of them or
    /// on none, and has one guard and one token.
    ///
    /// Each node is asked once for all keys, so that two who want the same keys in
    /// different orders never wait for each other; nothing is held while waiting. In a
    /// Redis Cluster the keys must be in one hash slot (`{tag}`), and every node has to
    /// let its user run scripts. No key, or one that is given twice, is an error when the
    /// lock is asked for.
    ///
    /// ```no_run
    /// # async fn transfer(client: &quorlock_driver::Client) -> Result<(), quorlock_driver::AcquireError> {
    /// let guard = client.lock_all(["account:7", "account:12"]).acquire().await?;
    /// # guard.release().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn lock_all<I>(&self, keys: I) -> Request
    where
        I: IntoIterator,
        I::Item: Into<Bytes>,
    {
        Request::new(Arc::clone(&self.handle), Keys::new(keys))
    }

    /// The same where the keys may be in different hash slots of a Redis Cluster: those of
    /// one slot are one part of the lock, with a token of its own. Without a cluster, all of
    /// them are.
    pub fn lock_across<I>(&self, keys: I) -> MultiRequest
    where
        I: IntoIterator,
        I::Item: Into<Bytes>,
    {
        let is_cluster = self.handle.engine.is_cluster;
        let mut parts = BTreeMap::<_, Vec<Bytes>>::new();
        for key in keys {
            let key = key.into();
            let slot = is_cluster.then(|| HashSlot::of(&key));
            parts.entry(slot).or_default().push(key);
        }
        MultiRequest::new(parts.into_values().map(|keys| self.lock_all(keys)))
    }

    /// Closes the client: whoever waits for a lock gets
    /// [`AcquireError::Closed`](crate::AcquireError::Closed), held locks are
    /// released, and slow nodes have up to `timeout` to confirm.
    ///
    /// May be called again, from any clone: all get the same report, and the first
    /// call sets the time.
    pub async fn close(&self, timeout: Duration) -> CloseReport {
        self.start_closing(timeout);
        let engine = &self.handle.engine;
        let closed = engine.closed.wait(|closed| *closed).await;
        CloseReport {
            unconfirmed: NodeNames::new(closed.unconfirmed, &engine.names()),
        }
    }

    /// What [`close`](Self::close) does before it waits.
    pub(crate) fn start_closing(&self, timeout: Duration) {
        self.handle.engine.close(timeout);
    }

    /// The nodes as they are now, in the order of the configuration.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeStatus> {
        NodeStatus::of_all(&self.handle.engine)
    }

    /// Tells of every change of a node from the first one on. It does not keep the
    /// client open.
    #[must_use]
    pub fn watch_nodes(&self) -> NodeWatch {
        NodeWatch::new(Arc::clone(&self.handle.engine))
    }

    /// The nodes that vote on `key`: all of them or, in a cluster, the primary that has its
    /// hash slot. `None` where that is not known yet.
    #[must_use]
    pub fn voters(&self, key: &[u8]) -> Option<NodeNames> {
        let engine = &self.handle.engine;
        let voters = engine.lock().core.voters(key)?;
        Some(NodeNames::new(voters, &engine.names()))
    }

    /// Whether it is known of each hash slot of the cluster which primary has it; true where
    /// there is no cluster.
    #[must_use]
    pub fn knows_all_slots(&self) -> bool {
        self.handle.engine.lock().core.knows_all_slots()
    }

    /// How many nodes have to grant a lock.
    #[must_use]
    pub fn votes_needed(&self) -> usize {
        self.handle.engine.votes_needed
    }
}

/// What closing a client came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReport {
    /// Nodes that did not confirm every release in time: keys of ours may stay there
    /// until their TTL. All nodes where the runtime was dropped before.
    pub unconfirmed: NodeNames,
}

/// Held by clients, guards and pending acquisitions; the last one closes the client.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) engine: Arc<Engine>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.engine.close(FLUSH);
    }
}
