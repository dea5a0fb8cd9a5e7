//! Comparing and acting in one, on a server that can't and for a user without scripts.
//!
//! ```text
//! WATCH key, GET key ──> ours: MULTI, the act, EXEC ──> done, or nothing if the key was
//!   │                                                   touched meanwhile: once more
//!   └─> not ours: UNWATCH
//! ```
//!
//! `EXEC` ends every watch of a connection, so that one comparison is held at a time and
//! the others wait for it.

use alloc::collections::VecDeque;
use bytes::{Bytes, BytesMut};

use quorlock_resp::{Value, encode};

/// Touched so often in a row, the key is given up: an error that passes.
const TRIES: u8 = 8;

/// What to do with a key that has the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Delete,
    /// Let it expire after so many ms.
    Expire(u32),
}

/// An act that depends on a key's value.
#[derive(Debug)]
pub(crate) struct Comparison<T> {
    pub(crate) ticket: T,
    pub(crate) key: Bytes,
    pub(crate) value: Bytes,
    pub(crate) act: Act,
    tries: u8,
}

/// A question of a comparison, by which its answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareStep {
    Exec,
    Get,
    /// Its answer changes nothing; what is wrong comes again behind it.
    Other,
}

/// How a comparison ended: 1 done, 0 the key is gone, -1 it has another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareEnd<'a> {
    Code(i64),
    Error(Value<'a>),
}

/// The comparisons of one connection: one is held, the others wait.
#[derive(Debug)]
pub(crate) struct Comparisons<T> {
    queue: VecDeque<Comparison<T>>,
}

impl<T> Comparison<T> {
    pub(crate) const fn new(ticket: T, key: Bytes, value: Bytes, act: Act) -> Self {
        Self {
            ticket,
            key,
            value,
            act,
            tries: 0,
        }
    }
}

impl<T> Comparisons<T> {
    pub(crate) const fn new() -> Self {
        Self {
            queue: VecDeque::new(),
        }
    }

    /// Adds one. True when it is its turn: [`begin`](Self::begin) is to be called.
    pub(crate) fn push(&mut self, comparison: Comparison<T>) -> bool {
        self.queue.push_back(comparison);
        self.queue.len() == 1
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Writes the first questions of the one whose turn it is.
    pub(crate) fn begin(&self, out: &mut BytesMut) -> &'static [CompareStep] {
        let Some(comparison) = self.queue.front() else {
            return &[];
        };
        encode::command(out, &[b"WATCH", &comparison.key]);
        encode::command(out, &[b"GET", &comparison.key]);
        &[CompareStep::Other, CompareStep::Get]
    }

    /// Takes an answer: writes what to ask next, or tells the end.
    pub(crate) fn handle_reply<'a>(
        &mut self,
        step: CompareStep,
        reply: Value<'a>,
        out: &mut BytesMut,
    ) -> (&'static [CompareStep], Option<CompareEnd<'a>>) {
        let Some(comparison) = self.queue.front_mut() else {
            return (&[], None);
        };
        match (step, reply) {
            (CompareStep::Other, _) => (&[], None),
            (CompareStep::Get, Value::Bulk(value)) if value == comparison.value => {
                encode::command(out, &[b"MULTI"]);
                match comparison.act {
                    Act::Delete => encode::command(out, &[b"DEL", &comparison.key]),
                    Act::Expire(millis) => {
                        encode::array(out, 3);
                        encode::bulk(out, b"PEXPIRE");
                        encode::bulk(out, &comparison.key);
                        encode::bulk_integer(out, i64::from(millis));
                    }
                }
                encode::command(out, &[b"EXEC"]);
                (
                    &[CompareStep::Other, CompareStep::Other, CompareStep::Exec],
                    None,
                )
            }
            (CompareStep::Get, reply) => {
                encode::command(out, &[b"UNWATCH"]);
                let end = if reply == Value::Null {
                    CompareEnd::Code(0)
                } else if matches!(reply, Value::Bulk(_)) {
                    CompareEnd::Code(-1)
                } else {
                    CompareEnd::Error(reply)
                };
                (&[CompareStep::Other], Some(end))
            }
            (CompareStep::Exec, Value::Null) => {
                comparison.tries += 1;
                if comparison.tries < TRIES {
                    return (self.begin(out), None);
                }
                let error = Value::Error(b"TRYAGAIN the key was touched again and again");
                (&[], Some(CompareEnd::Error(error)))
            }
            (CompareStep::Exec, Value::Array(mut items)) => match items.next() {
                Some(Value::Integer(done)) => (&[], Some(CompareEnd::Code(done.clamp(0, 1)))),
                other => (&[], Some(CompareEnd::Error(other.unwrap_or(Value::Null)))),
            },
            (CompareStep::Exec, other) => (&[], Some(CompareEnd::Error(other))),
        }
    }

    /// The one whose turn it was has ended.
    pub(crate) fn finish(&mut self) -> Option<T> {
        self.queue.pop_front().map(|comparison| comparison.ticket)
    }

    /// The connection has ended: all of them, in order.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = T> + use<T> {
        let queue = core::mem::take(&mut self.queue);
        queue.into_iter().map(|comparison| comparison.ticket)
    }
}
