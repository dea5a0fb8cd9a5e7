//! Finding the end of a line.

use super::step::Step;
use crate::error::ErrorKind;

/// Looks for the CR LF of a text line from `from` on; `start` is where the text begins. Whole is the
/// offset of the CR. Neither CR nor LF may stand alone: whoever lets them through can be made to see
/// another reply in the middle of a text (peers differ here, some wait for ever).
#[inline]
pub(super) fn text(input: &[u8], start: usize, from: usize, limit: usize) -> Step<usize> {
    let last = start.saturating_add(limit);
    match control(input, from, last) {
        Some(cr) => match ending(input, cr) {
            Step::Whole(_) => Step::Whole(cr),
            Step::More => Step::More,
            Step::Fail(kind, offset) => Step::Fail(kind, offset),
        },
        None if input.len() > last => Step::Fail(ErrorKind::LineLimit, start.saturating_sub(1)),
        None => Step::More,
    }
}

/// Expects CR LF at `at`; whole is the offset behind it.
#[inline]
pub(super) fn ending(input: &[u8], at: usize) -> Step<usize> {
    match input.get(at..).unwrap_or_default() {
        [b'\r', b'\n', ..] => Step::Whole(at + 2),
        [] | [b'\r'] => Step::More,
        [b'\r', ..] => Step::Fail(ErrorKind::Terminator, at + 1),
        [..] => Step::Fail(ErrorKind::Terminator, at),
    }
}

/// Offset of the first CR or LF in `from..=last`.
#[inline]
pub(super) fn control(input: &[u8], from: usize, last: usize) -> Option<usize> {
    let end = input.len().min(last.saturating_add(1));
    let window = input.get(from..end)?;
    window
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))
        .map(|found| from + found)
}
