//! The inner loop: one usual value after the other, as long as they are whole.

use super::level::Filled;
use super::step::Progress;
use super::{Scanner, usual, word};
use crate::tape::Tag;

impl Scanner {
    /// Takes values and headers of the [usual] forms from `at` on. The frame stays open when the value at
    /// `at` has another form, or is not whole, or is not RESP.
    #[inline]
    pub(super) fn run(&mut self, input: &[u8]) -> Progress {
        if !self.roomy || !self.nest.is_plain() {
            Progress::Open
        } else if self.nest.keeps() {
            self.run_usual::<true>(input)
        } else {
            self.run_usual::<false>(input)
        }
    }

    /// The loop of [`run`](Self::run), once for a tape that keeps what is complete and once for one that
    /// does not.
    #[inline]
    fn run_usual<const KEEP: bool>(&mut self, input: &[u8]) -> Progress {
        // What is whole within the longest frame can't make the frame too long.
        let input = input.get(..self.limits.frame).unwrap_or(input);
        // So the loop knows where the last word begins, and in less there is little to gain.
        if input.len() < word::WIDTH {
            return Progress::Open;
        }
        let mut level = self.nest.level;
        let begin = self.at;
        let mut at = begin;
        // Text that was stepped over without a look at it.
        let mut unseen = 0;
        loop {
            let head = word::load_at(input, at);
            let value = if head & 0xff == u64::from(b':') {
                usual::integer(head, input, at)
            } else {
                match word::first(head) {
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
                    first => {
                        let tag = match first {
                            b'*' => Tag::Array,
                            b'%' => Tag::Map,
                            b'~' => Tag::Set,
                            b'>' => Tag::Push,
                            _ => break,
                        };
                        let Some((count, len)) = usual::header(head) else {
                            break;
                        };
                        let children = count << u32::from(tag.is_paired());
                        let elements = self.nest.elements + children as usize;
                        if children == 0
                            || level.depth >= self.limits.depth
                            || elements > self.limits.elements
                        {
                            break;
                        }
                        level.open(&mut self.nest.tape, tag, children);
                        self.nest.elements = elements;
                        at += len;
                        continue;
                    }
                }
            };
            let Some(value) = value else {
                break;
            };
            if KEEP {
                self.nest.tape.push(value.node);
            }
            match level.fill(&mut self.nest.tape, KEEP) {
                Filled::Open => at += value.len,
                Filled::Odd => {
                    self.nest.level = level;
                    if let Err(kind) = self.nest.filled_odd(&self.limits) {
                        return self.fail(kind, at);
                    }
                    level = self.nest.level;
                    at += value.len;
                    break;
                }
                Filled::Whole => {
                    at += value.len;
                    self.examine(at - begin - unseen);
                    self.at = at;
                    return Progress::Whole;
                }
            }
        }
        self.nest.level = level;
        self.examine(at - begin - unseen);
        self.at = at;
        Progress::Open
    }
}
