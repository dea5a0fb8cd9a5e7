//! The scanner: walks bytes once, left to right, and writes the tape.
//!
//! It keeps where it stands between calls, so no byte is examined more than twice however the
//! input is cut: once to find the end of a line, once to read it. Bodies of bulks are not examined.

mod line;
mod nest;
mod number;
mod step;
mod text;
mod token;

use alloc::vec::Vec;

use self::nest::Nest;
use self::step::Step;
use crate::error::{DecodeError, ErrorKind};
use crate::limits::Limits;
use crate::tape::{Node, Tag};

/// Reads one frame after another; see [`Decoder`](crate::Decoder) for the contract on the input.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    nest: Nest,
    /// Offset of the value that is read next.
    at: usize,
    /// How far the line at `at` was searched for its end; not above `at` when it was not.
    searched: usize,
    /// Search no further than this for the end of that line: by then its content is decided.
    search_to: usize,
    /// A text whose header was read and whose last byte was not there.
    body: Option<Body>,
    /// Bytes that are missing at least; see [`Scanner::missing`].
    missing: usize,
    /// Length of the input of the last call.
    received: usize,
    keep: bool,
    failed: Option<DecodeError>,
    examined: u64,
}

/// A text with a length, between its header and its CR LF.
#[derive(Clone, Copy, Debug)]
struct Body {
    tag: Tag,
    start: usize,
    len: u32,
}

impl Body {
    fn end(&self) -> usize {
        self.start
            .saturating_add(usize::try_from(self.len).unwrap_or(usize::MAX))
    }
}

impl Scanner {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits: limits.clamped(),
            nest: Nest::new(),
            at: 0,
            searched: 0,
            search_to: 0,
            body: None,
            missing: 1,
            received: 0,
            keep: true,
            failed: None,
            examined: 0,
        }
    }

    /// Reads on in `input`, which begins with the frame. The length of the frame once all of it is
    /// there; the tape then describes it if `keep`, until the next call.
    pub(crate) fn advance(
        &mut self,
        input: &[u8],
        keep: bool,
    ) -> Result<Option<usize>, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        // A frame begins, or the caller changes its mind about keeping: all bytes are still there,
        // so reading them again is always right.
        if self.at == 0 && self.body.is_none() && self.searched == 0 || keep != self.keep {
            self.begin(keep);
        }
        self.received = input.len();
        match self.run(input) {
            Ok(Some(len)) => {
                self.at = 0;
                self.searched = 0;
                self.missing = 1;
                Ok(Some(len))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                self.failed = Some(error);
                Err(error)
            }
        }
    }

    pub(crate) fn reset(&mut self) {
        self.failed = None;
        self.missing = 1;
        self.begin(self.keep);
    }

    fn begin(&mut self, keep: bool) {
        self.nest.clear(keep);
        self.at = 0;
        self.searched = 0;
        self.body = None;
        self.keep = keep;
    }

    pub(crate) fn tape(&self) -> &[Node] {
        self.nest.tape()
    }

    pub(crate) fn take_tape(&mut self) -> Vec<Node> {
        self.nest.take_tape()
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

    fn run(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        if self.searched > self.at && !self.search_on(input) {
            return Ok(None);
        }
        loop {
            let whole = if let Some(body) = self.body {
                self.body(input, body)
            } else {
                self.token(input)
            };
            match whole {
                Step::Whole(true) => return Ok(Some(self.at)),
                Step::Whole(false) => {}
                Step::More => return Ok(None),
                Step::Fail(kind, offset) => return Err(DecodeError::new(kind, offset)),
            }
        }
    }

    /// The end of the line at `at` was not there last time. False when it still is not.
    fn search_on(&mut self, input: &[u8]) -> bool {
        let found = line::control(input, self.searched, self.search_to);
        let from = self.searched;
        self.searched = found.unwrap_or(input.len().min(self.search_to.saturating_add(1)));
        self.examine(self.searched - from);
        let half_ending = found.is_some_and(|at| input.get(at..) == Some(b"\r"));
        let undecided = found.is_none() && input.len() <= self.search_to;
        !(half_ending || undecided)
    }

    /// Remembers that the line at `at` has no end yet.
    fn pause_line(&mut self, input: &[u8], longest: usize) {
        let half_ending = usize::from(input.last() == Some(&b'\r'));
        self.searched = input.len() - half_ending;
        self.search_to = self.at.saturating_add(1).saturating_add(longest);
        self.missing = 1;
    }

    /// Takes a text with a length once all of it is there.
    fn body(&mut self, input: &[u8], body: Body) -> Step<bool> {
        let end = body.end();
        match line::ending(input, end) {
            Step::Whole(behind) => {
                let separator = input.get(body.start.saturating_add(3));
                if body.tag == Tag::Verbatim && separator != Some(&b':') {
                    return Step::Fail(ErrorKind::Verbatim, body.start + 3);
                }
                self.examine(2);
                self.body = None;
                self.add(Node::text(body.tag, body.start, body.len), behind)
            }
            Step::More => {
                self.missing = end.saturating_add(2).saturating_sub(input.len());
                self.body = Some(body);
                Step::More
            }
            Step::Fail(kind, offset) => Step::Fail(kind, offset),
        }
    }

    /// Adds a complete value that ends at `behind`.
    #[inline]
    fn add(&mut self, node: Node, behind: usize) -> Step<bool> {
        let whole = self.nest.scalar(node, &self.limits);
        self.step_over(whole, behind)
    }

    /// Moves on to `behind` if the value at `at` was acceptable.
    #[inline]
    fn step_over(&mut self, whole: Result<bool, ErrorKind>, behind: usize) -> Step<bool> {
        match whole {
            Err(kind) => Step::Fail(kind, self.at),
            Ok(_) if behind > self.limits.frame => Step::Fail(ErrorKind::FrameLimit, self.at),
            Ok(whole) => {
                self.at = behind;
                Step::Whole(whole)
            }
        }
    }

    #[inline]
    fn examine(&mut self, bytes: usize) {
        self.examined += bytes as u64;
    }
}
