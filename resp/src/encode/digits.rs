//! Decimal digits of a 64-bit integer, without formatting machinery.

/// Longest decimal form of 64 bits: `-9223372036854775808` and `18446744073709551615`.
const WIDEST: usize = 20;

/// The decimal form of a number, right-aligned in a small buffer.
pub(super) struct Digits {
    buffer: [u8; WIDEST],
    len: usize,
}

impl Digits {
    #[inline]
    pub(super) fn unsigned(number: u64) -> Self {
        Self::new(number, false)
    }

    #[inline]
    pub(super) fn signed(number: i64) -> Self {
        Self::new(number.unsigned_abs(), number < 0)
    }

    #[inline]
    fn new(number: u64, negative: bool) -> Self {
        let mut buffer = [b'0'; WIDEST];
        let mut rest = number;
        let mut len = 0;
        let mut places = buffer.iter_mut().rev();
        for place in places.by_ref() {
            *place = b'0' + low_digit(rest);
            rest /= 10;
            len += 1;
            if rest == 0 {
                break;
            }
        }
        if negative && let Some(place) = places.next() {
            *place = b'-';
            len += 1;
        }
        Self { buffer, len }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.buffer.get(WIDEST - self.len..).unwrap_or_default()
    }
}

#[inline]
fn low_digit(number: u64) -> u8 {
    (number % 10) as u8
}

/// How many decimal digits a length has.
#[inline]
pub(super) const fn width(number: usize) -> usize {
    match number.checked_ilog10() {
        Some(exponent) => exponent as usize + 1,
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{Digits, width};
    use alloc::string::ToString;

    #[test]
    fn digits_are_those_of_display() {
        let mut number = 1_u64;
        for _ in 0..64 {
            for near in [number - 1, number, number + 1, !number] {
                assert_eq!(
                    Digits::unsigned(near).as_bytes(),
                    near.to_string().as_bytes()
                );
                let signed = near.cast_signed();
                assert_eq!(
                    Digits::signed(signed).as_bytes(),
                    signed.to_string().as_bytes()
                );
                let length = usize::try_from(near).unwrap_or(usize::MAX);
                assert_eq!(width(length), length.to_string().len());
            }
            number = number.wrapping_mul(3);
        }
        assert_eq!(Digits::signed(i64::MIN).as_bytes(), b"-9223372036854775808");
        assert_eq!(Digits::unsigned(0).as_bytes(), b"0");
    }
}
