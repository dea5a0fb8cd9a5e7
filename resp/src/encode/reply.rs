//! Replies: one function per type. A type that RESP2 lacks takes the [`Protocol`] and falls back to
//! what servers send there.

use core::fmt::Write as _;

use bytes::{BufMut, BytesMut};

use super::digits::Digits;
use super::{Protocol, array, bulk, header, text_with_length};

/// Appends a string on one line. CR and LF become spaces, as the servers do it: either would end
/// the line.
pub fn simple(out: &mut BytesMut, text: &[u8]) {
    line(out, b'+', text);
}

/// Appends an error on one line: a code in capitals, a space, words. CR and LF become spaces.
pub fn error(out: &mut BytesMut, text: &[u8]) {
    line(out, b'-', text);
}

/// Appends an error that may contain line ends; in RESP2 they become spaces.
pub fn bulk_error(out: &mut BytesMut, text: &[u8], protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => error(out, text),
        Protocol::Resp3 => text_with_length(out, b'!', text),
    }
}

/// Appends an integer.
pub fn integer(out: &mut BytesMut, number: i64) {
    super::number(out, b':', &Digits::signed(number));
}

/// Appends nothing, in the place of a string.
pub fn null(out: &mut BytesMut, protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => out.extend_from_slice(b"$-1\r\n"),
        Protocol::Resp3 => out.extend_from_slice(b"_\r\n"),
    }
}

/// Appends nothing, in the place of an array: RESP2 has two ways to say it.
pub fn null_array(out: &mut BytesMut, protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => out.extend_from_slice(b"*-1\r\n"),
        Protocol::Resp3 => out.extend_from_slice(b"_\r\n"),
    }
}

/// Appends true or false; in RESP2 1 or 0.
pub fn boolean(out: &mut BytesMut, truth: bool, protocol: Protocol) {
    match (protocol, truth) {
        (Protocol::Resp2, _) => integer(out, i64::from(truth)),
        (Protocol::Resp3, true) => out.extend_from_slice(b"#t\r\n"),
        (Protocol::Resp3, false) => out.extend_from_slice(b"#f\r\n"),
    }
}

/// Appends a double in the shortest form that reads back as the same; in RESP2 as a bulk string.
pub fn double(out: &mut BytesMut, number: f64, protocol: Protocol) {
    let mut text = DoubleText::default();
    // Every form fits: at most 17 digits, sign, point and exponent, or 16 zeros.
    let _fits = text.write(number);
    match protocol {
        Protocol::Resp2 => bulk(out, text.as_bytes()),
        Protocol::Resp3 => line(out, b',', text.as_bytes()),
    }
}

/// Appends an integer of any size, given as its digits; in RESP2 as a bulk string.
pub fn big_number(out: &mut BytesMut, digits: &[u8], protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => bulk(out, digits),
        Protocol::Resp3 => line(out, b'(', digits),
    }
}

/// Appends a string with a three-letter format such as `txt`; in RESP2 the string alone.
pub fn verbatim(out: &mut BytesMut, format: [u8; 3], text: &[u8], protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => bulk(out, text),
        Protocol::Resp3 => {
            out.reserve(super::bulk_size(text.len() + 4));
            header(out, b'=', text.len() + 4);
            out.put_slice(&format);
            out.put_u8(b':');
            out.put_slice(text);
            out.put_slice(b"\r\n");
        }
    }
}

/// Appends the header of a map of `len` entries; the caller appends a key and a value for each. In
/// RESP2 a flat array of twice as many.
pub fn map(out: &mut BytesMut, len: usize, protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => array(out, len * 2),
        Protocol::Resp3 => header(out, b'%', len),
    }
}

/// Appends the header of a set of `len` values; in RESP2 an array.
pub fn set(out: &mut BytesMut, len: usize, protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => array(out, len),
        Protocol::Resp3 => header(out, b'~', len),
    }
}

/// Appends the header of a push of `len` values; in RESP2 an array, as its `SUBSCRIBE` has it.
pub fn push(out: &mut BytesMut, len: usize, protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => array(out, len),
        Protocol::Resp3 => header(out, b'>', len),
    }
}

/// Appends the header of an attribute of `len` entries, which annotates the value appended after
/// them. RESP3 only: RESP2 has no way to say it.
pub fn attribute(out: &mut BytesMut, len: usize) {
    header(out, b'|', len);
}

fn line(out: &mut BytesMut, kind: u8, text: &[u8]) {
    out.reserve(1 + text.len() + 2);
    out.put_u8(kind);
    if text.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        for &byte in text {
            let ends_line = matches!(byte, b'\r' | b'\n');
            out.put_u8(if ends_line { b' ' } else { byte });
        }
    } else {
        out.put_slice(text);
    }
    out.put_slice(b"\r\n");
}

/// The text of a double on the stack: its length has to be known before it is written.
#[derive(Default)]
struct DoubleText {
    buffer: [u8; 32],
    len: usize,
}

impl DoubleText {
    /// Plain digits where they are short, an exponent elsewhere (`Display` alone would write 300
    /// zeros).
    fn write(&mut self, number: f64) -> core::fmt::Result {
        let magnitude = number.abs();
        if number.is_nan() {
            self.write_str("nan")
        } else if magnitude == 0.0 || number.is_infinite() || (1e-5..1e17).contains(&magnitude) {
            write!(self, "{number}")
        } else {
            write!(self, "{number:e}")
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }
}

impl core::fmt::Write for DoubleText {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.len + text.len();
        let room = self.buffer.get_mut(self.len..end).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
