//! Questions that a session asks by itself: those of a handshake, and of comparisons.

use alloc::collections::VecDeque;

use bytes::BytesMut;
use quorlock_resp::{Value, encode};

use super::compare::{CompareEnd, CompareStep, Comparisons};
use super::{Expected, Question};
use crate::handshake::{Questions, Step};
use crate::time::Instant;

/// Where the questions of a handshake, or of a comparison, go.
pub(super) struct Outgoing<'a, T> {
    pub(super) now: Instant,
    pub(super) queue: &'a mut VecDeque<Expected<T>>,
    pub(super) out: &'a mut BytesMut,
    pub(super) untaken: &'a mut usize,
}

impl<T> Outgoing<'_, T> {
    /// A comparison goes on, or ends and the next one begins.
    pub(super) fn compare<'a>(
        &mut self,
        comparisons: &mut Comparisons<T>,
        step: CompareStep,
        reply: Value<'a>,
    ) -> Option<(T, Value<'a>)> {
        let (steps, end) = comparisons.handle_reply(step, reply, self.out);
        self.expect(steps);
        let value = match end? {
            CompareEnd::Code(code) => Value::Integer(code),
            CompareEnd::Error(error) => error,
        };
        let ended = comparisons.finish().map(|ticket| (ticket, value));
        let steps = comparisons.begin(self.out);
        self.expect(steps);
        ended
    }

    /// The answers to the questions of a comparison that were just written come next.
    pub(super) fn expect(&mut self, steps: &[CompareStep]) {
        *self.untaken += steps.len();
        self.queue.extend(steps.iter().map(|step| Expected {
            sent: self.now,
            question: Question::Compare(*step),
        }));
    }
}

impl<T> Questions for Outgoing<'_, T> {
    fn ask(&mut self, step: Step, command: &[&[u8]]) {
        encode::command(self.out, command);
        *self.untaken += 1;
        self.queue.push_back(Expected {
            sent: self.now,
            question: Question::Handshake(step),
        });
    }
}
