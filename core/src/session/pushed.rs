//! What a server says without being asked.

use quorlock_resp::Value;

/// A push that means something to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed<'a> {
    /// The answer to `SUBSCRIBE` or `UNSUBSCRIBE`.
    Confirmation,
    /// A message on this channel.
    Message(&'a [u8]),
}

impl<'a> Pushed<'a> {
    /// Reads a push: its kind, then what belongs to it. `None`: one that nobody here
    /// has asked for, such as the invalidation of a cached key.
    pub(super) fn read(push: Value<'a>) -> Option<Self> {
        let Value::Push(mut items) = push else {
            return None;
        };
        let mut text = || match items.next() {
            Some(Value::Bulk(text) | Value::Simple(text)) => Some(text),
            _ => None,
        };
        match text()? {
            b"message" => Some(Self::Message(text()?)),
            b"subscribe" | b"unsubscribe" => Some(Self::Confirmation),
            _ => None,
        }
    }
}
