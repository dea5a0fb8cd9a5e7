//! One decoded value, borrowed from the frame's bytes and tape.

use crate::iter::{Chunks, Items, Pairs};
use crate::tape::{Node, Tag};

/// One value of a reply. Texts point into the frame's bytes; aggregates are iterators over its
/// tape, so nothing is copied and no tree is built. `Copy`, and as cheap as three slices.
///
/// All three nulls of the protocols (`_`, `$-1`, `*-1`) are [`Value::Null`]. Text is bytes: servers
/// echo what clients stored, so nothing promises UTF-8. Aggregates that were sent streamed (`*?`)
/// look like counted ones.
///
/// Two values are equal when their contents are, attributes included; doubles are compared bit by
/// bit, with one `nan`, so that equality is reflexive.
///
/// ```
/// use quorlock_resp::{Decoder, Limits, Value};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// let reply = decoder.decode(b"*2\r\n:7\r\n$3\r\nabc\r\n").unwrap().unwrap();
/// let Value::Array(mut items) = reply.value() else { panic!("an array") };
/// assert_eq!(items.next(), Some(Value::Integer(7)));
/// assert_eq!(items.next(), Some(Value::Bulk(b"abc")));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// `*`: an array.
    Array(Items<'a>),
    /// `(`: an integer of any size, as sent: an optional sign and digits.
    BigNumber(&'a [u8]),
    /// `#`: true or false.
    Boolean(bool),
    /// `$`: a string with a length.
    Bulk(&'a [u8]),
    /// `!`: an error with a length.
    BulkError(&'a [u8]),
    /// `,`: a floating point number.
    Double(f64),
    /// `-`: an error, on one line.
    Error(&'a [u8]),
    /// `:`: a 64-bit integer.
    Integer(i64),
    /// `%`: a map, entries in the order sent, duplicate keys kept.
    Map(Pairs<'a>),
    /// `_`, `$-1` or `*-1`: nothing.
    Null,
    /// `>`: something the server says unasked.
    Push(Items<'a>),
    /// `~`: a set, elements in the order sent, duplicates kept.
    Set(Items<'a>),
    /// `+`: a string on one line.
    Simple(&'a [u8]),
    /// `$?`: a string sent in chunks.
    Streamed(Chunks<'a>),
    /// `=`: a string with a format such as `txt` or `mkd`.
    Verbatim {
        /// The three bytes before the colon.
        format: [u8; 3],
        /// What follows the colon.
        text: &'a [u8],
    },
}

impl<'a> Value<'a> {
    /// The value of a node; `children` are the nodes below it when it is an aggregate.
    #[inline]
    pub(crate) fn new(node: Node, children: &'a [Node], frame: &'a [u8]) -> Self {
        match node.tag {
            Tag::Null => Self::Null,
            Tag::Integer => Self::Integer(node.value.cast_signed()),
            Tag::Boolean => Self::Boolean(node.value != 0),
            Tag::Double => Self::Double(f64::from_bits(node.value)),
            Tag::Simple => Self::Simple(node.text_in(frame)),
            Tag::Error => Self::Error(node.text_in(frame)),
            Tag::Bulk | Tag::Chunk => Self::Bulk(node.text_in(frame)),
            Tag::BulkError => Self::BulkError(node.text_in(frame)),
            Tag::BigNumber => Self::BigNumber(node.text_in(frame)),
            Tag::Verbatim => Self::verbatim(node.text_in(frame)),
            Tag::Array => Self::Array(Items::new(node.len, children, frame)),
            Tag::Set => Self::Set(Items::new(node.len, children, frame)),
            Tag::Push => Self::Push(Items::new(node.len, children, frame)),
            Tag::Map | Tag::Attribute => Self::Map(Pairs(Items::new(node.len, children, frame))),
            Tag::Streamed => Self::Streamed(Chunks(Items::new(node.len, children, frame))),
        }
    }

    /// All nodes below this value, in pre-order, and the bytes that they point into.
    pub(crate) fn below(&self) -> (&'a [Node], &'a [u8]) {
        match self {
            Self::Array(items) | Self::Push(items) | Self::Set(items) => items.nodes(),
            Self::Map(pairs) => pairs.items().nodes(),
            Self::BigNumber(_)
            | Self::Boolean(_)
            | Self::Bulk(_)
            | Self::BulkError(_)
            | Self::Double(_)
            | Self::Error(_)
            | Self::Integer(_)
            | Self::Null
            | Self::Simple(_)
            | Self::Streamed(_)
            | Self::Verbatim { .. } => (&[], &[]),
        }
    }

    fn verbatim(content: &'a [u8]) -> Self {
        match content {
            [a, b, c, b':', text @ ..] => Self::Verbatim {
                format: [*a, *b, *c],
                text,
            },
            // The scanner lets no other form through.
            other => Self::Bulk(other),
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(a), Self::Array(b))
            | (Self::Push(a), Self::Push(b))
            | (Self::Set(a), Self::Set(b)) => a == b,
            (Self::BigNumber(a), Self::BigNumber(b))
            | (Self::Bulk(a), Self::Bulk(b))
            | (Self::BulkError(a), Self::BulkError(b))
            | (Self::Error(a), Self::Error(b))
            | (Self::Simple(a), Self::Simple(b)) => a == b,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => a.to_bits() == b.to_bits(),
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Null, Self::Null) => true,
            (Self::Streamed(a), Self::Streamed(b)) => a == b,
            (
                Self::Verbatim { format, text },
                Self::Verbatim {
                    format: other_format,
                    text: other_text,
                },
            ) => format == other_format && text == other_text,
            _ => false,
        }
    }
}

impl Eq for Value<'_> {}
