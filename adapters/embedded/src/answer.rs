//! Replies as values, before they are bytes.

use bytes::{Bytes, BytesMut};
use quorlock_resp::{Protocol, encode};

use crate::failure::Failure;

/// What a command answers, or the error it answers with.
pub(crate) type Outcome = Result<Answer, Failure>;

/// A reply that is no error. Commands and scripts build it, and a session's
/// protocol decides how it looks on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Array(Vec<Answer>),
    Bulk(Bytes),
    Integer(i64),
    /// A flat array of keys and values in RESP2.
    Map(Vec<(Answer, Answer)>),
    /// A null bulk string in RESP2.
    Null,
    /// What nobody asked for, or the answer to `SUBSCRIBE`; an array in RESP2.
    Push(Vec<Answer>),
    /// Several replies to one command, or none so far.
    Sequence(Vec<Answer>),
    Simple(&'static str),
    /// A verbatim string of format `txt`; a bulk string in RESP2.
    Text(Bytes),
}

impl Answer {
    pub(crate) const OK: Self = Self::Simple("OK");
    pub(crate) const ZERO: Self = Self::Integer(0);

    /// Appends the reply's bytes. It nests only as deep as the commands build it.
    pub(crate) fn encode(&self, output: &mut BytesMut, protocol: Protocol) {
        match self {
            Self::Array(items) => {
                encode::array(output, items.len());
                for item in items {
                    item.encode(output, protocol);
                }
            }
            Self::Bulk(bytes) => encode::bulk(output, bytes),
            Self::Integer(value) => encode::integer(output, *value),
            Self::Map(pairs) => {
                encode::map(output, pairs.len(), protocol);
                for (key, value) in pairs {
                    key.encode(output, protocol);
                    value.encode(output, protocol);
                }
            }
            Self::Null => encode::null(output, protocol),
            Self::Push(items) => {
                encode::push(output, items.len(), protocol);
                for item in items {
                    item.encode(output, protocol);
                }
            }
            Self::Sequence(answers) => {
                for answer in answers {
                    answer.encode(output, protocol);
                }
            }
            Self::Simple(text) => encode::simple(output, text.as_bytes()),
            Self::Text(text) => encode::verbatim(output, *b"txt", text, protocol),
        }
    }
}

impl From<i64> for Answer {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Answer {
    /// 1 or 0, as commands count what they did.
    fn from(done: bool) -> Self {
        Self::Integer(i64::from(done))
    }
}

impl From<usize> for Answer {
    fn from(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<&'static str> for Answer {
    fn from(text: &'static str) -> Self {
        Self::Bulk(Bytes::from_static(text.as_bytes()))
    }
}
