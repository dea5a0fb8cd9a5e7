//! The shapes that most replies have, recognised whole.
//!
//! Only what is complete and valid is taken here; everything else, also every error, is left to the
//! readers that can stop at any byte. So a mistake in speed is never a mistake in the verdict: the
//! tests compare both.

use core::hint::select_unpredictable;

use super::word;
use crate::tape::{Node, Tag};

/// No value found here is longer than this, nor a line or bulk in it, so that whoever has limits above
/// may skip the checks.
pub(crate) const LONGEST: usize = 1024;

/// A value without children that is whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quick {
    pub(crate) node: Node,
    /// Bytes from the type byte to the CR LF.
    pub(crate) len: usize,
    /// How many of them had to be looked at.
    pub(crate) seen: usize,
}

/// Looks for a whole bulk, integer or null at the front of `input`, which starts `offset` bytes into
/// its frame.
#[inline]
pub(crate) fn plain(input: &[u8], offset: usize) -> Option<Quick> {
    match input {
        [b':', one @ b'0'..=b'9', b'\r', b'\n', ..] => {
            Some(whole(Node::scalar(Tag::Integer, u64::from(digit(*one))), 4))
        }
        [b':', ..] => integer(input),
        [b'$', b'-', b'1', b'\r', b'\n', ..] => Some(whole(Node::NULL, 5)),
        [b'$', rest @ ..] => bulk(input, rest, offset),
        [b'_', b'\r', b'\n', ..] => Some(whole(Node::NULL, 3)),
        _ => None,
    }
}

/// A value all of whose bytes were looked at.
#[inline]
fn whole(node: Node, len: usize) -> Quick {
    Quick {
        node,
        len,
        seen: len,
    }
}

/// A number of one to three digits and its CR LF at the front of `input`: the number and the bytes
/// taken. By branches: they are predicted well, and the number is an address soon after, so that
/// arithmetic on it would be waited for.
#[inline]
pub(super) fn length(input: &[u8]) -> Option<(u32, usize)> {
    match input {
        [a @ b'0'..=b'9', b'\r', b'\n', ..] => Some((digit(*a), 3)),
        [a @ b'1'..=b'9', b @ b'0'..=b'9', b'\r', b'\n', ..] => {
            Some((digit(*a) * 10 + digit(*b), 4))
        }
        [
            a @ b'1'..=b'9',
            b @ b'0'..=b'9',
            c @ b'0'..=b'9',
            b'\r',
            b'\n',
            ..,
        ] => Some((digit(*a) * 100 + digit(*b) * 10 + digit(*c), 5)),
        _ => None,
    }
}

/// Looks for `+OK`, either null, or an integer of one digit at the front of `input`: most of what a
/// lock client reads, in random order. All four are computed and one is selected, since a branch
/// between them would be mispredicted half of the time.
#[inline]
#[expect(clippy::needless_bitwise_bool, reason = "a lazy `&&` is a branch")]
pub(crate) fn tiny(input: &[u8], offset: usize) -> Option<Quick> {
    const OK: u64 = u64::from_le_bytes(*b"+OK\r\n\0\0\0");
    const NIL: u64 = u64::from_le_bytes(*b"$-1\r\n\0\0\0");
    const NULL: u64 = u64::from_le_bytes(*b"_\r\n\0\0\0\0\0");
    const ONE_DIGIT: u64 = u64::from_le_bytes(*b":\0\r\n\0\0\0\0");

    let head = word::load(input);
    let five = head & 0xff_ffff_ffff;
    let digit = (head >> 8 & 0xff).wrapping_sub(u64::from(b'0'));
    let is_ok = five == OK;
    let is_null = five & 0xff_ffff == NULL;
    let is_integer = (five & 0xffff_00ff == ONE_DIGIT) & (digit < 10);
    if !(is_ok | is_null | is_integer | (five == NIL)) {
        return None;
    }
    let bits = select_unpredictable(is_integer, digit, 0);
    let len = select_unpredictable(is_null, 3, select_unpredictable(is_integer, 4, 5));
    let tag = select_unpredictable(is_integer, Tag::Integer, Tag::Null);
    Some(Quick {
        node: Node {
            value: select_unpredictable(is_ok, offset as u64 + 1, bits),
            len: u32::from(is_ok) * 2,
            tag: select_unpredictable(is_ok, Tag::Simple, tag),
            streamed: false,
        },
        len,
        seen: len,
    })
}

#[inline]
fn bulk(input: &[u8], rest: &[u8], offset: usize) -> Option<Quick> {
    let (text, header) = length(rest)?;
    let start = 1 + header;
    let end = start + text as usize;
    if input.get(end..end + 2) != Some(b"\r\n") {
        return None;
    }
    Some(Quick {
        node: Node::text(Tag::Bulk, offset + start, text),
        len: end + 2,
        seen: start + 2,
    })
}

/// An integer of up to 16 digits. By arithmetic: nothing waits for the value.
#[inline]
fn integer(input: &[u8]) -> Option<Quick> {
    let negative = input.get(1) == Some(&b'-');
    let start = 1 + usize::from(negative);
    let digits = input.get(start..)?;
    let first = word::load(digits);
    let mut count = word::digits(first);
    let zero_first = first & 0xff == u64::from(b'0');
    if count == 0 || zero_first && (negative || count > 1) {
        return None;
    }
    let mut magnitude = word::decimal(first, count);
    if count == 8 {
        let second = word::load(digits.get(8..)?);
        let more = word::digits(second);
        if more > 0 {
            magnitude = magnitude * power_of_ten(more) + word::decimal(second, more);
            count += more;
        }
    }
    let end = start + count as usize;
    if input.get(end..end + 2) != Some(b"\r\n") {
        return None;
    }
    let value = if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    };
    Some(whole(Node::scalar(Tag::Integer, value), end + 2))
}

#[inline]
fn digit(byte: u8) -> u32 {
    u32::from(byte - b'0')
}

/// 10 to the power of 1 to 8.
#[inline]
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
