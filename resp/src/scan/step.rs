//! How far one piece of input could be read.

use crate::error::ErrorKind;

/// The outcome of reading on in input that may end anywhere.
///
/// A reader decides from the left and never takes back: `Fail` names the first byte that cannot be,
/// so that the verdict does not depend on how much more has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<T> {
    Whole(T),
    /// Everything that is there fits; more bytes decide.
    More,
    /// Not RESP: why, and the offset in the input.
    Fail(ErrorKind, usize),
}

/// How far a frame could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Everything so far is read, and more may be there.
    Open,
    /// It ends in the middle of a value, or is not RESP.
    Stuck,
    Whole,
}
