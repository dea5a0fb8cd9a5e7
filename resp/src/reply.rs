//! A whole reply, borrowed from the caller's buffer and the decoder's tape.

use core::fmt;

use crate::iter::{Pairs, attributes_of};
use crate::tape::{Node, Tag};
use crate::value::Value;

/// One whole reply as [`Decoder::decode`](crate::Decoder::decode) found it. Reading it allocates
/// nothing and copies nothing. When done, drop [`len`](Self::len) bytes from the buffer's front.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// The frame, and whatever follows it.
    input: &'a [u8],
    len: usize,
    /// The tape; empty for a plain value, which is `root` then.
    nodes: &'a [Node],
    root: Node,
}

impl<'a> Reply<'a> {
    #[inline]
    pub(crate) fn new(input: &'a [u8], len: usize, nodes: &'a [Node], root: Node) -> Self {
        Self {
            input,
            len,
            nodes,
            root,
        }
    }

    /// Bytes that the reply takes at the front of the input, attributes included.
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no reply is empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The bytes of the reply as received.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.input.get(..self.len).unwrap_or_default()
    }

    /// What the reply says.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'a> {
        if self.nodes.is_empty() {
            Value::new(self.root, &[], self.input)
        } else {
            root(self.nodes, self.input)
        }
    }

    /// Whether the server sent this unasked, so that it answers no request.
    #[inline]
    #[must_use]
    pub fn is_push(&self) -> bool {
        matches!(self.value(), Value::Push(_))
    }

    /// What the server annotated the reply with. Where it sent several attributes in a row, the
    /// first.
    #[must_use]
    pub fn attributes(&self) -> Option<Pairs<'a>> {
        attributes_of(self.nodes, self.input)
    }
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.value()).finish()
    }
}

/// The value of a whole tape: its first node that is no attribute.
#[inline]
pub(crate) fn root<'a>(mut nodes: &'a [Node], frame: &'a [u8]) -> Value<'a> {
    while let Some((node, rest)) = nodes.split_first() {
        let (children, rest) = rest.split_at(node.span().min(rest.len()));
        if node.tag != Tag::Attribute {
            return Value::new(*node, children, frame);
        }
        nodes = rest;
    }
    Value::Null
}
