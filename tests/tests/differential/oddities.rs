//! Arguments that programs send by mistake: numbers that are none, names with odd bytes.

use fastrand::Rng;

/// Numbers on the edges, and texts that some parser takes for a number.
const NUMBERS: [&str; 26] = [
    "",
    "0",
    "-0",
    "-1",
    "+5",
    "05",
    "x",
    "1x",
    " 10",
    "10 ",
    "1.5",
    "1e3",
    "1e9",
    "0x10",
    "0x1p20",
    "inf",
    "-inf",
    "nan",
    "nan(1)",
    "-5000",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "92233720368547758070",
    "9223370000000000000",
    "9223372036854775",
];

/// A number that is likely wrong.
pub(crate) fn number(rng: &mut Rng) -> Vec<u8> {
    NUMBERS[rng.usize(..NUMBERS.len())].into()
}

/// Bytes that a client could put anywhere. No NUL: a real server reads option names up to there.
pub(crate) fn word(rng: &mut Rng) -> Vec<u8> {
    let length = rng.usize(..150);
    (0..length)
        .map(|_| {
            if rng.u8(..4) == 0 {
                rng.u8(1..)
            } else {
                rng.u8(b'a'..b'e')
            }
        })
        .collect()
}

/// A pattern with more than its share of what is special in patterns.
pub(crate) fn pattern(rng: &mut Rng) -> Vec<u8> {
    const BYTES: &[u8] = b"**?[]^-\\abklo";
    (0..rng.usize(..7))
        .map(|_| BYTES[rng.usize(..BYTES.len())])
        .collect()
}
