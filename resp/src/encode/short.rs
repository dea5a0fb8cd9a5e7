//! A command of a few arguments, written to a buffer that has plenty of room.
//!
//! A piece of a command is a few bytes long: to look for room for each of them costs more than to write it,
//! and so does finding out beforehand how long all of them are. So a fixed room is taken, and what is left
//! of it is given back.

use bytes::BytesMut;

use super::digits::{self, Digits, EIGHT_DIGITS};

/// Bytes that a command may take here. A lock's commands take 100 to 200.
pub(super) const ROOM: usize = 256;

const SIXTEEN_DIGITS: u64 = EIGHT_DIGITS * EIGHT_DIGITS;

/// The line end before an argument of this length, and its header: `\r\n$7\r\n`.
#[expect(
    clippy::indexing_slicing,
    reason = "by the compiler, which would say so"
)]
const SEPARATORS: [u64; 100] = {
    let mut words = [0; 100];
    let (mut tens, mut ones, mut len) = (b'0', b'0', 0);
    while len < words.len() {
        words[len] = u64::from_le_bytes(if len < 10 {
            [b'\r', b'\n', b'$', ones, b'\r', b'\n', 0, 0]
        } else {
            [b'\r', b'\n', b'$', tens, ones, b'\r', b'\n', 0]
        });
        (tens, ones) = if ones == b'9' {
            (tens + 1, b'0')
        } else {
            (tens, ones + 1)
        };
        len += 1;
    }
    words
};

/// A command without the line end behind its last argument. Every method says `None` where there is no
/// room.
pub(super) struct Short<'a> {
    room: &'a mut [u8; ROOM],
    len: usize,
}

/// Appends the command that `write` writes. `None`, and nothing is appended, if it is longer than [`ROOM`] or
/// the buffer would have to grow for that much.
#[inline]
pub(super) fn append(
    out: &mut BytesMut,
    write: impl FnOnce(&mut Short<'_>) -> Option<()>,
) -> Option<()> {
    let start = out.len();
    if out.capacity() - start < ROOM {
        return None;
    }
    out.resize(start + ROOM, 0);
    let mut short = Short {
        room: out.get_mut(start..)?.first_chunk_mut()?,
        len: 0,
    };
    let written = write(&mut short).and_then(|()| short.put(b"\r\n"));
    let len = written.map_or(0, |()| short.len);
    out.truncate(start + len);
    written
}

impl Short<'_> {
    /// Begins with the number of arguments.
    #[inline]
    pub(super) fn count(&mut self, arguments: usize) -> Option<()> {
        let header = *SEPARATORS.get(arguments)? >> 16;
        self.word(
            header & !0xff | u64::from(b'*'),
            2 + usize::from(arguments >= 10),
        )
    }

    /// Begins with what is encoded already and ends in CR LF.
    #[inline]
    pub(super) fn head(&mut self, head: &[u8]) -> Option<()> {
        self.put(head)?;
        // The next argument writes it again.
        self.len -= 2;
        Some(())
    }

    /// Adds an argument.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) -> Option<()> {
        self.separator(text.len())?;
        self.put(text)
    }

    /// Adds an argument that is a number.
    #[inline]
    pub(super) fn integer(&mut self, number: i64) -> Option<()> {
        match number.cast_unsigned() {
            small @ 0..100 => {
                let digits = *SEPARATORS.get(usize::try_from(small).ok()?)? >> 24;
                let len = 1 + usize::from(small >= 10);
                self.separator(len)?;
                self.word(digits, len)
            }
            number @ 0..EIGHT_DIGITS => {
                let (digits, len) = digits::word(number);
                self.separator(len)?;
                self.word(digits, len)
            }
            number @ 0..SIXTEEN_DIGITS => {
                let (digits, len) = digits::word(number / EIGHT_DIGITS);
                self.separator(len + 8)?;
                self.word(digits, len)?;
                self.word(digits::eight(number % EIGHT_DIGITS), 8)
            }
            _ => self.text(Digits::signed(number).as_bytes()),
        }
    }

    #[inline]
    fn separator(&mut self, len: usize) -> Option<()> {
        let word = *SEPARATORS.get(len)?;
        self.word(word, 6 + usize::from(len >= 10))
    }

    /// Adds the lowest `len` bytes of a word.
    #[inline]
    fn word(&mut self, word: u64, len: usize) -> Option<()> {
        // All of it: what is too much is written over by what follows.
        *self.room.get_mut(self.len..)?.first_chunk_mut()? = word.to_le_bytes();
        self.len += len;
        Some(())
    }

    #[inline]
    fn put(&mut self, text: &[u8]) -> Option<()> {
        let place = self.room.get_mut(self.len..)?.get_mut(..text.len())?;
        copy(place, text);
        self.len += text.len();
        Some(())
    }
}

/// Copies a text to a place of its length: up to 32 bytes as its first and its last half, which overlap,
/// since a call costs more.
#[inline]
fn copy(place: &mut [u8], text: &[u8]) {
    match text.len() {
        16..=32 => halves::<16>(place, text),
        8..16 => halves::<8>(place, text),
        2..4 => halves::<2>(place, text),
        _ => place.copy_from_slice(text),
    }
}

#[inline]
fn halves<const N: usize>(place: &mut [u8], text: &[u8]) {
    if let (Some(first), Some(last)) = (text.first_chunk::<N>(), text.last_chunk::<N>()) {
        if let Some(place) = place.first_chunk_mut() {
            *place = *first;
        }
        if let Some(place) = place.last_chunk_mut() {
            *place = *last;
        }
    }
}
