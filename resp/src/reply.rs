//! A whole reply, borrowed from the caller's buffer and the decoder's tape.

use core::fmt;

use crate::iter::{Pairs, attributes_of};
use crate::tape::{Node, Tag};
use crate::value::Value;

/// One whole reply as [`Decoder::decode`](crate::Decoder::decode) found it. Reading it allocates
/// nothing and copies nothing. When done, drop [`len`](Self::len) bytes from the buffer's front.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    frame: &'a [u8],
    /// The tape; empty for a plain value, which is `root` then.
    nodes: &'a [Node],
    root: Node,
}

impl<'a> Reply<'a> {
    /// A reply that is one plain value.
    #[inline]
    pub(crate) fn plain(frame: &'a [u8], root: Node) -> Self {
        Self {
            frame,
            nodes: &[],
            root,
        }
    }

    #[inline]
    pub(crate) fn new(frame: &'a [u8], nodes: &'a [Node]) -> Self {
        Self {
            frame,
            nodes,
            root: Node::NULL,
        }
    }

    /// Bytes that the reply takes at the front of the input, attributes included.
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no reply is empty")]
    pub fn len(&self) -> usize {
        self.frame.len()
    }

    /// The bytes of the reply as received.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.frame
    }

    /// What the reply says.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'a> {
        if self.nodes.is_empty() {
            Value::new(self.root, &[], self.frame)
        } else {
            root(self.nodes, self.frame)
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
        attributes_of(self.nodes, self.frame)
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
