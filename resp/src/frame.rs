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
/// Bytes that are copied as one word.
const TINY: usize = 8;
/// Bytes that a frame has room for. With it the variants are about equally large.
const SHORT: usize = 96;

#[derive(Clone)]
enum Repr {
    /// A plain value of a few bytes: OK, a null, a small number.
    Tiny {
        node: Node,
        len: u8,
        text: [u8; TINY],
    },
    /// A plain value, its bytes in place.
    Short {
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
    /// Takes the first `len` bytes of `input`, which are one plain value, if they are few.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is returned is moved once less")]
    pub(crate) fn tiny(node: Node, input: &mut BytesMut, len: usize) -> Option<Self> {
        let short = u8::try_from(len).ok().filter(|_| len <= TINY)?;
        let text = first(input, len);
        input.advance(len);
        Some(Self {
            repr: Repr::Tiny {
                node,
                len: short,
                text,
            },
        })
    }

    /// Takes the first `len` bytes of `input`, which are one plain value.
    pub(crate) fn single(node: Node, input: &mut BytesMut, len: usize) -> Self {
        let Some(short) = u8::try_from(len).ok().filter(|_| len <= SHORT) else {
            return Self::new(&[node], input, len);
        };
        let text = first(input, len);
        input.advance(len);
        Self {
            repr: Repr::Short {
                node,
                len: short,
                text,
            },
        }
    }

    /// Takes the first `len` bytes of `input`, which `tape` describes.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is returned is moved once less")]
    pub(crate) fn new(tape: &[Node], input: &mut BytesMut, len: usize) -> Self {
        let bytes = input.split_to(len.min(input.len())).freeze();
        let Some(count) = u8::try_from(tape.len()).ok().filter(|_| tape.len() <= FEW) else {
            return Self {
                repr: Repr::Many {
                    nodes: tape.into(),
                    bytes,
                },
            };
        };
        let mut nodes = [Node::NULL; FEW];
        if let Some(place) = nodes.get_mut(..tape.len()) {
            place.copy_from_slice(tape);
        }
        Self {
            repr: Repr::Few {
                count,
                nodes,
                bytes,
            },
        }
    }

    /// What the reply says.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        match &self.repr {
            Repr::Tiny { node, .. } | Repr::Short { node, .. } => {
                Value::new(*node, &[], self.bytes())
            }
            Repr::Few { .. } | Repr::Many { .. } => root(self.nodes(), self.bytes()),
        }
    }

    /// The bytes of the reply as received, attributes included.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.repr {
            Repr::Tiny { len, text, .. } => text.get(..usize::from(*len)).unwrap_or_default(),
            Repr::Short { len, text, .. } => text.get(..usize::from(*len)).unwrap_or_default(),
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
            Repr::Tiny { node, .. } | Repr::Short { node, .. } => core::slice::from_ref(node),
            Repr::Few { count, nodes, .. } => nodes.get(..usize::from(*count)).unwrap_or_default(),
            Repr::Many { nodes, .. } => nodes,
        }
    }
}

/// The first `len` bytes, at most `N`, and whatever is behind them: to copy a fixed number of bytes takes
/// no call and no loop.
#[inline]
fn first<const N: usize>(input: &[u8], len: usize) -> [u8; N] {
    if let Some(text) = input.first_chunk() {
        return *text;
    }
    let mut text = [0; N];
    if let Some((place, source)) = text.get_mut(..len).zip(input.get(..len)) {
        place.copy_from_slice(source);
    }
    text
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
