//! What the node remembers of one connection.

use core::fmt;

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};
use quorlock_resp::Protocol;

use crate::channels::Channel;
use crate::failure::Failure;
use crate::replicas::{Offset, Wait};
use crate::request::Parser;

/// Names one connection for as long as the node lives; never given out twice.
///
/// It is also the client id that `HELLO` and `CLIENT ID` tell and that
/// `CLIENT KILL ID` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(i64);

impl ConnectionId {
    pub(crate) const FIRST: Self = Self(1);

    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The id as it stands on the wire.
    pub(crate) fn as_i64(self) -> i64 {
        self.0
    }

    /// The id in a client's words.
    pub(crate) fn from_i64(id: i64) -> Self {
        Self(id)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The state of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Session {
    /// The next command is served although its slot is only on its way here.
    pub(crate) asking: bool,
    pub(crate) authenticated: bool,
    /// What it listens to.
    pub(crate) channels: BTreeSet<Channel>,
    /// No request is read any more, and the connection ends behind what is written.
    pub(crate) closing: bool,
    pub(crate) database: u8,
    pub(crate) id: ConnectionId,
    /// Empty for none.
    name: Bytes,
    pub(crate) parser: Parser,
    pub(crate) protocol: Protocol,
    /// Messages that nobody has taken away yet.
    pub(crate) pushed: BytesMut,
    /// Its requests stand still until replicas have heard.
    pub(crate) waiting: Option<Wait>,
    /// How far the node was with its last change.
    pub(crate) wrote: Offset,
}

impl Session {
    pub(crate) fn new(id: ConnectionId, authenticated: bool) -> Self {
        Self {
            asking: false,
            authenticated,
            channels: BTreeSet::new(),
            closing: false,
            database: 0,
            id,
            name: Bytes::new(),
            parser: Parser::default(),
            protocol: Protocol::Resp2,
            pushed: BytesMut::new(),
            waiting: None,
            wrote: Offset::default(),
        }
    }

    /// Names the connection; an empty name takes the name away.
    ///
    /// # Errors
    /// A byte that would break the lines of a client list.
    pub(crate) fn set_name(&mut self, name: &Bytes) -> Result<(), Failure> {
        if !name.iter().all(u8::is_ascii_graphic) {
            return Err(Failure::fixed(
                "ERR Client names cannot contain spaces, newlines or special characters.",
            ));
        }
        self.name = Bytes::copy_from_slice(name);
        Ok(())
    }

    pub(crate) fn name(&self) -> &Bytes {
        &self.name
    }
}
