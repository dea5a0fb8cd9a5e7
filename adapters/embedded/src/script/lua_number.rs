//! Numbers as Lua 5.1 sees them: doubles, and strings that spell one.

/// An integer reply as a number. Beyond 2^53 the nearest double.
#[allow(
    clippy::cast_precision_loss,
    reason = "it is what Lua does to every integer reply"
)]
pub(super) fn of(integer: i64) -> f64 {
    integer as f64
}

/// A count or an index as a number: there are never as many as a double can't tell apart.
#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(super) fn of_index(index: usize) -> f64 {
    index as f64
}

/// The place in a table that a number names; `None` where it can't name one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is looked at before"
)]
pub(super) fn as_index(number: f64) -> Option<usize> {
    let whole = (1.0..4_294_967_296.0).contains(&number) && number.fract() == 0.0;
    whole.then_some(number as usize)
}

/// What Redis makes of a number that a script returns: the fraction is cut off.
///
/// What has no place in 64 bits becomes the least integer, as C's cast does on x86-64
/// (`cvttsd2si`); C itself leaves it open.
#[allow(
    clippy::cast_possible_truncation,
    reason = "it is what the function is for"
)]
pub(super) fn truncated(number: f64) -> i64 {
    /// 2^63, the first that is too large.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// `math.max(one, other)`: the first unless the second is greater. Rust's own leaves open
/// which of two zeros it takes.
pub(super) fn max(one: f64, other: f64) -> f64 {
    if other > one { other } else { one }
}

/// `string.format('%.0f', number)`: the nearest integer, ties to the even one.
///
/// Infinities and what is not a number are spelled otherwise than in C; no command takes
/// either spelling.
pub(super) fn format(number: f64) -> String {
    format!("{number:.0}")
}

/// `string.format('%016.0f', number)`. What is no number of digits is padded with blanks.
pub(super) fn padded(number: f64) -> String {
    if number.is_nan() {
        let sign = if number.is_sign_negative() { "-" } else { "" };
        format!("{:>16}", [sign, "nan"].concat())
    } else if number.is_infinite() {
        format!("{number:>16}")
    } else {
        format!("{number:016.0}")
    }
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
        let returned = |integer| truncated(of(integer));
        assert_eq!(
            returned(9_223_369_999_999_923_531),
            9_223_369_999_999_923_200
        );
        assert_eq!(returned(1 << 53), 1 << 53);
        assert_eq!(returned(-1), -1);
    }

    #[test]
    fn returned_numbers_lose_their_fraction_or_their_sense() {
        assert_eq!(truncated(1.9), 1);
        assert_eq!(truncated(-1.9), -1);
        for number in [1e19, -1e19, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(truncated(number), i64::MIN, "{number}");
        }
        assert_eq!(truncated(of(i64::MIN)), i64::MIN);
    }

    #[test]
    fn the_greater_of_two_is_the_first_in_doubt() {
        for (one, other, greater) in [
            (1.0, 2.0, "1.0 2.0: 2.0"),
            (2.0, 1.0, "2.0 1.0: 2.0"),
            (1.0, f64::NAN, "1.0 NaN: 1.0"),
            (f64::NAN, 1.0, "NaN 1.0: NaN"),
            (0.0, -0.0, "0.0 -0.0: 0.0"),
            (-0.0, 0.0, "-0.0 0.0: -0.0"),
        ] {
            let shown = format!("{one:?} {other:?}: {:?}", max(one, other));
            assert_eq!(shown, greater);
        }
    }

    #[test]
    fn formats_as_printf_does() {
        for (number, text) in [
            (0.5, "0"),
            (1.5, "2"),
            (2.5, "2"),
            (-0.3, "-0"),
            (1_700_000_000_123_456.0, "1700000000123456"),
            (1e22, "10000000000000000000000"),
        ] {
            assert_eq!(format(number), text);
        }
        for (number, text) in [
            (7.0, "0000000000000007"),
            (-7.0, "-000000000000007"),
            (1e16, "10000000000000000"),
            (f64::NEG_INFINITY, "            -inf"),
            (f64::NAN, "             nan"),
        ] {
            assert_eq!(padded(number), text);
        }
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
