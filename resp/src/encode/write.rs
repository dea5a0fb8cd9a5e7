//! Writing into room that was made for all of it at once.
//!
//! A check of the buffer's capacity per piece would cost more than the pieces, which are a few bytes
//! long. Each function writes at the front of the room and returns what is left of it; `None` where it
//! does not fit, which the sizes that the callers compute rule out.

use bytes::BytesMut;

use super::digits::{self, Digits, EIGHT_DIGITS};

/// Appends `len` bytes to a buffer: the room to write in.
#[inline]
pub(super) fn room(out: &mut BytesMut, len: usize) -> Option<&mut [u8]> {
    let old = out.len();
    out.resize(old + len, 0);
    out.get_mut(old..)
}

/// Writes a type byte, a number and CR LF. Up to three digits are built in a register: most lengths are.
#[inline]
pub(super) fn header(room: &mut [u8], kind: u8, number: usize) -> Option<&mut [u8]> {
    let (text, len) = match number {
        0..=9 => (digit(number) | CR_LF << 8, 4),
        10..=99 => (
            digit(number / 10) | digit(number % 10) << 8 | CR_LF << 16,
            5,
        ),
        100..=999 => (
            digit(number / 100)
                | digit(number / 10 % 10) << 8
                | digit(number % 10) << 16
                | CR_LF << 24,
            6,
        ),
        _ => return long_header(room, kind, number),
    };
    word(room, text << 8 | u64::from(kind), len)
}

/// Writes the lowest `len` bytes of a word.
#[inline]
fn word(room: &mut [u8], word: u64, len: usize) -> Option<&mut [u8]> {
    if room.len() < 8 {
        return word_at_end(room, word, len);
    }
    // All of it: what is too much is written over by what follows.
    *room.first_chunk_mut()? = word.to_le_bytes();
    room.get_mut(len..)
}

/// The same where a whole word does not fit. By itself, so that the other is small enough to be inlined.
#[inline(never)]
fn word_at_end(room: &mut [u8], word: u64, len: usize) -> Option<&mut [u8]> {
    put(room, word.to_le_bytes().get(..len)?)
}

/// Writes an integer as a bulk string.
pub(super) fn integer(room: &mut [u8], number: i64) -> Option<&mut [u8]> {
    match number.cast_unsigned() {
        small @ 0..EIGHT_DIGITS => {
            let (digits, len) = digits::word(small);
            let room = word(header(room, b'$', len)?, digits, len)?;
            put(room, b"\r\n")
        }
        _ => text(room, b'$', Digits::signed(number).as_bytes()),
    }
}

#[inline(never)]
fn long_header(room: &mut [u8], kind: u8, number: usize) -> Option<&mut [u8]> {
    self::number(room, kind, &Digits::unsigned(number as u64))
}

/// Writes a type byte, a number and CR LF.
pub(super) fn number<'a>(room: &'a mut [u8], kind: u8, digits: &Digits) -> Option<&'a mut [u8]> {
    let room = put(room, &[kind])?;
    put(put(room, digits.as_bytes())?, b"\r\n")
}

/// Writes a text with its length and CR LF around it.
#[inline]
pub(super) fn text<'a>(room: &'a mut [u8], kind: u8, text: &[u8]) -> Option<&'a mut [u8]> {
    let room = header(room, kind, text.len())?;
    put(put(room, text)?, b"\r\n")
}

#[inline]
pub(super) fn put<'a>(room: &'a mut [u8], bytes: &[u8]) -> Option<&'a mut [u8]> {
    let (place, rest) = room.split_at_mut_checked(bytes.len())?;
    place.copy_from_slice(bytes);
    Some(rest)
}

const CR_LF: u64 = u64::from_le_bytes(*b"\r\n\0\0\0\0\0\0");

/// The ASCII digit of a number below 10.
#[inline]
const fn digit(number: usize) -> u64 {
    b'0' as u64 + number as u64
}
