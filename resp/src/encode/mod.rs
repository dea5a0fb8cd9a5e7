//! Writing commands and replies.
//!
//! Everything appends to a [`BytesMut`] of the caller's, reserves exactly what it writes, and
//! allocates nothing while the buffer has room. Integers are written without `format!`. Whole commands of up
//! to 256 bytes are written fastest where the buffer has room for that much.
//!
//! ```
//! use bytes::BytesMut;
//! use quorlock_resp::encode;
//!
//! let mut out = BytesMut::new();
//! encode::array(&mut out, 2);
//! encode::bulk(&mut out, b"PTTL");
//! encode::bulk(&mut out, b"key");
//! assert_eq!(&out[..], b"*2\r\n$4\r\nPTTL\r\n$3\r\nkey\r\n");
//! ```

mod digits;
mod prepared;
mod reply;
mod short;
mod value;
mod write;

use bytes::BytesMut;

use self::digits::{Digits, width};
pub use self::prepared::{Argument, Prepared};
pub use self::reply::{
    attribute, big_number, boolean, bulk_error, double, error, integer, map, null, null_array,
    push, set, simple, verbatim,
};
pub use self::value::value;

/// Which version of the protocol a connection speaks. RESP3 has more reply types; RESP2 says the
/// same with fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// What a connection speaks before `HELLO 3`.
    Resp2,
    /// What it speaks after.
    Resp3,
}

/// Appends a whole command: an array of bulk strings.
///
/// ```
/// # use bytes::BytesMut;
/// # use quorlock_resp::encode;
/// let mut out = BytesMut::new();
/// encode::command(&mut out, &[b"DEL", b"key"]);
/// assert_eq!(&out[..], b"*2\r\n$3\r\nDEL\r\n$3\r\nkey\r\n");
/// ```
pub fn command(out: &mut BytesMut, arguments: &[&[u8]]) {
    let short = short::append(out, |short| {
        short.count(arguments.len())?;
        arguments.iter().try_for_each(|text| short.text(text))
    });
    if short.is_some() {
        return;
    }
    let bulks: usize = arguments.iter().map(|text| bulk_size(text.len())).sum();
    out.reserve(1 + width(arguments.len()) + 2 + bulks);
    array(out, arguments.len());
    for argument in arguments {
        bulk(out, argument);
    }
}

/// Appends the header of an array of `len` values, which the caller appends next. A command is an
/// array of bulk strings in both protocols.
pub fn array(out: &mut BytesMut, len: usize) {
    header(out, b'*', len);
}

/// Appends a bulk string.
pub fn bulk(out: &mut BytesMut, text: &[u8]) {
    text_with_length(out, b'$', text);
}

/// Appends one bulk string that is put together from several pieces.
///
/// ```
/// # let mut out = bytes::BytesMut::new();
/// quorlock_resp::encode::bulk_of(&mut out, &[b"{job}", b":count"]);
/// assert_eq!(&out[..], b"$11\r\n{job}:count\r\n");
/// ```
pub fn bulk_of(out: &mut BytesMut, pieces: &[&[u8]]) {
    let len = pieces.iter().map(|piece| piece.len()).sum();
    let room = write::room(out, bulk_size(len));
    let room = room.and_then(|room| write::header(room, b'$', len));
    let room = room.and_then(|room| {
        pieces
            .iter()
            .try_fold(room, |room, piece| write::put(room, piece))
    });
    let room = room.and_then(|room| write::put(room, b"\r\n"));
    debug_assert!(room.is_some_and(|room| room.is_empty()));
}

/// Appends an integer as a bulk string, the way commands carry numbers: 42 is `$2\r\n42\r\n`.
pub fn bulk_integer(out: &mut BytesMut, number: i64) {
    let room = write::room(out, bulk_size(Digits::len_of(number)));
    let room = room.and_then(|room| write::integer(room, number));
    debug_assert!(room.is_some_and(|room| room.is_empty()));
}

/// Bytes that a bulk string of `len` bytes takes on the wire.
///
/// ```
/// assert_eq!(quorlock_resp::encode::bulk_size(b"key".len()), b"$3\r\nkey\r\n".len());
/// ```
#[must_use]
pub const fn bulk_size(len: usize) -> usize {
    1 + width(len) + 2 + len + 2
}

/// Appends a type byte, a number and CR LF.
#[inline]
fn header(out: &mut BytesMut, kind: u8, len: usize) {
    let room = write::room(out, 1 + width(len) + 2);
    let room = room.and_then(|room| write::header(room, kind, len));
    debug_assert!(room.is_some_and(|room| room.is_empty()));
}

/// Appends a type byte, a number and CR LF.
fn number(out: &mut BytesMut, kind: u8, digits: &Digits) {
    let room = write::room(out, 1 + digits.as_bytes().len() + 2);
    let room = room.and_then(|room| write::number(room, kind, digits));
    debug_assert!(room.is_some_and(|room| room.is_empty()));
}

#[inline]
fn text_with_length(out: &mut BytesMut, kind: u8, text: &[u8]) {
    let room = write::room(out, bulk_size(text.len()));
    let room = room.and_then(|room| write::text(room, kind, text));
    debug_assert!(room.is_some_and(|room| room.is_empty()));
}

#[cfg(test)]
#[allow(clippy::panic, reason = "tests")]
mod tests;
