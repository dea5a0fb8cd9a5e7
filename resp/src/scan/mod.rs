//! The scanner: walks bytes once, left to right, and writes the tape.
//!
//! It keeps where it stands between calls, so no byte is examined more than twice however the
//! input is cut: once in the hope that a value is whole, once to find out where it is not. Bodies of
//! bulks are not examined.

mod line;
mod nest;
mod quick;
mod short;
mod step;
mod text;
mod token;
mod word;

use self::nest::Nest;
use self::short::Short;
use self::step::Step;
use crate::error::DecodeError;
use crate::limits::Limits;
use crate::tape::{Node, Tag};

pub(crate) use self::quick::Quick;

/// Reads one frame after another; see [`Decoder`](crate::Decoder) for the contract on the input.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    /// Whether nothing that [`quick`] finds can go over a limit.
    roomy: bool,
    nest: Nest,
    /// Offset of the value that is read next.
    at: usize,
    pending: Pending,
    /// Bytes that are missing at least; see [`Scanner::missing`].
    missing: usize,
    /// Length of the input of the last call.
    received: usize,
    examined: u64,
}

/// What the last call left half read.
#[derive(Clone, Copy, Debug)]
enum Pending {
    /// A text whose header was read and whose last byte was not there.
    Body(Body),
    Failed(DecodeError),
    /// No frame at all: nothing of the next one was looked at.
    Fresh,
    /// A line of text, searched for its end up to here.
    Line(Tag, usize),
    Short(Short),
    /// A value comes next that the quick look did not recognise.
    Unusual,
    /// A value comes next.
    Value,
}

/// A text with a length, between its header and its CR LF.
#[derive(Clone, Copy, Debug)]
struct Body {
    tag: Tag,
    start: usize,
    len: u32,
}

impl Scanner {
    pub(crate) fn new(limits: Limits) -> Self {
        let smallest = limits.bulk.min(limits.line).min(limits.frame);
        Self {
            limits: limits.clamped(),
            roomy: smallest >= quick::LONGEST,
            nest: Nest::new(),
            at: 0,
            pending: Pending::Fresh,
            missing: 1,
            received: 0,
            examined: 0,
        }
    }

    /// A whole frame that is one of the tiniest values, without a trace on the tape.
    #[inline]
    pub(crate) fn tiny(&mut self, input: &[u8]) -> Option<Quick> {
        if !self.may_be_quick() {
            return None;
        }
        let quick = quick::tiny(input, 0)?;
        self.examine(quick.seen);
        Some(quick)
    }

    /// A whole frame that is a short bulk or an integer, without a trace on the tape.
    #[inline]
    pub(crate) fn plain(&mut self, input: &[u8]) -> Option<Quick> {
        if !self.may_be_quick() {
            return None;
        }
        let quick = quick::plain(input, 0)?;
        self.examine(quick.seen);
        Some(quick)
    }

    #[inline]
    fn may_be_quick(&self) -> bool {
        self.roomy && matches!(self.pending, Pending::Fresh)
    }

    /// Reads on in `input`, which begins with the frame and is none for [`tiny`](Self::tiny) or [`plain`](Self::plain). The length of the frame once all of it is
    /// there; the tape then describes it if `keep`, until the next call.
    pub(crate) fn advance(
        &mut self,
        input: &[u8],
        keep: bool,
    ) -> Result<Option<usize>, DecodeError> {
        if let Pending::Failed(error) = self.pending {
            return Err(error);
        }
        if let Pending::Fresh = self.pending {
            self.begin(keep);
            self.pending = Pending::Unusual;
        } else if keep != self.nest.keeps() {
            // The caller changed its mind. All bytes of the frame are still there, so reading them
            // again is always right.
            self.begin(keep);
        }
        self.received = input.len();
        self.missing = 1;
        let mut whole = match self.pending {
            Pending::Body(body) => self.body(input, body),
            Pending::Line(tag, searched) => self.line(input, tag, searched),
            Pending::Short(short) => self.short(input, short),
            Pending::Unusual => self.unusual(input),
            Pending::Failed(_) | Pending::Fresh | Pending::Value => Step::Whole(false),
        };
        while let Step::Whole(false) = whole {
            // Whoever cannot go on in the middle of a value says so here again.
            self.pending = Pending::Value;
            whole = self.token(input);
        }
        match whole {
            Step::Whole(_) => {
                self.pending = Pending::Fresh;
                Ok(Some(self.at))
            }
            Step::More => Ok(None),
            Step::Fail(kind, offset) => {
                let error = DecodeError::new(kind, offset);
                self.pending = Pending::Failed(error);
                Err(error)
            }
        }
    }

    pub(crate) fn reset(&mut self) {
        self.pending = Pending::Fresh;
        self.missing = 1;
    }

    fn begin(&mut self, keep: bool) {
        self.nest.clear(keep);
        self.at = 0;
        self.pending = Pending::Value;
    }

    /// The nodes of the frame that the last call found.
    pub(crate) fn tape(&self) -> &[Node] {
        self.nest.tape()
    }

    /// Bytes that the frame needs at least beyond the input of the last call.
    pub(crate) fn missing(&self) -> usize {
        self.missing
    }

    /// Length of the input of the last call.
    pub(crate) fn received(&self) -> usize {
        self.received
    }

    pub(crate) fn examined(&self) -> u64 {
        self.examined
    }

    #[inline]
    fn examine(&mut self, bytes: usize) {
        self.examined += bytes as u64;
    }
}
