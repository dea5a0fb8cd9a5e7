//! Integers and lengths: decimal digits up to CR LF, from the left, without a detour over `str`.

use super::line;
use super::step::Step;
use crate::error::ErrorKind;

/// Longest line that can still be a number: a sign, 19 digits, CR LF.
pub(super) const LONGEST: usize = 22;

/// A number and the offset behind its CR LF.
pub(super) type Number<T> = (T, usize);

/// Reads `digits CR LF` at `at`. Whole numbers only: no sign, no leading zero.
#[inline]
pub(super) fn length(input: &[u8], at: usize) -> Step<Number<u64>> {
    digits(input, at, ErrorKind::Length)
}

/// Reads `[+-]digits CR LF` at `at` into an `i64`, all of its range. The `+` is in the specification
/// though no server sends it; `-0` and leading zeros are not numbers to the servers either
/// (`string2ll` in redis/src/util.c).
#[inline]
pub(super) fn integer(input: &[u8], at: usize) -> Step<Number<i64>> {
    let (negative, first) = match input.get(at) {
        Some(b'-') => (true, at + 1),
        Some(b'+') => (false, at + 1),
        Some(_) => (false, at),
        None => return Step::More,
    };
    let (magnitude, end) = match digits(input, first, ErrorKind::Integer) {
        Step::Whole(number) => number,
        Step::More => return Step::More,
        Step::Fail(kind, offset) => return Step::Fail(kind, offset),
    };
    let value = if negative && magnitude > 0 {
        0_i64.checked_sub_unsigned(magnitude)
    } else if negative {
        None
    } else {
        i64::try_from(magnitude).ok()
    };
    match value {
        Some(value) => Step::Whole((value, end)),
        None => Step::Fail(ErrorKind::Integer, at),
    }
}

/// Digits up to CR LF, at most 19 of them, so that the sum fits a `u64`.
#[inline]
fn digits(input: &[u8], at: usize, kind: ErrorKind) -> Step<Number<u64>> {
    let mut value = 0_u64;
    let mut cursor = at;
    loop {
        match input.get(cursor) {
            None => return Step::More,
            Some(byte @ b'0'..=b'9') => {
                let leading_zero = value == 0 && cursor > at;
                if leading_zero || cursor - at == 19 {
                    return Step::Fail(kind, cursor);
                }
                value = value * 10 + u64::from(byte - b'0');
                cursor += 1;
            }
            Some(b'\r') if cursor > at => break,
            Some(_) => return Step::Fail(kind, cursor),
        }
    }
    match line::ending(input, cursor) {
        Step::Whole(end) => Step::Whole((value, end)),
        Step::More => Step::More,
        Step::Fail(kind, offset) => Step::Fail(kind, offset),
    }
}
