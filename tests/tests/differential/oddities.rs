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

/// Guards that look almost like those that `arm` writes.
const GUARDS: [&str; 14] = [
    "A:f00d",
    "A:f00d:40 ",
    "A:f00d:40:7",
    "A:f00d:40:7:8",
    "Q::40:1",
    "Q:f0-d:40:1",
    "Q:f00d:040:1",
    "Q:f00d:40:",
    "Q:f00d:40::1",
    "Q:f00d:40:1700000000000000",
    "Q:f00d:40:99999999999999999999",
    "Q:f00d::1",
    "X:f00d:40",
    "q:f00d:40:1",
];

/// A guard that is likely wrong.
pub(crate) fn guard(rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..10) == 0 {
        // A lease beyond every number.
        return ["Q:f00d:", &"9".repeat(400), ":1"].concat().into();
    }
    GUARDS[rng.usize(..GUARDS.len())].into()
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
