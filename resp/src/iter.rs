//! Walking an aggregate's children over the tape.
#![allow(
    clippy::copy_iterator,
    reason = "a cursor of three words; a copy of it is how a caller looks ahead"
)]

use core::fmt;
use core::iter::FusedIterator;

use crate::tape::{Node, Tag};
use crate::value::Value;

/// The elements of an array, a set or a push.
///
/// `Copy`: looking ahead is iterating over a copy.
#[derive(Clone, Copy)]
pub struct Items<'a> {
    nodes: &'a [Node],
    frame: &'a [u8],
    left: u32,
}

impl<'a> Items<'a> {
    /// The next `len` values of `nodes`.
    #[inline]
    pub(crate) fn new(len: u32, nodes: &'a [Node], frame: &'a [u8]) -> Self {
        Self {
            nodes,
            frame,
            left: len,
        }
    }

    /// What the server annotated the next element with. Where it sent several attributes in a row,
    /// the first.
    #[must_use]
    pub fn attributes(&self) -> Option<Pairs<'a>> {
        attributes_of(self.nodes, self.frame)
    }

    /// All nodes that are left, in pre-order, and the bytes that they point into.
    pub(crate) fn nodes(&self) -> (&'a [Node], &'a [u8]) {
        (self.nodes, self.frame)
    }
}

/// The first of the attributes at the front of a tape, if there is one.
pub(crate) fn attributes_of<'a>(nodes: &'a [Node], frame: &'a [u8]) -> Option<Pairs<'a>> {
    let (node, rest) = nodes.split_first()?;
    if node.tag != Tag::Attribute {
        return None;
    }
    Some(Pairs(Items::new(node.len, rest.get(..node.span())?, frame)))
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    /// Splits the first value off, attributes in front of it dropped.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        loop {
            let (node, rest) = self.nodes.split_first()?;
            if !node.tag.is_aggregate() {
                self.nodes = rest;
                return Some(Value::new(*node, &[], self.frame));
            }
            let (children, rest) = rest.split_at_checked(node.span())?;
            self.nodes = rest;
            if node.tag != Tag::Attribute {
                return Some(Value::new(*node, children, self.frame));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Items<'_> {}
impl FusedIterator for Items<'_> {}

/// The entries of a map or of an attribute, in the order sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pairs<'a>(pub(crate) Items<'a>);

impl<'a> Pairs<'a> {
    /// Keys and values in turn, for one who wants the attributes of values too.
    #[must_use]
    pub fn items(self) -> Items<'a> {
        self.0
    }

    /// What the server annotated the next key with. Where it sent several attributes in a row, the
    /// first.
    #[must_use]
    pub fn attributes(&self) -> Option<Self> {
        self.0.attributes()
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Value<'a>, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.next()?;
        Some((key, self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let entries = self.0.len() / 2;
        (entries, Some(entries))
    }
}

impl ExactSizeIterator for Pairs<'_> {}
impl FusedIterator for Pairs<'_> {}

/// The pieces of a streamed string. Its content is all of them joined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Chunks<'a>(pub(crate) Items<'a>);

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (node, rest) = self.0.nodes.split_first()?;
        self.0.nodes = rest;
        self.0.left = self.0.left.saturating_sub(1);
        Some(node.text_in(self.0.frame))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Chunks<'_> {}
impl FusedIterator for Chunks<'_> {}

impl PartialEq for Items<'_> {
    /// Parents stand before children and say how many they have, so two pre-orders are the same
    /// sequence exactly when the trees are the same. No recursion, whatever the depth.
    fn eq(&self, other: &Self) -> bool {
        self.left == other.left
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(other.nodes).all(|(a, b)| {
                a.tag == b.tag
                    && a.len == b.len
                    && match a.tag {
                        Tag::Null | Tag::Integer | Tag::Boolean | Tag::Double => a.value == b.value,
                        Tag::Simple
                        | Tag::Error
                        | Tag::Bulk
                        | Tag::BulkError
                        | Tag::BigNumber
                        | Tag::Verbatim
                        | Tag::Chunk => a.text_in(self.frame) == b.text_in(other.frame),
                        Tag::Array
                        | Tag::Set
                        | Tag::Push
                        | Tag::Map
                        | Tag::Attribute
                        | Tag::Streamed => true,
                    }
            })
    }
}

impl Eq for Items<'_> {}

/// `Debug` says how much is left. Printing the elements would recurse, and a reply can be as deep as the
/// limit allows.
macro_rules! print_len {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.len())
            }
        }
    )+};
}

print_len!(Chunks, Items, Pairs);
