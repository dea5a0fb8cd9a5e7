//! Who listens to which channel.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::session::{ConnectionId, Session};

/// A channel. Those of the hash slots (`SSUBSCRIBE`) are others than those of all nodes, also
/// where they have one name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Channel {
    pub(crate) scope: Scope,
    pub(crate) name: Bytes,
}

/// How far a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scope {
    /// `PUBLISH`: to all nodes of a cluster.
    Everywhere,
    /// `SPUBLISH`: to those that have the channel's hash slot.
    Slot,
}

/// The channels that have listeners. They belong to no database, as in Redis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Channels {
    listeners: BTreeMap<Channel, BTreeSet<ConnectionId>>,
}

impl Channels {
    /// Makes a session listen. The name is copied: an argument is a slice of a whole
    /// read, which it must not keep alive.
    pub(crate) fn join(&mut self, session: &mut Session, channel: &Channel) {
        if session.channels.contains(channel) {
            return;
        }
        let channel = Channel {
            scope: channel.scope,
            name: Bytes::copy_from_slice(&channel.name),
        };
        let listeners = self.listeners.entry(channel.clone()).or_default();
        listeners.insert(session.id);
        session.channels.insert(channel);
    }

    /// Ends that.
    pub(crate) fn leave(&mut self, session: &mut Session, channel: &Channel) {
        session.channels.remove(channel);
        self.remove(session.id, channel);
    }

    /// The session is gone.
    pub(crate) fn forget(&mut self, session: &Session) {
        for channel in &session.channels {
            self.remove(session.id, channel);
        }
    }

    /// The listeners of a channel, in the order in which they connected.
    pub(crate) fn listeners(&self, channel: &Channel) -> Vec<ConnectionId> {
        let listeners = self.listeners.get(channel);
        listeners.into_iter().flatten().copied().collect()
    }

    /// Those that have listeners.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Channel> {
        self.listeners.keys()
    }

    fn remove(&mut self, listener: ConnectionId, channel: &Channel) {
        if let Some(listeners) = self.listeners.get_mut(channel) {
            listeners.remove(&listener);
            if listeners.is_empty() {
                self.listeners.remove(channel);
            }
        }
    }
}
