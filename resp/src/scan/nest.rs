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
    /// Children that the innermost open aggregate waits for. While none is open 1, for the frame's own
    /// value; 0 in a streamed one, which an end marker closes.
    left: u32,
    depth: usize,
    elements: usize,
    /// An attribute was read and its value has not begun.
    attributed: bool,
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
            left: 1,
            depth: 0,
            elements: 0,
            attributed: false,
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
        self.left = 1;
        self.depth = 0;
        self.elements = 0;
        self.attributed = false;
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
        self.left == 0
            && self
                .innermost()
                .is_some_and(|node| node.tag == Tag::Streamed)
    }

    /// Whether the next value is one more child of a counted aggregate, or the frame's own, and nothing
    /// else has to be thought of.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.left > 0 && !self.attributed
    }

    /// Adds a value without children. True when it completes the frame.
    #[inline]
    pub(super) fn scalar(&mut self, node: Node, limits: &Limits) -> Result<bool, ErrorKind> {
        self.attributed = false;
        self.push(node);
        self.filled(limits)
    }

    /// Writes a value without children down; [`filled`](Self::filled) must follow.
    #[inline]
    pub(super) fn push(&mut self, node: Node) {
        if self.keep {
            self.tape.push(node);
        }
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
            return self.push_open(tag, children).map(|()| false);
        }
        if tag == Tag::Attribute {
            self.attributed = true;
            self.push(Node::scalar(tag, 0));
            return Ok(false);
        }
        self.scalar(Node::scalar(tag, 0), limits)
    }

    /// Opens an aggregate that has children, if there are few and all is within the limits.
    #[inline]
    pub(super) fn open_within(&mut self, tag: Tag, children: u32, limits: &Limits) -> bool {
        let elements = self.elements + index(children);
        if children == 0 || self.depth >= limits.depth || elements > limits.elements {
            return false;
        }
        self.elements = elements;
        self.push_open(tag, children).is_ok()
    }

    /// Opens an aggregate that an end marker will close.
    pub(super) fn open_streamed(&mut self, tag: Tag, limits: &Limits) -> Result<(), ErrorKind> {
        if self.depth >= limits.depth {
            return Err(ErrorKind::DepthLimit);
        }
        self.attributed = false;
        self.push_open(tag, 0)
    }

    /// Closes the innermost aggregate at its end marker. True when that completes the frame.
    pub(super) fn end(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        let Some(node) = self.innermost() else {
            return Err(ErrorKind::End);
        };
        let half_entry = node.tag == Tag::Map && node.len % 2 == 1;
        if self.left > 0 || half_entry || self.attributed {
            return Err(ErrorKind::End);
        }
        self.close();
        self.filled(limits)
    }

    fn push_open(&mut self, tag: Tag, children: u32) -> Result<(), ErrorKind> {
        let index = u32::try_from(self.tape.len()).map_err(|_| ErrorKind::ElementLimit)?;
        self.tape
            .push(Node::opened(tag, children, self.open, self.left));
        self.open = index;
        self.left = children;
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn innermost(&self) -> Option<&Node> {
        self.tape.get(index(self.open))
    }

    /// A value is complete: counts it in its parent. True when nothing is open any more.
    #[inline]
    pub(super) fn filled(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        if self.fill_one() {
            return Ok(false);
        }
        self.filled_last(limits)
    }

    /// The same where the parent waits for more. False when it does not, or is streamed.
    #[inline]
    pub(super) fn fill_one(&mut self) -> bool {
        let waits_for_more = self.left > 1;
        if waits_for_more {
            self.left -= 1;
        }
        waits_for_more
    }

    /// The same where the parent is streamed or waits for no more, so that it is complete too, and maybe
    /// those around it.
    #[inline(never)]
    pub(super) fn filled_last(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        while self.left == 1 {
            if self.open == NO_PARENT {
                return Ok(true);
            }
            if self.close() == Tag::Attribute {
                self.attributed = true;
                return Ok(false);
            }
        }
        if self.left > 0 {
            self.left -= 1;
            return Ok(false);
        }
        if let Some(parent) = self.tape.get_mut(index(self.open)) {
            parent.len += 1;
        }
        self.count(1, limits)?;
        Ok(false)
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
        self.left = node.left_in_parent();
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
