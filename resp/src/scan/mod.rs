//! The scanner: walks bytes once, left to right, and writes the tape.
//!
//! It keeps where it stands between calls, so no byte is examined more than twice however the
//! input is cut: once in the hope that a value is whole, once to find out where it is not. Bodies of
//! bulks are not examined.

mod level;
mod line;
mod nest;
mod run;
mod short;
mod step;
mod text;
mod token;
mod usual;
mod word;

use self::nest::Nest;
use self::short::Short;
use self::step::{Progress, Step};
use crate::error::{DecodeError, ErrorKind};
use crate::limits::Limits;
use crate::tape::{Node, Tag};

pub(crate) use self::usual::Usual;

/// Reads one frame after another; see [`Decoder`](crate::Decoder) for the contract on the input.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    /// Whether no text of a [usual] form can go over a limit.
    roomy: bool,
    /// Whether a frame begins at the next byte that may be of a [usual] form.
    fresh: bool,
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

impl Body {
    /// Where the CR LF has to be.
    fn end(self) -> usize {
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        self.start.saturating_add(len)
    }

    /// Bytes that are not there yet, with the CR LF.
    fn missing_in(self, input: &[u8]) -> usize {
        self.end().saturating_add(2).saturating_sub(input.len())
    }
}

impl Scanner {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits: limits.clamped(),
            roomy: is_roomy(limits),
            fresh: is_roomy(limits),
            nest: Nest::new(),
            at: 0,
            pending: Pending::Fresh,
            missing: 1,
            received: 0,
            examined: 0,
        }
    }

    /// A whole frame that is a value without children in its most usual form. It leaves no trace on the
    /// tape.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs a third of it")]
    pub(crate) fn single(&mut self, input: &[u8]) -> Option<Usual> {
        if !self.fresh {
            return None;
        }
        let head = word::load_at(input, 0);
        let usual = match usual::tiny(head) {
            Some(tiny) => tiny,
            None if head & 0xff == u64::from(b'$') => usual::bulk(head, input, 0)?,
            None => return None,
        };
        self.examine(usual.len - usual.unseen());
        Some(usual)
    }

    /// Reads on in `input`, which begins with the frame and was refused by [`single`](Self::single). The
    /// length of the frame once all of it is there; the tape then describes it if `keep`, until the
    /// next call. `None`: see [`failure`](Self::failure).
    pub(crate) fn advance(&mut self, input: &[u8], keep: bool) -> Option<usize> {
        // `single` has looked at a bulk already.
        if self.fresh && input.first() != Some(&b'$') {
            self.begin(keep);
        } else {
            match self.resume(input, keep) {
                Progress::Open => {}
                Progress::Stuck => return None,
                Progress::Whole => return Some(self.end()),
            }
        }
        loop {
            let progress = match self.run(input) {
                Progress::Open => self.value(input),
                other @ (Progress::Stuck | Progress::Whole) => other,
            };
            match progress {
                Progress::Open => {}
                Progress::Stuck => return None,
                Progress::Whole => return Some(self.end()),
            }
        }
    }

    /// The length of the frame, which is whole.
    #[inline]
    fn end(&mut self) -> usize {
        self.pending = Pending::Fresh;
        self.fresh = self.roomy;
        self.at
    }

    /// Reads on where the last call stopped, one value at most.
    #[inline(never)]
    fn resume(&mut self, input: &[u8], keep: bool) -> Progress {
        let pending = self.pending;
        if let Pending::Body(body) = pending
            && input.len() <= body.end()
        {
            // Many reads bring nothing but more of one text.
            self.received = input.len();
            self.missing = body.missing_in(input);
            return Progress::Stuck;
        }
        self.expect_more(input);
        let step = match pending {
            Pending::Failed(error) => return self.fail(error.kind(), error.offset()),
            Pending::Fresh => {
                self.begin(keep);
                self.token(input)
            }
            _ if keep != self.nest.keeps() => {
                // The caller changed its mind. All bytes of the frame are still there, so reading
                // them again is always right.
                self.begin(keep);
                Step::Whole(false)
            }
            Pending::Body(body) => self.body(input, body),
            Pending::Line(tag, searched) => self.line(input, tag, searched),
            Pending::Short(short) => self.short(input, short),
            Pending::Value => Step::Whole(false),
        };
        self.settle(step)
    }

    /// Reads the value at `at`, whatever its form.
    #[inline(never)]
    fn value(&mut self, input: &[u8]) -> Progress {
        self.expect_more(input);
        let step = self.token(input);
        self.settle(step)
    }

    /// What the next call finds unless a reader that cannot go on says otherwise.
    fn expect_more(&mut self, input: &[u8]) {
        self.pending = Pending::Value;
        self.fresh = false;
        self.missing = 1;
        self.received = input.len();
    }

    fn settle(&mut self, step: Step<bool>) -> Progress {
        match step {
            Step::Whole(true) => Progress::Whole,
            Step::Whole(false) => Progress::Open,
            Step::More => Progress::Stuck,
            Step::Fail(kind, offset) => self.fail(kind, offset),
        }
    }

    #[cold]
    fn fail(&mut self, kind: ErrorKind, offset: usize) -> Progress {
        self.pending = Pending::Failed(DecodeError::new(kind, offset));
        self.fresh = false;
        Progress::Stuck
    }

    /// Why the bytes so far are not RESP. `None`: they are, and more are needed.
    pub(crate) fn failure(&self) -> Option<DecodeError> {
        match self.pending {
            Pending::Failed(error) => Some(error),
            Pending::Body(_)
            | Pending::Fresh
            | Pending::Line(..)
            | Pending::Short(_)
            | Pending::Value => None,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.pending = Pending::Fresh;
        self.fresh = self.roomy;
        self.missing = 1;
    }

    fn begin(&mut self, keep: bool) {
        self.nest.clear(keep);
        self.at = 0;
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

/// Whether values of usual forms are within the limits on texts, lines and frames.
fn is_roomy(limits: Limits) -> bool {
    limits.bulk.min(limits.line).min(limits.frame) >= usual::LONGEST as usize
}
