//! One value or header at the scanner's position, by its type byte.

use super::step::Step;
use super::{Body, Scanner, line, number, text};
use crate::error::ErrorKind;
use crate::tape::{Node, Tag};

impl Scanner {
    /// Reads the value or header at `at`. True when it completes the frame.
    #[inline]
    pub(super) fn token(&mut self, input: &[u8]) -> Step<bool> {
        let Some(&kind) = input.get(self.at) else {
            self.missing = 1;
            return Step::More;
        };
        if self.nest.in_streamed_string() && kind != b';' {
            return Step::Fail(ErrorKind::Chunk, self.at);
        }
        match kind {
            b'+' => self.line(input, Tag::Simple),
            b'-' => self.line(input, Tag::Error),
            b':' => self.integer(input),
            b'$' => self.nullable(input, Tag::Bulk),
            b'*' => self.nullable(input, Tag::Array),
            b'_' => self.fixed(input, self.at + 1, Node::NULL),
            b'#' => self.boolean(input),
            b',' => self.line(input, Tag::Double),
            b'(' => self.line(input, Tag::BigNumber),
            b'!' => self.header(input, Tag::BulkError),
            b'=' => self.header(input, Tag::Verbatim),
            b'~' => self.streamable(input, Tag::Set),
            b'%' => self.streamable(input, Tag::Map),
            b'>' => self.header(input, Tag::Push),
            b'|' => self.header(input, Tag::Attribute),
            b';' if self.nest.in_streamed_string() => self.header(input, Tag::Chunk),
            b'.' => self.end_marker(input),
            _ => Step::Fail(ErrorKind::Type, self.at),
        }
    }

    /// A value that is all of a line.
    fn line(&mut self, input: &[u8], tag: Tag) -> Step<bool> {
        let start = self.at + 1;
        let from = self.searched.max(start);
        let cr = match line::text(input, start, from, self.limits.line) {
            Step::Whole(cr) => cr,
            Step::More => {
                self.examine(input.len() - from);
                self.pause_line(input, self.limits.line);
                return Step::More;
            }
            Step::Fail(kind, offset) => return Step::Fail(kind, offset),
        };
        self.examine(cr + 2 - from);
        let content = input.get(start..cr).unwrap_or_default();
        let Ok(len) = u32::try_from(content.len()) else {
            return Step::Fail(ErrorKind::LineLimit, self.at);
        };
        let node = if tag == Tag::Double {
            self.examine(content.len());
            match text::double(content) {
                Some(value) => Node::scalar(tag, value.to_bits()),
                None => return Step::Fail(ErrorKind::Double, self.at),
            }
        } else if tag == Tag::BigNumber && !text::is_big_number(content) {
            return Step::Fail(ErrorKind::BigNumber, self.at);
        } else {
            Node::text(tag, start, len)
        };
        self.add(node, cr + 2)
    }

    fn integer(&mut self, input: &[u8]) -> Step<bool> {
        match number::integer(input, self.at + 1) {
            Step::Whole((value, behind)) => {
                self.examine(behind - self.at);
                self.add(Node::scalar(Tag::Integer, value.cast_unsigned()), behind)
            }
            Step::More => self.short_line(input),
            Step::Fail(kind, offset) => Step::Fail(kind, offset),
        }
    }

    fn boolean(&mut self, input: &[u8]) -> Step<bool> {
        let value = match input.get(self.at + 1) {
            Some(b't') => 1,
            Some(b'f') => 0,
            Some(_) => return Step::Fail(ErrorKind::Boolean, self.at + 1),
            None => return self.short_line(input),
        };
        self.fixed(input, self.at + 2, Node::scalar(Tag::Boolean, value))
    }

    /// A value that is known once its line ends at `end`.
    fn fixed(&mut self, input: &[u8], end: usize, node: Node) -> Step<bool> {
        match line::ending(input, end) {
            Step::Whole(behind) => {
                self.examine(behind - self.at);
                self.add(node, behind)
            }
            Step::More => self.short_line(input),
            Step::Fail(kind, offset) => Step::Fail(kind, offset),
        }
    }

    /// A bulk or array header: also `-1` for nothing and `?` for streamed.
    fn nullable(&mut self, input: &[u8], tag: Tag) -> Step<bool> {
        match input.get(self.at + 1..self.at + 3) {
            Some(b"-1") => self.fixed(input, self.at + 3, Node::NULL),
            _ => self.streamable(input, tag),
        }
    }

    /// A header that may say `?` for its length.
    fn streamable(&mut self, input: &[u8], tag: Tag) -> Step<bool> {
        if input.get(self.at + 1) != Some(&b'?') {
            return self.header(input, tag);
        }
        match line::ending(input, self.at + 2) {
            Step::Whole(behind) => {
                self.examine(behind - self.at);
                let tag = if tag == Tag::Bulk { Tag::Streamed } else { tag };
                let opened = self.nest.open_streamed(tag, &self.limits);
                self.step_over(opened.map(|()| false), behind)
            }
            Step::More => self.short_line(input),
            Step::Fail(kind, offset) => Step::Fail(kind, offset),
        }
    }

    /// A header with a length or count.
    fn header(&mut self, input: &[u8], tag: Tag) -> Step<bool> {
        let (count, behind) = match number::length(input, self.at + 1) {
            Step::Whole(number) => number,
            Step::More => return self.short_line(input),
            Step::Fail(kind, offset) => return Step::Fail(kind, offset),
        };
        self.examine(behind - self.at);
        if tag.is_aggregate() {
            let slots = if tag.is_paired() { 2 } else { 1 };
            let opened = self
                .nest
                .open(tag, count.saturating_mul(slots), &self.limits);
            self.step_over(opened, behind)
        } else if tag == Tag::Chunk && count == 0 {
            let ended = self.nest.end(&self.limits);
            self.step_over(ended, behind)
        } else {
            self.text(input, tag, count, behind)
        }
    }

    /// A text of `len` bytes from `start` on.
    fn text(&mut self, input: &[u8], tag: Tag, len: u64, start: usize) -> Step<bool> {
        let bytes = usize::try_from(len).unwrap_or(usize::MAX);
        if bytes > self.limits.bulk {
            return Step::Fail(ErrorKind::BulkLimit, self.at);
        }
        if start.saturating_add(bytes).saturating_add(2) > self.limits.frame {
            return Step::Fail(ErrorKind::FrameLimit, self.at);
        }
        if tag == Tag::Verbatim && bytes < 4 {
            return Step::Fail(ErrorKind::Verbatim, self.at);
        }
        let Ok(len) = u32::try_from(bytes) else {
            return Step::Fail(ErrorKind::BulkLimit, self.at);
        };
        self.body(input, Body { tag, start, len })
    }

    fn end_marker(&mut self, input: &[u8]) -> Step<bool> {
        match line::ending(input, self.at + 1) {
            Step::Whole(behind) => {
                self.examine(behind - self.at);
                let ended = self.nest.end(&self.limits);
                self.step_over(ended, behind)
            }
            Step::More => self.short_line(input),
            Step::Fail(kind, offset) => Step::Fail(kind, offset),
        }
    }

    /// A line of a few bytes is not whole.
    fn short_line(&mut self, input: &[u8]) -> Step<bool> {
        self.examine(input.len() - self.at);
        self.pause_line(input, number::LONGEST);
        Step::More
    }
}
