//! Where in the nesting the scanner is.

use alloc::vec::Vec;

use crate::tape::{Node, Tag};

/// The innermost open aggregate. A small value apart from the tape, so that a loop holds it in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Index of its node; behind every tape if none is open.
    open: usize,
    /// Children that it waits for. While none is open 1, for the frame's own value; 0 in a streamed one,
    /// which an end marker closes.
    pub(super) left: u32,
    /// Aggregates that are open.
    pub(super) depth: usize,
}

/// What a complete value means to the aggregates around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// An aggregate waits for more.
    Open,
    /// The value is the last of an attribute or one more of a streamed aggregate: [`Nest`] has to see to
    /// that.
    ///
    /// [`Nest`]: super::nest::Nest
    Odd,
    /// The frame is whole.
    Whole,
}

impl Level {
    /// Before a frame's own value.
    pub(super) const OUTSIDE: Self = Self {
        open: usize::MAX,
        left: 1,
        depth: 0,
    };

    /// The node of the aggregate, if any is open.
    #[inline]
    pub(super) fn node(self, tape: &mut [Node]) -> Option<&mut Node> {
        tape.get_mut(self.open)
    }

    /// Opens an aggregate of `children` values, or of 0 if streamed, at the end of the tape.
    #[inline]
    pub(super) fn open(&mut self, tape: &mut Vec<Node>, tag: Tag, children: u32) {
        let open = tape.len();
        tape.push(Node::opened(tag, children, self.open, self.left));
        *self = Self {
            open,
            left: children,
            depth: self.depth + 1,
        };
    }

    /// Turns the aggregate into a complete one, whose children stay on the tape if `keep`.
    #[inline]
    pub(super) fn close(&mut self, tape: &mut Vec<Node>, keep: bool) {
        let len = tape.len();
        let at = self.open;
        let Some(node) = self.node(tape) else {
            return;
        };
        let closed = *node;
        node.value = (len - at - 1) as u64;
        *self = Self {
            open: closed.parent(),
            left: closed.left_in_parent(),
            depth: self.depth - 1,
        };
        if !keep {
            tape.truncate(at);
        }
    }

    /// A value is complete: counts it in the aggregate, and closes that and those around it while they
    /// wait for no more.
    #[inline]
    pub(super) fn fill(&mut self, tape: &mut Vec<Node>, keep: bool) -> Filled {
        loop {
            if self.left > 1 {
                self.left -= 1;
                return Filled::Open;
            }
            match self.node(tape) {
                None => return Filled::Whole,
                Some(node) if self.left == 0 || node.tag == Tag::Attribute => return Filled::Odd,
                Some(_) => self.close(tape, keep),
            }
        }
    }
}
