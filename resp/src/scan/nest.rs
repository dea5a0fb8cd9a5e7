//! The open aggregates: a stack that lives in the tape.

use alloc::vec::Vec;

use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::tape::{NO_PARENT, Node, Tag};

/// A tape with some of its aggregates still open. Nothing here looks at bytes.
#[derive(Debug)]
pub(super) struct Nest {
    tape: Vec<Node>,
    /// Index of the innermost open aggregate, or [`NO_PARENT`].
    open: u32,
    depth: usize,
    elements: usize,
    /// An attribute was read and its value has not begun.
    attributed: bool,
    /// The innermost open aggregate is a streamed string.
    chunks_due: bool,
    /// Keep what is complete. Without it the tape holds the open aggregates only.
    keep: bool,
}

/// Nodes that the tape keeps room for between frames (1 MiB); what one huge reply took beyond that
/// is given back.
const WARM_NODES: usize = 1 << 16;

impl Nest {
    pub(super) const fn new() -> Self {
        Self {
            tape: Vec::new(),
            open: NO_PARENT,
            depth: 0,
            elements: 0,
            attributed: false,
            chunks_due: false,
            keep: true,
        }
    }

    /// Forgets the frame, keeps the room.
    #[inline]
    pub(super) fn clear(&mut self, keep: bool) {
        self.tape.clear();
        if self.tape.capacity() > WARM_NODES {
            self.tape.shrink_to(WARM_NODES);
        }
        self.open = NO_PARENT;
        self.depth = 0;
        self.elements = 0;
        self.attributed = false;
        self.chunks_due = false;
        self.keep = keep;
    }

    pub(super) fn tape(&self) -> &[Node] {
        &self.tape
    }

    pub(super) fn keeps(&self) -> bool {
        self.keep
    }

    /// Whether chunks of a streamed string are due.
    #[inline]
    pub(super) fn in_streamed_string(&self) -> bool {
        self.innermost()
            .is_some_and(|node| node.tag == Tag::Streamed)
    }

    /// Adds a value without children. True when it completes the frame.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the inner loop; a call costs a third of it"
    )]
    pub(super) fn scalar(&mut self, node: Node, limits: &Limits) -> Result<bool, ErrorKind> {
        self.attributed = false;
        if self.keep {
            self.tape.push(node);
        }
        self.filled(limits)
    }

    /// Opens an aggregate of `children` values. True when it has none and completes the frame.
    pub(super) fn open(
        &mut self,
        tag: Tag,
        children: u64,
        limits: &Limits,
    ) -> Result<bool, ErrorKind> {
        if self.depth >= limits.depth {
            return Err(ErrorKind::DepthLimit);
        }
        let own_slot = usize::from(tag == Tag::Attribute);
        let children = usize::try_from(children).unwrap_or(usize::MAX);
        self.count(children.saturating_add(own_slot), limits)?;
        let children = u32::try_from(children).map_err(|_| ErrorKind::ElementLimit)?;
        if children > 0 {
            self.attributed = false;
            return self.push_open(tag, children, false).map(|()| false);
        }
        if tag == Tag::Attribute {
            self.attributed = true;
            if self.keep {
                self.tape.push(Node::scalar(tag, 0));
            }
            return Ok(false);
        }
        self.scalar(Node::scalar(tag, 0), limits)
    }

    /// Opens an aggregate that an end marker will close.
    pub(super) fn open_streamed(&mut self, tag: Tag, limits: &Limits) -> Result<(), ErrorKind> {
        if self.depth >= limits.depth {
            return Err(ErrorKind::DepthLimit);
        }
        self.attributed = false;
        self.chunks_due = tag == Tag::Streamed;
        self.push_open(tag, 0, true)
    }

    /// Closes the innermost aggregate at its end marker. True when that completes the frame.
    pub(super) fn end(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        let Some(node) = self.innermost() else {
            return Err(ErrorKind::End);
        };
        let half_entry = node.tag == Tag::Map && node.len % 2 == 1;
        if !node.streamed || half_entry || self.attributed {
            return Err(ErrorKind::End);
        }
        self.close();
        self.chunks_due = false;
        self.filled(limits)
    }

    fn push_open(&mut self, tag: Tag, children: u32, streamed: bool) -> Result<(), ErrorKind> {
        let index = u32::try_from(self.tape.len()).map_err(|_| ErrorKind::ElementLimit)?;
        self.tape
            .push(Node::opened(tag, children, streamed, self.open));
        self.open = index;
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn innermost(&self) -> Option<&Node> {
        self.tape.get(index(self.open))
    }

    /// A value is complete: counts it in its parent. True when nothing is open any more.
    #[inline]
    fn filled(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        let Some(parent) = self.tape.get_mut(index(self.open)) else {
            return Ok(true);
        };
        if parent.streamed {
            parent.len += 1;
            self.count(1, limits)?;
            return Ok(false);
        }
        // Never 0 here: an aggregate closes at its last child.
        parent.value -= 1;
        if parent.remaining() > 0 {
            return Ok(false);
        }
        self.close_full(limits)
    }

    /// Closes the innermost aggregate, which is full, and those around it that are full by that. True
    /// when nothing is open any more.
    fn close_full(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        loop {
            if self.close() == Tag::Attribute {
                self.attributed = true;
                return Ok(false);
            }
            let Some(parent) = self.tape.get_mut(index(self.open)) else {
                return Ok(true);
            };
            if parent.streamed {
                parent.len += 1;
                self.count(1, limits)?;
                return Ok(false);
            }
            parent.value -= 1;
            if parent.remaining() > 0 {
                return Ok(false);
            }
        }
    }

    /// Turns the innermost open aggregate into a complete one.
    fn close(&mut self) -> Tag {
        let at = index(self.open);
        let below = self.tape.len().saturating_sub(at + 1);
        let Some(node) = self.tape.get_mut(at) else {
            return Tag::Null;
        };
        let tag = node.tag;
        self.open = node.parent();
        self.depth -= 1;
        node.value = below as u64;
        if !self.keep {
            self.tape.truncate(at);
        }
        tag
    }

    #[inline]
    fn count(&mut self, more: usize, limits: &Limits) -> Result<(), ErrorKind> {
        self.elements = self.elements.saturating_add(more);
        if self.elements > limits.elements {
            return Err(ErrorKind::ElementLimit);
        }
        Ok(())
    }
}

#[inline]
fn index(open: u32) -> usize {
    usize::try_from(open).unwrap_or(usize::MAX)
}
