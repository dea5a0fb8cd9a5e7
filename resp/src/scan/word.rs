//! Eight bytes at a time in a register ("SWAR"), in safe code and on any target.

/// Bytes in a word.
pub(super) const WIDTH: usize = size_of::<u64>();

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const ZEROES: u64 = ONES * b'0' as u64;

/// The eight bytes from `at` on, the first of them lowest; zero where there are fewer. Written with
/// `first_chunk` because LLVM does not merge eight indexed loads into one, and with the comparison in front
/// because a loop then keeps `last`, and compares once instead of four times.
#[inline]
pub(super) fn load_at(input: &[u8], at: usize) -> u64 {
    match input.len().checked_sub(WIDTH) {
        Some(last) if at <= last => match input.get(at..).and_then(<[u8]>::first_chunk) {
            Some(chunk) => u64::from_le_bytes(*chunk),
            // Not reached: `last` says that they are there.
            None => 0,
        },
        Some(_) | None => load_end(input, at),
    }
}

/// The last bytes of `input`, which are fewer than eight: part of its last eight if it has as many.
#[inline(never)]
fn load_end(input: &[u8], at: usize) -> u64 {
    let tail = input.get(at..).unwrap_or_default();
    match input.last_chunk() {
        _ if tail.is_empty() => 0,
        Some(chunk) => u64::from_le_bytes(*chunk) >> (64 - 8 * tail.len()),
        None => tail
            .iter()
            .rev()
            .fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// The lowest byte.
#[inline]
pub(super) const fn first(word: u64) -> u8 {
    let [first, ..] = word.to_le_bytes();
    first
}

/// How many of the lowest bytes of a word are decimal digits, 0 to 8.
#[inline]
pub(super) const fn digits(word: u64) -> u32 {
    // One sum or the other has its top bit set for every other byte. A carry or borrow spoils only what is
    // above such a byte.
    let above_nine = word.wrapping_add(ONES * (0x80 - b':' as u64));
    let below_zero = word.wrapping_sub(ZEROES);
    ((above_nine | below_zero) & HIGH).trailing_zeros() / 8
}

/// The number that the `count` lowest bytes of a word spell, which must be digits, 1 to 8 of them:
/// neighbours are added up in pairs, the pairs in pairs, and these.
#[inline]
pub(super) const fn decimal(word: u64, count: u32) -> u64 {
    // The first digit is the lowest byte: shifting up drops what follows and fills in zeros.
    let digits = word.wrapping_sub(ZEROES) << (64 - 8 * count);
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(1 + (100 << 16)) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(1 + (10_000 << 32)) >> 32
}

/// Offset of the lowest byte of a word that is a control character up to CR: in a line of text that is
/// its end, or something that has to be looked at closely.
#[inline]
pub(super) const fn low_control(word: u64) -> Option<u32> {
    // As in `zero_bytes`, a borrow makes false ones above a true one only.
    let found = word.wrapping_sub(ONES * (b'\r' as u64 + 1)) & !word & HIGH;
    if found == 0 {
        None
    } else {
        Some(found.trailing_zeros() / 8)
    }
}

/// Offset of the lowest byte of a word that is CR or LF.
#[inline]
pub(super) const fn line_end(word: u64) -> Option<usize> {
    let found = zero_bytes(word ^ (ONES * b'\r' as u64)) | zero_bytes(word ^ (ONES * b'\n' as u64));
    if found == 0 {
        None
    } else {
        Some((found.trailing_zeros() / 8) as usize)
    }
}

/// Top bits of the bytes that are zero. Above a true one there may be false ones; the lowest is
/// always true.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::{decimal, digits, line_end, load_at, low_control};
    use alloc::format;

    fn load(text: &[u8]) -> u64 {
        load_at(text, 0)
    }

    #[test]
    fn digits_stop_at_every_other_byte() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = *b"90909090";
                text[place] = byte;
                let expected = if byte.is_ascii_digit() { 8 } else { place };
                assert_eq!(digits(load(&text)) as usize, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn decimals_of_every_width() {
        for number in [
            0_u64, 7, 10, 99, 123, 4096, 54_321, 999_999, 1_234_567, 98_765_432,
        ] {
            let text = format!("{number}\r\n+OK\r\n");
            let word = load(text.as_bytes());
            assert_eq!(decimal(word, digits(word)), number);
        }
    }

    #[test]
    fn line_ends_at_every_place_and_nowhere_else() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = [b'\x0c'; 8];
                text[place] = byte;
                let expected = matches!(byte, b'\r' | b'\n').then_some(place);
                assert_eq!(line_end(load(&text)), expected);
            }
        }
    }

    #[test]
    fn control_characters_at_every_place_and_nowhere_else() {
        for (place, expected) in (0..8).zip(0_u32..) {
            for byte in 0..=u8::MAX {
                let mut text = [b'\x0e'; 8];
                text[place] = byte;
                let expected = (byte <= b'\r').then_some(expected);
                assert_eq!(low_control(load(&text)), expected);
            }
        }
    }

    #[test]
    fn short_input_is_padded_with_zeros() {
        assert_eq!(load(b""), 0);
        assert_eq!(load(b"\x01\x02"), 0x0201);
        assert_eq!(load(b"\x01\0\0\0\0\0\0\0\xff"), 1);
        let text = b"\x01\x02\x03\x04\x05\x06\x07\x08\x09";
        assert_eq!(load_at(text, 1), 0x0908_0706_0504_0302);
        assert_eq!(load_at(text, 7), 0x0908);
        assert_eq!(load_at(text, 9), 0);
        assert_eq!(load_at(text, 10), 0);
    }
}
