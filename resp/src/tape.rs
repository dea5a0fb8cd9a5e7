//! The flat form of a decoded reply: one 16-byte node per value, parents before children.

/// What a node stands for. Aggregates come last, so that one comparison tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
// As wide as the rest of a node, so that no byte of one is padding and it is copied by whole words.
#[repr(u32)]
pub(crate) enum Tag {
    Null,
    Integer,
    Boolean,
    Double,
    Simple,
    Error,
    Bulk,
    BulkError,
    BigNumber,
    Verbatim,
    /// One chunk of a streamed string; only ever a child of `Streamed`.
    Chunk,
    Array,
    Set,
    Push,
    Map,
    /// A map that annotates the next value. It takes no element slot of its parent.
    Attribute,
    /// A streamed string; its children are its chunks.
    Streamed,
}

impl Tag {
    /// Whether the node has children (all the nodes of `span` behind it).
    #[inline]
    pub(crate) const fn is_aggregate(self) -> bool {
        self as u32 >= Self::Array as u32
    }

    /// Whether its children come in keys and values.
    #[inline]
    pub(crate) const fn is_paired(self) -> bool {
        matches!(self, Self::Map | Self::Attribute)
    }
}

/// One value. What `len` and `value` mean depends on the tag:
///
/// | tag | `len` | `value` |
/// |---|---|---|
/// | text | bytes of the text | offset of the text in the frame |
/// | integer, boolean, double | 0 | its bits |
/// | aggregate, complete | number of children | nodes in the subtree below it |
/// | aggregate, being read | children announced, or so far | see [`Node::opened`] |
///
/// A subtree's size instead of the next sibling's index makes every sub-slice of a tape a tape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) value: u64,
    pub(crate) len: u32,
    pub(crate) tag: Tag,
}

// Four nodes per cache line, and the tape costs at most 16 bytes for every 3 bytes received.
const _: () = assert!(size_of::<Node>() == 16);

impl Node {
    pub(crate) const NULL: Self = Self::scalar(Tag::Null, 0);

    #[inline]
    pub(crate) const fn scalar(tag: Tag, bits: u64) -> Self {
        Self {
            value: bits,
            len: 0,
            tag,
        }
    }

    #[inline]
    pub(crate) const fn text(tag: Tag, offset: usize, len: u32) -> Self {
        Self {
            value: offset as u64,
            len,
            tag,
        }
    }

    /// An aggregate inside the one at index `parent`, which waits for `left` children with this one. While
    /// it is open the node is also the scanner's stack entry, so there is no second stack to grow.
    ///
    /// No index is above the number of elements, which is below `u32::MAX`: that stands for no parent.
    #[inline]
    pub(crate) const fn opened(tag: Tag, children: u32, parent: usize, left: u32) -> Self {
        Self {
            value: ((parent as u64) << 32) | left as u64,
            len: children,
            tag,
        }
    }

    /// Index of the aggregate around this open one.
    #[inline]
    pub(crate) fn parent(&self) -> usize {
        usize::try_from(self.value >> 32).unwrap_or(usize::MAX)
    }

    /// Children that the aggregate around this open one waits for, this one included (0 when streamed).
    #[inline]
    pub(crate) const fn left_in_parent(&self) -> u32 {
        (self.value & 0xffff_ffff) as u32
    }

    /// Nodes below this one; 0 for a scalar.
    #[inline]
    pub(crate) fn span(&self) -> usize {
        if self.tag.is_aggregate() {
            usize::try_from(self.value).unwrap_or(usize::MAX)
        } else {
            0
        }
    }

    /// The bytes of a text node inside the frame that it was scanned from.
    #[inline]
    pub(crate) fn text_in<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        // The scanner writes only ranges that it has seen; the fallback is never taken.
        let start = usize::try_from(self.value).unwrap_or(usize::MAX);
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        frame
            .get(start..)
            .and_then(|tail| tail.get(..len))
            .unwrap_or_default()
    }
}
