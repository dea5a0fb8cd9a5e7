//! Numbers as Lua 5.1 sees them: doubles, and strings that spell one.

/// An integer reply as a number. Beyond 2^53 the nearest double.
#[allow(
    clippy::cast_precision_loss,
    reason = "it is what Lua does to every integer reply"
)]
pub(super) fn of(integer: i64) -> f64 {
    integer as f64
}

/// What is left of an integer that has been a number: exact up to 2^53.
#[allow(
    clippy::cast_possible_truncation,
    reason = "it is what Redis does to every number that a script returns"
)]
pub(super) fn rounded(integer: i64) -> i64 {
    of(integer) as i64
}

/// `tonumber(text)`; `None` is `nil`.
///
/// That is C's `strtod` with blanks around it, so that a lease may be written in ways
/// that `PEXPIRE` refuses: `1e3`, `0x10`, `inf`. A text ends at its first NUL.
/// Hexadecimal digits beyond 2^53 are rounded one by one instead of all at once.
pub(super) fn parse(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next()?;
    let text = trim(text);
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let value = match digits {
        [b'0', b'x' | b'X', digits @ ..] => hexadecimal(digits)?,
        [b'.' | b'0'..=b'9', ..] => core::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => named(digits)?,
    };
    Some(if negative { -value } else { value })
}

/// Takes the blanks of C's `isspace` from both ends. Rust's set lacks the vertical tab.
fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let start = text
        .iter()
        .position(|byte| !blank(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !blank(byte))
        .map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// Infinity, and not-a-number with the payload that C allows.
fn named(text: &[u8]) -> Option<f64> {
    let text = text.to_ascii_lowercase();
    match text.as_slice() {
        b"inf" | b"infinity" => Some(f64::INFINITY),
        b"nan" => Some(f64::NAN),
        [b'n', b'a', b'n', b'(', payload @ .., b')'] => payload
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            .then_some(f64::NAN),
        _ => None,
    }
}

/// Digits, perhaps a fraction, perhaps a binary exponent.
fn hexadecimal(text: &[u8]) -> Option<f64> {
    let mut value = 0.0;
    let mut scale = 0_i32;
    let mut digits = 0_usize;
    let mut fraction = false;
    let mut rest = text;
    while let [byte, later @ ..] = rest {
        if let Some(digit) = char::from(*byte).to_digit(16) {
            value = value * 16.0 + f64::from(digit);
            digits += 1;
            scale = scale.saturating_sub(if fraction { 4 } else { 0 });
        } else if *byte == b'.' && !fraction {
            fraction = true;
        } else {
            break;
        }
        rest = later;
    }
    if digits == 0 {
        return None;
    }
    let exponent = match rest {
        [] => 0,
        [b'p' | b'P', sign @ (b'+' | b'-'), power @ ..] => exponent(*sign == b'-', power)?,
        [b'p' | b'P', power @ ..] => exponent(false, power)?,
        _ => return None,
    };
    Some(value * 2.0_f64.powi(scale.saturating_add(exponent)))
}

/// A power of two that may be too large for an `i32`, and then is as good as infinite.
fn exponent(negative: bool, power: &[u8]) -> Option<i32> {
    if power.is_empty() || !power.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let power = core::str::from_utf8(power)
        .ok()?
        .parse()
        .unwrap_or(i32::MAX);
    Some(if negative { -power } else { power })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_integers_lose_their_last_digits() {
        // Measured on Redis 7.0.15.
        assert_eq!(
            rounded(9_223_369_999_999_923_531),
            9_223_369_999_999_923_200
        );
        assert_eq!(rounded(1 << 53), 1 << 53);
        assert_eq!(rounded(-1), -1);
    }

    #[test]
    fn reads_what_strtod_reads() {
        for (text, value) in [
            ("10", 10.0),
            ("010", 10.0),
            ("+10", 10.0),
            ("-10", -10.0),
            (" \t\n\u{b}10\r ", 10.0),
            ("1.", 1.0),
            (".5", 0.5),
            ("1e3", 1_000.0),
            ("1E-2", 0.01),
            ("1e999", f64::INFINITY),
            ("0x10", 16.0),
            ("-0XfF", -255.0),
            ("0x1.8p4", 24.0),
            ("0x.8", 0.5),
            ("0x1p-99999999999", 0.0),
            ("INF", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("10\0abc", 10.0),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(value), "{text:?}");
        }
        for text in ["nan", "-NaN", "nan(x_1)"] {
            assert!(parse(text.as_bytes()).is_some_and(f64::is_nan), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "", " ", "abc", "1x", "1 2", "--1", "+-1", "0x", "0xg", "0x1p", "0x1.2.3", "1e", "e1",
            ".", "infin", "nan(", "nan(-)", "1_000", "\0",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
