//! The forms that nearly all values have, recognised whole.
//!
//! Only what is complete and valid is taken here; everything else, also every error, is left to the
//! readers that can stop at any byte. So a mistake in speed is never a mistake in the verdict: the
//! tests compare both.
#![expect(
    clippy::inline_always,
    reason = "a call costs half of a short value, and the two loops of `run` are above the inliner's limit"
)]

use core::hint::select_unpredictable;

use super::word;
use crate::tape::{Node, Tag};

/// No text found here is longer than this, nor a line, so that whoever has limits above may skip the
/// checks.
pub(super) const LONGEST: u32 = 1024;

const CR_LF: u64 = u64::from_le_bytes(*b"\r\n\0\0\0\0\0\0");

const TRUE: u32 = u32::from_le_bytes(*b"#t\r\n");
const FALSE: u32 = u32::from_le_bytes(*b"#f\r\n");

/// A value without children, and how many bytes it takes from its type byte to its CR LF.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usual {
    pub(crate) node: Node,
    pub(crate) len: usize,
}

impl Usual {
    /// How many of the bytes are text that was not looked at.
    #[inline]
    pub(super) fn unseen(&self) -> usize {
        if self.node.tag == Tag::Bulk {
            self.node.len as usize
        } else {
            0
        }
    }
}

/// Looks for `+OK`, either null, or an integer of one digit in the first word of a frame: most of what
/// a lock client reads, in random order. All four are computed and one is selected, since a branch
/// between them would be mispredicted half of the time.
#[inline(always)]
#[expect(clippy::needless_bitwise_bool, reason = "a lazy `||` is a branch")]
pub(super) fn tiny(head: u64) -> Option<Usual> {
    const OK: u64 = u64::from_le_bytes(*b"+OK\r\n\0\0\0");
    const NIL: u64 = u64::from_le_bytes(*b"$-1\r\n\0\0\0");
    const NULL: u64 = u64::from_le_bytes(*b"_\r\n\0\0\0\0\0");
    const ZERO: u64 = u64::from_le_bytes(*b":0\r\n\0\0\0\0");

    let five = head & 0xff_ffff_ffff;
    let is_ok = five == OK;
    let is_null = head & 0xff_ffff == NULL;
    // The digit, if nothing but the digit differs from `:0`; else something larger.
    let digit = (head & 0xffff_ffff).wrapping_sub(ZERO).rotate_right(8);
    let is_integer = digit < 10;
    if !(is_ok | is_null | is_integer | (five == NIL)) {
        return None;
    }
    let value = select_unpredictable(is_integer, digit, u64::from(is_ok));
    let tag = select_unpredictable(is_integer, Tag::Integer, Tag::Null);
    Some(Usual {
        node: Node {
            value,
            len: u32::from(is_ok) * 2,
            tag: select_unpredictable(is_ok, Tag::Simple, tag),
        },
        len: 5 - usize::from(is_integer) - 2 * usize::from(is_null),
    })
}

/// A header with a number of one to three digits: the number and the bytes from the type byte to the
/// CR LF. By branches: they are predicted well, and the number is an address soon after, so that
/// arithmetic on it would be waited for.
#[inline(always)]
pub(super) fn header(head: u64) -> Option<(u32, usize)> {
    let first = digit(head >> 8)?;
    if (head >> 16) & 0xffff == CR_LF {
        return Some((first, 4));
    }
    if first == 0 {
        return None;
    }
    let two = first * 10 + digit(head >> 16)?;
    if (head >> 24) & 0xffff == CR_LF {
        return Some((two, 5));
    }
    let three = two * 10 + digit(head >> 24)?;
    if (head >> 32) & 0xffff == CR_LF {
        return Some((three, 6));
    }
    None
}

/// The value of the lowest byte as a digit.
#[inline(always)]
fn digit(word: u64) -> Option<u32> {
    let value = ((word & 0xff) as u32).wrapping_sub(u32::from(b'0'));
    if value < 10 { Some(value) } else { None }
}

/// A bulk string of up to 999 bytes, or the null that looks like one.
#[inline(always)]
pub(super) fn bulk(head: u64, input: &[u8], at: usize) -> Option<Usual> {
    let Some((text, header)) = header(head) else {
        return (head & 0xff_ffff_ff00 == u64::from_le_bytes(*b"\0-1\r\n\0\0\0")).then_some(
            Usual {
                node: Node::NULL,
                len: 5,
            },
        );
    };
    let len = header + text as usize;
    if !ends_line(input, at + len) {
        return None;
    }
    Some(Usual {
        node: Node::text(Tag::Bulk, at + header, text),
        len: len + 2,
    })
}

/// The null of RESP3.
#[inline(always)]
pub(super) fn null(head: u64) -> Option<Usual> {
    (head & 0xff_ffff == u64::from_le_bytes(*b"_\r\n\0\0\0\0\0")).then_some(Usual {
        node: Node::NULL,
        len: 3,
    })
}

/// True or false.
#[inline(always)]
pub(super) fn boolean(head: u64) -> Option<Usual> {
    let truth = match (head & 0xffff_ffff) as u32 {
        TRUE => 1,
        FALSE => 0,
        _ => return None,
    };
    Some(Usual {
        node: Node::scalar(Tag::Boolean, truth),
        len: 4,
    })
}

/// A text on one line.
#[inline(always)]
pub(super) fn line(tag: Tag, head: u64, input: &[u8], at: usize) -> Option<Usual> {
    // The type byte is above every control character.
    let end = match word::low_control(head) {
        Some(end) => end,
        None => longer_line(input, at)?,
    };
    let len = end as usize;
    if !ends_line(input, at + len) {
        return None;
    }
    Some(Usual {
        node: Node::text(tag, at + 1, end - 1),
        len: len + 2,
    })
}

/// How far the end of a line of more than seven bytes is from its type byte. Eight bytes at a time: on
/// lines of a few bytes a call into a vectorised search costs more than it saves (measured: 4.5 ns a
/// line).
#[inline(always)]
fn longer_line(input: &[u8], at: usize) -> Option<u32> {
    let mut end = 8;
    while end < LONGEST {
        match word::low_control(word::load_at(input, at + end as usize)) {
            Some(found) => return Some(end + found),
            None => end += 8,
        }
    }
    None
}

#[inline(always)]
fn ends_line(input: &[u8], at: usize) -> bool {
    input.get(at..at + 2) == Some(b"\r\n")
}

/// An integer of up to 16 digits. By arithmetic: nothing waits for the value.
#[inline(always)]
pub(super) fn integer(head: u64, input: &[u8], at: usize) -> Option<Usual> {
    let digits = head >> 8;
    let count = word::digits(digits);
    if count == 0 || (digits >> (8 * count)) & 0xffff != CR_LF {
        return longer_integer(input, at);
    }
    if digits & 0xff == u64::from(b'0') && count > 1 {
        return None;
    }
    Some(Usual {
        node: Node::scalar(Tag::Integer, word::decimal(digits, count)),
        len: count as usize + 3,
    })
}

/// An integer with a sign or with more digits than one word has.
#[inline(always)]
fn longer_integer(input: &[u8], at: usize) -> Option<Usual> {
    let negative = input.get(at + 1) == Some(&b'-');
    let start = at + 1 + usize::from(negative);
    let first = word::load_at(input, start);
    let mut count = word::digits(first);
    // Zero by itself has been found before.
    if count == 0 || first & 0xff == u64::from(b'0') {
        return None;
    }
    let mut magnitude = word::decimal(first, count);
    if count == 8 {
        let second = word::load_at(input, start + 8);
        let more = word::digits(second);
        if more > 0 {
            magnitude = magnitude * power_of_ten(more) + word::decimal(second, more);
            count += more;
        }
    }
    let end = start + count as usize;
    if !ends_line(input, end) {
        return None;
    }
    let value = if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    };
    Some(Usual {
        node: Node::scalar(Tag::Integer, value),
        len: end + 2 - at,
    })
}

/// 10 to the power of 0 to 8.
#[inline(always)]
fn power_of_ten(exponent: u32) -> u64 {
    const POWERS: [u64; 9] = [
        1,
        10,
        100,
        1_000,
        10_000,
        100_000,
        1_000_000,
        10_000_000,
        100_000_000,
    ];
    POWERS.get(exponent as usize).copied().unwrap_or(1)
}

/// A double of up to five characters, digits and maybe a point: `3.25`, `10`, `0.5`. The quotient of two
/// integers below 2^53 is the nearest `f64` (Clinger, "How to read floating point numbers accurately",
/// 1990).
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "of six digits at most")]
pub(super) fn double(head: u64) -> Option<Usual> {
    let text = head >> 8;
    let whole = word::digits(text);
    let behind = text >> (8 * whole);
    if whole == 0 || (whole > 1 && text & 0xff == u64::from(b'0')) {
        return None;
    }
    let point = u32::from(behind & 0xff == u64::from(b'.'));
    // The digits without the point between them.
    let before = (1 << (8 * whole)) - 1;
    let text = text & before | (text >> (8 * point)) & !before;
    let count = word::digits(text);
    let places = count - whole;
    if places < point || (text >> (8 * count)) & 0xffff != CR_LF {
        return None;
    }
    let mantissa = word::decimal(text, count).cast_signed() as f64;
    let value = mantissa / power_of_ten(places).cast_signed() as f64;
    Some(Usual {
        node: Node::scalar(Tag::Double, value.to_bits()),
        len: (count + point) as usize + 3,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
