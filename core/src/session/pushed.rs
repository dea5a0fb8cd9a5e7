//! What a server says without being asked.

use alloc::collections::VecDeque;

use quorlock_resp::Value;

use super::{Expected, Question};
use crate::time::Instant;

/// A push that means something to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed<'a> {
    /// The answer to `SUBSCRIBE`, `UNSUBSCRIBE` or `SSUBSCRIBE`.
    Confirmation,
    /// Nothing comes on this channel any more: the answer to `SUNSUBSCRIBE`, or its hash slot
    /// has left the node.
    Ended(&'a [u8]),
    /// A channel, and a message on it.
    Message(&'a [u8], &'a [u8]),
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
            b"message" | b"smessage" => Some(Self::Message(text()?, text()?)),
            b"ssubscribe" | b"subscribe" | b"unsubscribe" => Some(Self::Confirmation),
            b"sunsubscribe" => Some(Self::Ended(text()?)),
            _ => None,
        }
    }
}

/// Takes the oldest question, if such a push answers it.
pub(super) fn take_confirmed<T>(queue: &mut VecDeque<Expected<T>>) -> Option<(T, Instant)> {
    let asked =
        |question: &Question<T>| matches!(question, Question::Listen(_) | Question::Unlisten(_));
    take_if(queue, asked)
}

/// The same for the end of a channel, which a server also tells unasked. Where that comes
/// just before the answer to our own question for another channel, the two change places:
/// each is told by its channel's name all the same.
pub(super) fn take_ended<T>(queue: &mut VecDeque<Expected<T>>) -> Option<(T, Instant)> {
    take_if(queue, |question| matches!(question, Question::Unlisten(_)))
}

fn take_if<T>(
    queue: &mut VecDeque<Expected<T>>,
    answered: impl Fn(&Question<T>) -> bool,
) -> Option<(T, Instant)> {
    let oldest = queue.pop_front_if(|oldest| answered(&oldest.question))?;
    match oldest.question {
        Question::Listen(ticket) | Question::Unlisten(ticket) => Some((ticket, oldest.sent)),
        Question::Compare(_) | Question::Handshake(_) | Question::Ping | Question::Ticket(_) => {
            None
        }
    }
}
