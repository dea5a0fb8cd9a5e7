//! One value or header at the scanner's position, by its type byte.

use super::short::{Content, Kind, Short};
use super::step::Step;
use super::{Body, Pending, Scanner, line, text, usual, word};
use crate::error::ErrorKind;
use crate::tape::{Node, Tag};

impl Scanner {
    /// Begins with the value or header at `at`, whatever it is. True when it completes the frame.
    pub(super) fn token(&mut self, input: &[u8]) -> Step<bool> {
        let before = self.examined;
        // A double is read a second time for its value.
        let is_double = input.get(self.at) == Some(&b',');
        let step = self.begin_token(input);
        if !is_double {
            // Its bytes were looked at before, in the hope that it was whole and of a usual form.
            self.examined += self.examined - before;
        }
        step
    }

    fn begin_token(&mut self, input: &[u8]) -> Step<bool> {
        let Some(&kind) = input.get(self.at) else {
            self.pending = Pending::Value;
            return Step::More;
        };
        if self.nest.in_streamed_string() {
            return match kind {
                b';' => self.header(input, Tag::Chunk),
                _ => Step::Fail(ErrorKind::Chunk, self.at),
            };
        }
        let next = self.at + 1;
        match kind {
            b'+' => self.line(input, Tag::Simple, next),
            b'-' => self.line(input, Tag::Error, next),
            b':' => self.short(input, Short::new(Kind::Integer, next)),
            b'$' => self.header(input, Tag::Bulk),
            b'*' => self.header(input, Tag::Array),
            b'_' => self.short(input, Short::new(Kind::Null, next)),
            b'#' => self.short(input, Short::new(Kind::Boolean, next)),
            b',' => self.line(input, Tag::Double, next),
            b'(' => self.line(input, Tag::BigNumber, next),
            b'!' => self.header(input, Tag::BulkError),
            b'=' => self.header(input, Tag::Verbatim),
            b'~' => self.header(input, Tag::Set),
            b'%' => self.header(input, Tag::Map),
            b'>' => self.header(input, Tag::Push),
            b'|' => self.header(input, Tag::Attribute),
            b'.' => self.short(input, Short::new(Kind::End, next)),
            _ => Step::Fail(ErrorKind::Type, self.at),
        }
    }

    /// A header with a length or count. Mostly it is whole, and what it announces is not.
    fn header(&mut self, input: &[u8], tag: Tag) -> Step<bool> {
        if let Some((count, len)) = usual::header(word::load_at(input, self.at)) {
            self.examine(len - 1);
            return self.counted(input, tag, u64::from(count), self.at + len);
        }
        self.short(input, Short::new(Kind::Header(tag), self.at + 1))
    }

    /// A value or header that is a line of a few bytes, from where it was left.
    pub(super) fn short(&mut self, input: &[u8], mut short: Short) -> Step<bool> {
        let from = short.next;
        let step = short.advance(input);
        self.examine(short.next - from);
        let content = match step {
            Step::Whole(content) => content,
            Step::More => {
                self.pending = Pending::Short(short);
                return Step::More;
            }
            Step::Fail(kind, offset) => return Step::Fail(kind, offset),
        };
        let behind = short.next;
        match content {
            Content::Boolean(truth) => {
                self.add(Node::scalar(Tag::Boolean, u64::from(truth)), behind)
            }
            Content::Count(tag, count) => self.counted(input, tag, count, behind),
            Content::End => {
                let ended = self.nest.end(&self.limits);
                self.step_over(ended, behind)
            }
            Content::Integer(value) => {
                self.add(Node::scalar(Tag::Integer, value.cast_unsigned()), behind)
            }
            Content::Null => self.add(Node::NULL, behind),
            Content::Streamed(tag) => {
                let tag = if tag == Tag::Bulk { Tag::Streamed } else { tag };
                let opened = self.nest.open_streamed(tag, &self.limits);
                self.step_over(opened.map(|()| false), behind)
            }
        }
    }

    /// What a header of `count` announces; `behind` is where it begins.
    #[inline]
    fn counted(&mut self, input: &[u8], tag: Tag, count: u64, behind: usize) -> Step<bool> {
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

    /// Takes a text with a length once all of it is there.
    pub(super) fn body(&mut self, input: &[u8], body: Body) -> Step<bool> {
        match line::ending(input, body.end()) {
            Step::Whole(behind) => {
                let separator = body.start.saturating_add(3);
                if body.tag == Tag::Verbatim && input.get(separator) != Some(&b':') {
                    return Step::Fail(ErrorKind::Verbatim, separator);
                }
                self.examine(2);
                self.add(Node::text(body.tag, body.start, body.len), behind)
            }
            Step::More => {
                self.missing = body.missing_in(input);
                self.pending = Pending::Body(body);
                Step::More
            }
            Step::Fail(kind, offset) => Step::Fail(kind, offset),
        }
    }

    /// A value that is all of a line, which was searched for its end up to `from`.
    pub(super) fn line(&mut self, input: &[u8], tag: Tag, from: usize) -> Step<bool> {
        let start = self.at + 1;
        let cr = match line::text(input, start, from, self.limits.line) {
            Step::Whole(cr) => cr,
            Step::More => {
                // A CR at the end is looked at again, with what follows it.
                let half_ending = usize::from(input.last() == Some(&b'\r'));
                let searched = input.len() - half_ending;
                self.examine(input.len() - from);
                self.pending = Pending::Line(tag, searched);
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

    /// Adds a complete value that ends at `behind`.
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
}
