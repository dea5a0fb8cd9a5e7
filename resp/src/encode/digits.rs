//! Decimal digits of a 64-bit integer, without formatting machinery.

/// The decimal form of a number, right-aligned in three words of eight digits.
pub(super) struct Digits {
    words: [[u8; 8]; 3],
    start: usize,
}

/// Every digit of eight, in ASCII.
const ZEROES: u64 = 0x3030_3030_3030_3030;
/// 10 to the power of 8.
pub(super) const EIGHT_DIGITS: u64 = 100_000_000;

impl Digits {
    #[inline]
    pub(super) fn signed(number: i64) -> Self {
        let mut digits = Self::unsigned(number.unsigned_abs());
        if number < 0 {
            // 19 digits at most, so there is room in front of them.
            digits.start -= 1;
            if let Some(place) = digits.words.as_flattened_mut().get_mut(digits.start) {
                *place = b'-';
            }
        }
        digits
    }

    /// Characters that [`signed`](Self::signed) makes of a number.
    #[inline]
    pub(super) fn len_of(number: i64) -> usize {
        usize::from(number < 0) + wide(number.unsigned_abs())
    }

    #[inline]
    pub(super) fn unsigned(number: u64) -> Self {
        let low = values(number % EIGHT_DIGITS);
        let above = number / EIGHT_DIGITS;
        if above == 0 {
            // Zero has one digit.
            let zeros = (low.trailing_zeros() / 8).min(7);
            return Self::new(0, 0, low, 16 + zeros as usize);
        }
        let middle = values(above % EIGHT_DIGITS);
        let high = values(above / EIGHT_DIGITS);
        let zeros = if high == 0 {
            8 + middle.trailing_zeros() / 8
        } else {
            high.trailing_zeros() / 8
        };
        Self::new(high, middle, low, zeros as usize)
    }

    #[inline]
    fn new(high: u64, middle: u64, low: u64, start: usize) -> Self {
        let words = [high, middle, low].map(|word| (word + ZEROES).to_le_bytes());
        Self { words, start }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.words
            .as_flattened()
            .get(self.start..)
            .unwrap_or_default()
    }
}

/// The values of the eight digits of a number below 10^8, one per byte, the first of them lowest: halves, quarters
/// and digits are divided side by side in one register (the inverse of reading eight digits at once).
#[inline]
const fn values(number: u64) -> u64 {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    // x / 100 for x < 10,000, in both halves.
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let quarters = hundreds | ((halves - 100 * hundreds) << 16);
    // x / 10 for x < 100, in all quarters.
    let tens = ((quarters * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((quarters - 10 * tens) << 8)
}

/// The eight digits of a number below 10^8 in one word, the first of them lowest.
#[inline]
pub(super) const fn eight(number: u64) -> u64 {
    values(number) + ZEROES
}

/// How many decimal digits a length has. Short lengths by branches: they are predicted well.
#[inline]
pub(super) const fn width(number: usize) -> usize {
    wide(number as u64)
}

#[inline]
const fn wide(number: u64) -> usize {
    match number {
        0..=9 => 1,
        10..=99 => 2,
        100..=999 => 3,
        _ => number.ilog10() as usize + 1,
    }
}

/// A number below 10^8 in one word, the first digit lowest, and how many digits there are.
#[inline]
pub(super) const fn word(number: u64) -> (u64, usize) {
    let digits = values(number);
    // Zero has one digit.
    let zeros = (digits | 1 << 63).trailing_zeros() / 8;
    ((digits + ZEROES) >> (8 * zeros), 8 - zeros as usize)
}

#[cfg(test)]
mod tests {
    use super::{Digits, width};
    use alloc::string::ToString;

    #[test]
    fn every_number_of_four_digits_in_every_place() {
        for number in 0..10_000_u64 {
            for power in [1, 10_000, 100_000_000, 1_000_000_000_000] {
                let number = number * power + power / 3;
                assert_eq!(
                    Digits::unsigned(number).as_bytes(),
                    number.to_string().as_bytes()
                );
            }
        }
    }

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
                assert_eq!(Digits::len_of(signed), signed.to_string().len());
                let length = usize::try_from(near).unwrap_or(usize::MAX);
                assert_eq!(width(length), length.to_string().len());
            }
            number = number.wrapping_mul(3);
        }
        assert_eq!(Digits::signed(i64::MIN).as_bytes(), b"-9223372036854775808");
        assert_eq!(Digits::unsigned(0).as_bytes(), b"0");
    }
}
