//! Numbers that are too wide for 64 bits: doubles and big numbers, from a whole line.

/// Reads a double as the servers print one: `[+-]digits[.digits][e[+-]digits]`, `inf`, `-inf`,
/// `nan`; servers before 7.2 print what their C library says, hence `-nan`. A number that no finite
/// `f64` is near (`1e400`) is refused, as hiredis does: infinity would be an answer nobody gave.
pub(super) fn double(line: &[u8]) -> Option<f64> {
    match line {
        b"inf" => return Some(f64::INFINITY),
        b"-inf" => return Some(f64::NEG_INFINITY),
        b"nan" | b"-nan" => return Some(f64::NAN),
        _ => {}
    }
    let rest = whole_part(unsigned(line))?;
    let rest = match rest {
        [b'.', fraction @ ..] => digits(fraction)?,
        _ => rest,
    };
    let rest = match rest {
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            digits(exponent)?
        }
        _ => rest,
    };
    if !rest.is_empty() {
        return None;
    }
    let value: f64 = core::str::from_utf8(line).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// Whether a line is a big number: an optional sign and digits without a leading zero.
pub(super) fn is_big_number(line: &[u8]) -> bool {
    whole_part(unsigned(line)).is_some_and(<[u8]>::is_empty)
}

fn unsigned(line: &[u8]) -> &[u8] {
    match line {
        [b'+' | b'-', rest @ ..] => rest,
        _ => line,
    }
}

/// What follows at least one digit; a zero in front stands alone.
fn whole_part(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'0', b'0'..=b'9', ..] => None,
        _ => digits(text),
    }
}

/// What follows at least one digit.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(count..).filter(|_| count > 0)
}
