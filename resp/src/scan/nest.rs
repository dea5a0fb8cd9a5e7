//! The open aggregates: a stack that lives in the tape.

use alloc::vec::Vec;

use super::level::{Filled, Level};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::tape::{Node, Tag};

/// A tape with some of its aggregates still open. Nothing here looks at bytes.
#[derive(Debug)]
pub(super) struct Nest {
    pub(super) tape: Vec<Node>,
    pub(super) level: Level,
    pub(super) elements: usize,
    /// An attribute was read and its value has not begun.
    attributed: bool,
    /// Keep what is complete. Without it the tape holds the open aggregates only.
    keep: bool,
}

/// Nodes that the tape keeps room for between frames (2 MiB); what one huge reply took beyond that
/// is given back.
const WARM_NODES: usize = 1 << 17;

impl Nest {
    pub(super) const fn new() -> Self {
        Self {
            tape: Vec::new(),
            level: Level::OUTSIDE,
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
        self.level = Level::OUTSIDE;
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
    pub(super) fn in_streamed_string(&mut self) -> bool {
        self.level.left == 0
            && self
                .level
                .node(&mut self.tape)
                .is_some_and(|node| node.tag == Tag::Streamed)
    }

    /// Whether the next value is one more child of a counted aggregate, or the frame's own, and nothing
    /// else has to be thought of.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.level.left > 0 && !self.attributed
    }

    /// Adds a value without children. True when it completes the frame.
    #[inline]
    pub(super) fn scalar(&mut self, node: Node, limits: &Limits) -> Result<bool, ErrorKind> {
        self.attributed = false;
        self.push(node);
        self.filled(limits)
    }

    #[inline]
    fn push(&mut self, node: Node) {
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
        if self.level.depth >= limits.depth {
            return Err(ErrorKind::DepthLimit);
        }
        let own_slot = usize::from(tag == Tag::Attribute);
        let children = usize::try_from(children).unwrap_or(usize::MAX);
        self.count(children.saturating_add(own_slot), limits)?;
        let children = u32::try_from(children).map_err(|_| ErrorKind::ElementLimit)?;
        if children > 0 {
            self.attributed = false;
            self.level.open(&mut self.tape, tag, children);
            return Ok(false);
        }
        if tag == Tag::Attribute {
            self.attributed = true;
            self.push(Node::scalar(tag, 0));
            return Ok(false);
        }
        self.scalar(Node::scalar(tag, 0), limits)
    }

    /// Opens an aggregate that an end marker will close.
    pub(super) fn open_streamed(&mut self, tag: Tag, limits: &Limits) -> Result<(), ErrorKind> {
        if self.level.depth >= limits.depth {
            return Err(ErrorKind::DepthLimit);
        }
        self.attributed = false;
        self.level.open(&mut self.tape, tag, 0);
        Ok(())
    }

    /// Closes the innermost aggregate at its end marker. True when that completes the frame.
    pub(super) fn end(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        let Some(node) = self.level.node(&mut self.tape) else {
            return Err(ErrorKind::End);
        };
        let half_entry = node.tag == Tag::Map && node.len % 2 == 1;
        if self.level.left > 0 || half_entry || self.attributed {
            return Err(ErrorKind::End);
        }
        self.level.close(&mut self.tape, self.keep);
        self.filled(limits)
    }

    /// A value is complete: counts it in its parent. True when nothing is open any more.
    #[inline]
    fn filled(&mut self, limits: &Limits) -> Result<bool, ErrorKind> {
        match self.level.fill(&mut self.tape, self.keep) {
            Filled::Open => Ok(false),
            Filled::Odd => self.filled_odd(limits).map(|()| false),
            Filled::Whole => Ok(true),
        }
    }

    /// Goes on where [`Level::fill`] could not.
    #[cold]
    pub(super) fn filled_odd(&mut self, limits: &Limits) -> Result<(), ErrorKind> {
        if self.level.left > 0 {
            self.level.close(&mut self.tape, self.keep);
            self.attributed = true;
            return Ok(());
        }
        if let Some(parent) = self.level.node(&mut self.tape) {
            parent.len += 1;
        }
        self.count(1, limits)
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
