//! A whole reply that owns its bytes.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::iter::{Pairs, attributes_of};
use crate::reply::root;
use crate::tape::Node;
use crate::value::Value;

/// One whole reply that can be kept, as [`Decoder::decode_frame`](crate::Decoder::decode_frame)
/// gives it: the received bytes, shared and not copied, and a flat tape over them. Equal to another
/// when the values are, however they were sent.
#[derive(Clone)]
pub struct Frame {
    bytes: Bytes,
    nodes: Vec<Node>,
}

impl Frame {
    pub(crate) fn new(bytes: Bytes, nodes: Vec<Node>) -> Self {
        Self { bytes, nodes }
    }

    /// What the reply says.
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        root(&self.nodes, &self.bytes)
    }

    /// The bytes of the reply as received, attributes included.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the server annotated the reply with.
    #[must_use]
    pub fn attributes(&self) -> Option<Pairs<'_>> {
        attributes_of(&self.nodes, &self.bytes)
    }

    /// Whether the server sent this unasked, so that it answers no request.
    #[must_use]
    pub fn is_push(&self) -> bool {
        matches!(self.value(), Value::Push(_))
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value() && self.attributes() == other.attributes()
    }
}

impl Eq for Frame {}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Frame").field(&self.value()).finish()
    }
}
