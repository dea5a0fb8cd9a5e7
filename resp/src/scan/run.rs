//! The inner loop: one usual value after the other, as long as they are whole.

use super::{Scanner, usual, word};
use crate::error::ErrorKind;
use crate::tape::Tag;

impl Scanner {
    /// Takes values and headers of the [usual] forms from `at` on. True when one completes the frame;
    /// false when the value at `at` has another form, or is not whole, or is not RESP.
    pub(super) fn run(&mut self, input: &[u8]) -> Result<bool, ErrorKind> {
        if !self.roomy || !self.nest.is_plain() {
            return Ok(false);
        }
        // What is whole within the longest frame can't make the frame too long.
        let input = input.get(..self.limits.frame).unwrap_or(input);
        let begin = self.at;
        let mut at = begin;
        // Text that was stepped over without a look at it.
        let mut unseen = 0;
        let whole = 'values: loop {
            let head = word::load_at(input, at);
            let (tag, slots) = 'header: {
                let value = match word::first(head) {
                    b':' => usual::integer(head, input, at),
                    b'$' => {
                        let bulk = usual::bulk(head, input, at);
                        unseen += bulk.map_or(0, |bulk| bulk.unseen());
                        bulk
                    }
                    b'+' => usual::line(Tag::Simple, head, input, at),
                    b'-' => usual::line(Tag::Error, head, input, at),
                    b',' => usual::double(head),
                    b'_' => usual::null(head),
                    b'#' => usual::boolean(head),
                    b'*' => break 'header (Tag::Array, 1),
                    b'%' => break 'header (Tag::Map, 2),
                    b'~' => break 'header (Tag::Set, 1),
                    b'>' => break 'header (Tag::Push, 1),
                    _ => break 'values false,
                };
                let Some(value) = value else {
                    break 'values false;
                };
                self.nest.push(value.node);
                if self.nest.fill_one() {
                    at += value.len;
                    continue 'values;
                }
                self.at = at;
                let whole = self.nest.filled_last(&self.limits)?;
                at += value.len;
                if whole || !self.nest.is_plain() {
                    break 'values whole;
                }
                continue 'values;
            };
            let Some((count, len)) = usual::header(head) else {
                break false;
            };
            if !self.nest.open_within(tag, count * slots, &self.limits) {
                break false;
            }
            at += len;
        };
        self.examine(at - begin - unseen);
        self.at = at;
        Ok(whole)
    }
}
