//! Finding the end of a line.

use super::step::Step;
use super::word;
use crate::error::ErrorKind;

/// Looks for the CR LF of a text line from `from` on; `start` is where the text begins. Whole is the
/// offset of the CR. Neither CR nor LF may stand alone: whoever lets them through can be made to see
/// another reply in the middle of a text (peers differ here, some wait for ever).
#[inline]
pub(super) fn text(input: &[u8], start: usize, from: usize, limit: usize) -> Step<usize> {
    let last = start.saturating_add(limit);
    let end = input.len().min(last.saturating_add(1));
    match position(input.get(from..end).unwrap_or_default()) {
        Some(found) => match ending(input, from + found) {
            Step::Whole(_) => Step::Whole(from + found),
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

/// Offset of the first CR or LF. Eight bytes at a time: on lines of a few bytes a call into a
/// vectorised search costs more than it saves (measured: 4.5 ns a line).
#[inline]
fn position(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        if let Some(found) = word::line_end(u64::from_le_bytes(*chunk)) {
            return Some(at + found);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    let found = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
    Some(at + found)
}
