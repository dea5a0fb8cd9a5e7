//! Looking at a node's keys past its protocol: for those who check what is done to them.

use bytes::Bytes;

use crate::expiry::Expiry;
use crate::node::Node;
use crate::store::{Key, Store};
use crate::time::ServerTime;
use crate::value::Value;

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The string; `None` for a list.
    pub value: Option<Bytes>,
    /// The last millisecond since 1970 in which it is there; `None`: it has no end.
    pub expires: Option<i64>,
}

/// The keys of a node as they were at one time, as a server finds them on its disk.
#[derive(Clone, Debug)]
pub struct Snapshot(Store);

impl Node {
    /// What a client would find under a name in database 0. Nothing is changed by it.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use quorlock_embedded::{Config, Node, ServerTime};
    ///
    /// let now = ServerTime::from_micros(1_700_000_000_000_000);
    /// let node = Node::new(Config::default(), now);
    /// assert_eq!(node.look(now, &Bytes::from_static(b"job")), None);
    /// ```
    #[must_use]
    pub fn look(&self, now: ServerTime, name: &Bytes) -> Option<Look> {
        let (value, expiry) = self.world.store.peek(&Key::new(0, name), now)?;
        Some(Look {
            value: match value {
                Value::List(_) => None,
                Value::String(text) => Some(text.clone()),
            },
            expires: match expiry {
                Expiry::At(deadline) => Some(deadline),
                Expiry::Never => None,
            },
        })
    }

    /// The keys as they are now, for [`restore`](Self::restore).
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.world.store.clone())
    }

    /// Has these keys in place of its own: after [`restart`](Self::restart), a node whose last writes
    /// did not reach the disk.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.world.store = snapshot.0.clone();
    }
}
