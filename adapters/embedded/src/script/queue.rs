//! The queue of those who wait for a lock, as `acquire_fair.lua` and `release_fair.lua` read it.

use super::lua_number;

/// Bytes of a place: a turn, a colon, when it ends.
const LEN: usize = 83;
const TURN: usize = 66;

/// One place in a queue, or what the text has instead of one.
pub(super) struct Place<'q> {
    pub(super) text: &'q [u8],
    pub(super) turn: &'q [u8],
    /// The server's time in microseconds.
    pub(super) till: f64,
}

/// Every place of a queue.
pub(super) fn places(queue: &[u8]) -> impl Iterator<Item = Place<'_>> {
    queue.chunks(LEN).map(|text| Place {
        text,
        turn: text.get(..TURN).unwrap_or(text),
        till: text
            .get(TURN + 1..)
            .and_then(lua_number::parse)
            .unwrap_or(0.0),
    })
}

/// A place as it is written.
pub(super) fn write(turn: &[u8], till: f64) -> Vec<u8> {
    [turn, b":", lua_number::padded(till).as_bytes()].concat()
}
