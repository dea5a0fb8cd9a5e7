//! Lines of a few bytes: integers, lengths, booleans, nulls and end markers, byte by byte.
//!
//! The reader stops at any byte and goes on there, and it is the one place that says what is wrong
//! with such a line and where.

use super::step::Step;
use crate::error::ErrorKind;
use crate::tape::Tag;

/// What kind of line it is: which type byte stood in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    End,
    /// The header of a text or an aggregate.
    Header(Tag),
    Integer,
    /// Also the header that turned out to be one.
    Null,
    /// The header that turned out to have `?` in the place of a count.
    Streamed(Tag),
}

/// What the line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Boolean(bool),
    /// A length or a number of children.
    Count(Tag, u64),
    End,
    Integer(i64),
    Null,
    /// `?` in the place of a count.
    Streamed(Tag),
}

/// A short line that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Short {
    kind: Kind,
    /// Offset of the byte that is read next.
    pub(super) next: usize,
    place: Place,
    negative: bool,
    /// The digits so far; of a boolean, whether it is true.
    value: u64,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Anything that the kind allows behind its type byte.
    First,
    /// A digit; a sign was before it.
    Signed,
    /// A digit or the end.
    Digits,
    /// The end: the number is zero, and no number begins with a zero.
    Zero,
    /// The `1` of `-1`.
    One,
    Cr,
    Lf,
}

impl Short {
    /// A line whose type byte stands before `next`.
    pub(super) fn new(kind: Kind, next: usize) -> Self {
        let place = match kind {
            Kind::End | Kind::Null | Kind::Streamed(_) => Place::Cr,
            Kind::Boolean | Kind::Header(_) | Kind::Integer => Place::First,
        };
        Self {
            kind,
            next,
            place,
            negative: false,
            value: 0,
        }
    }

    /// Reads on. Whole is the content; `next` is then behind the line.
    pub(super) fn advance(&mut self, input: &[u8]) -> Step<Content> {
        for &byte in input.get(self.next..).unwrap_or_default() {
            match self.take(byte) {
                Ok(None) => self.next += 1,
                Ok(Some(content)) => {
                    self.next += 1;
                    return Step::Whole(content);
                }
                Err(kind) => return Step::Fail(kind, self.next),
            }
        }
        Step::More
    }

    /// Takes one byte. `Some` when it was the last.
    fn take(&mut self, byte: u8) -> Result<Option<Content>, ErrorKind> {
        self.place = match (self.place, byte) {
            (Place::Signed, b'0') if self.negative => return Err(self.malformed()),
            (Place::Digits | Place::Signed, b'0'..=b'9') => self.digit(byte)?,
            (Place::Cr | Place::Digits | Place::Zero, b'\r') => Place::Lf,
            (Place::Lf, b'\n') => return Ok(Some(self.content())),
            (Place::First, _) => self.first(byte)?,
            (Place::One, b'1') => {
                self.kind = Kind::Null;
                Place::Cr
            }
            (Place::Cr | Place::Lf, _) => return Err(ErrorKind::Terminator),
            (Place::Digits | Place::Zero | Place::Signed | Place::One, _) => {
                return Err(self.malformed());
            }
        };
        Ok(None)
    }

    fn first(&mut self, byte: u8) -> Result<Place, ErrorKind> {
        match (self.kind, byte) {
            (Kind::Boolean, b't' | b'f') => {
                self.value = u64::from(byte == b't');
                Ok(Place::Cr)
            }
            (Kind::Integer, b'+' | b'-') => {
                self.negative = byte == b'-';
                Ok(Place::Signed)
            }
            (Kind::Header(Tag::Bulk | Tag::Array), b'-') => Ok(Place::One),
            (Kind::Header(tag @ (Tag::Bulk | Tag::Array | Tag::Set | Tag::Map)), b'?') => {
                self.kind = Kind::Streamed(tag);
                Ok(Place::Cr)
            }
            (Kind::Integer | Kind::Header(_), b'0'..=b'9') => self.digit(byte),
            _ => Err(self.malformed()),
        }
    }

    /// Adds a digit, if the number stays within `i64`.
    fn digit(&mut self, byte: u8) -> Result<Place, ErrorKind> {
        let largest = i64::MAX.cast_unsigned() + u64::from(self.negative);
        self.value = self
            .value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(byte - b'0')))
            .filter(|value| *value <= largest)
            .ok_or(self.malformed())?;
        Ok(if self.value == 0 {
            Place::Zero
        } else {
            Place::Digits
        })
    }

    fn malformed(&self) -> ErrorKind {
        match self.kind {
            Kind::Boolean => ErrorKind::Boolean,
            Kind::Header(_) => ErrorKind::Length,
            Kind::Integer => ErrorKind::Integer,
            Kind::End | Kind::Null | Kind::Streamed(_) => ErrorKind::Terminator,
        }
    }

    fn content(&self) -> Content {
        match self.kind {
            Kind::Boolean => Content::Boolean(self.value != 0),
            Kind::End => Content::End,
            Kind::Header(tag) => Content::Count(tag, self.value),
            Kind::Integer if self.negative => {
                Content::Integer(self.value.wrapping_neg().cast_signed())
            }
            Kind::Integer => Content::Integer(self.value.cast_signed()),
            Kind::Null => Content::Null,
            Kind::Streamed(tag) => Content::Streamed(tag),
        }
    }
}
