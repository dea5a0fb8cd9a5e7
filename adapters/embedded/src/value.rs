//! What a key can hold.

use std::collections::VecDeque;

use bytes::Bytes;

/// The value of a key. A lock is a string; lists exist so that a lock's name can be
/// found taken by a key of another type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    List(VecDeque<Bytes>),
    String(Bytes),
}

/// Bytes charged for a key or a list element beside its contents.
pub(crate) const OVERHEAD: usize = 64;

impl Value {
    /// The name that `TYPE` gives it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::String(_) => "string",
        }
    }

    /// Bytes charged against [`Limits::memory`](crate::Limits::memory).
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::List(elements) => elements
                .iter()
                .map(|element| element.len() + OVERHEAD)
                .sum(),
            Self::String(bytes) => bytes.len(),
        }
    }
}
