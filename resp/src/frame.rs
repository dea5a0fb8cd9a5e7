//! A whole reply that owns its bytes.

use alloc::boxed::Box;
use core::fmt;

use bytes::{Buf, Bytes, BytesMut};

use crate::iter::{Pairs, attributes_of};
use crate::reply::root;
use crate::tape::Node;
use crate::value::Value;

/// One whole reply that can be kept, as [`Decoder::decode_frame`](crate::Decoder::decode_frame)
/// gives it: the received bytes, shared and not copied, and a flat tape over them. Equal to another
/// when the values are, however they were sent.
///
/// A plain value of up to 96 bytes is copied instead: that is cheaper than a reference count, and a
/// short token that is kept does not hold the read buffer that it came in. Only a reply of more than
/// 8 values allocates, once.
#[derive(Clone)]
pub struct Frame {
    repr: Repr,
}

/// Nodes that a frame has room for.
const FEW: usize = 8;
/// Bytes that a frame has room for. With it the variants are about equally large.
const SHORT: usize = 96;

#[derive(Clone)]
enum Repr {
    /// A plain value, its bytes in place.
    Plain {
        node: Node,
        len: u8,
        text: [u8; SHORT],
    },
    /// The first `count` nodes, in place.
    Few {
        count: u8,
        nodes: [Node; FEW],
        bytes: Bytes,
    },
    Many {
        nodes: Box<[Node]>,
        bytes: Bytes,
    },
}

impl Frame {
    /// Takes the first `len` bytes of `input`, which are one plain value.
    #[inline]
    pub(crate) fn plain(node: Node, input: &mut BytesMut, len: usize) -> Self {
        if let Some(source) = input.get(..len)
            && len <= SHORT
            && let Ok(short) = u8::try_from(len)
        {
            let mut frame = Self {
                repr: Repr::Plain {
                    node,
                    len: short,
                    text: [0; SHORT],
                },
            };
            // Filled in place: the compiler copies a finished array once more.
            if let Repr::Plain { text, .. } = &mut frame.repr
                && let Some(place) = text.get_mut(..len)
            {
                place.copy_from_slice(source);
            }
            input.advance(len);
            return frame;
        }
        Self::new(&[node], input, len)
    }

    /// Takes the first `len` bytes of `input`, which `tape` describes.
    pub(crate) fn new(tape: &[Node], input: &mut BytesMut, len: usize) -> Self {
        let bytes = input.split_to(len.min(input.len())).freeze();
        let mut nodes = [Node::NULL; FEW];
        let repr = match (nodes.get_mut(..tape.len()), u8::try_from(tape.len())) {
            (Some(place), Ok(count)) => {
                place.copy_from_slice(tape);
                Repr::Few {
                    count,
                    nodes,
                    bytes,
                }
            }
            _ => Repr::Many {
                nodes: tape.into(),
                bytes,
            },
        };
        Self { repr }
    }

    /// What the reply says.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        match &self.repr {
            Repr::Plain { node, .. } => Value::new(*node, &[], self.bytes()),
            Repr::Few { .. } | Repr::Many { .. } => root(self.nodes(), self.bytes()),
        }
    }

    /// The bytes of the reply as received, attributes included.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.repr {
            Repr::Plain { len, text, .. } => text.get(..usize::from(*len)).unwrap_or_default(),
            Repr::Few { bytes, .. } | Repr::Many { bytes, .. } => bytes,
        }
    }

    /// What the server annotated the reply with. Where it sent several attributes in a row, the
    /// first.
    #[must_use]
    pub fn attributes(&self) -> Option<Pairs<'_>> {
        attributes_of(self.nodes(), self.bytes())
    }

    /// Whether the server sent this unasked, so that it answers no request.
    #[must_use]
    pub fn is_push(&self) -> bool {
        matches!(self.value(), Value::Push(_))
    }

    #[inline]
    fn nodes(&self) -> &[Node] {
        match &self.repr {
            Repr::Plain { node, .. } => core::slice::from_ref(node),
            Repr::Few { count, nodes, .. } => nodes.get(..usize::from(*count)).unwrap_or_default(),
            Repr::Many { nodes, .. } => nodes,
        }
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
