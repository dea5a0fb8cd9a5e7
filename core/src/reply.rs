//! What nodes answer, and how it is read.

use alloc::boxed::Box;
use core::time::Duration;

use quorlock_resp::Value;

use crate::command::Verb;
use crate::dialect::{Dialect, read_native};
use crate::problem::Problem;
use crate::server_error::ServerError;

/// What a node said, or that it will not say it any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Extend: the key is gone. Release: the key was gone.
    Absent,
    /// Acquire: the lock is free, but another one's turn is earlier, whose place in the
    /// queue ends in this long.
    Behind(Duration),
    /// The connection ended before the answer came: the command may have been
    /// executed, may still be, or not.
    Broken,
    /// Extend: the lease was renewed. Acquire, heal: granted. Release: deleted. Arm:
    /// the node votes. Listen, unlisten: from now on.
    Done,
    /// The server answered with an error.
    Failed(ServerError),
    /// Hand over: what a release and an acquire would have been answered.
    HandedOver(Box<(Answer, Answer)>),
    /// Another owner has the key, for this long at most; `None`: it has no TTL, or
    /// the answer does not tell.
    Foreign(Option<Duration>),
    /// Acquire: executed after its deadline, and refused.
    Late,
    /// Arm: the node is armed for another longest lease, in milliseconds.
    OtherMaxTtl(u64),
    /// Acquire: the token is not above the node's counter, which is this.
    Outbid(u64),
    /// Arm: the node does not vote for this long yet.
    Quarantined(Duration),
    /// Acquire, extend, heal: done, but not so many replicas have heard of it in time as
    /// must. The node is as after `Done`, and has no vote.
    TooFewReplicas {
        /// Replicas that have.
        got: u32,
        /// Replicas that must.
        wanted: u32,
    },
    /// Acquire: the token is too far ahead of the node's clock and counter.
    TooFarAhead,
    /// Acquire: the guard is missing, or belongs to another life of the server.
    Unguarded,
    /// The command was never sent: the node is not connected, or overloaded.
    Unsent(Problem),
}

/// A reply, read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reply {
    /// The vote.
    pub answer: Answer,
    /// The server's clock when it executed the command, in µs since 1970, where the
    /// reply tells.
    pub server_us: Option<u64>,
}

/// A reply that none of our commands is given: the connection can't be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reply to {verb:?} that no command of ours is given")]
pub struct UnexpectedReply {
    /// The command that it answered.
    pub verb: Verb,
}

impl Reply {
    /// Reads the reply to a command.
    ///
    /// # Errors
    /// Where none of our commands is answered so.
    pub fn read(verb: Verb, dialect: Dialect, reply: Value<'_>) -> Result<Self, UnexpectedReply> {
        if let Value::Error(line) | Value::BulkError(line) = reply {
            return Ok(Self {
                answer: Answer::Failed(ServerError::new(line)),
                server_us: None,
            });
        }
        let unexpected = UnexpectedReply { verb };
        if matches!(verb, Verb::Listen | Verb::Unlisten) {
            let pushed = matches!(reply, Value::Push(_));
            let answer = pushed.then_some(Answer::Done).ok_or(unexpected)?;
            return Ok(Self {
                answer,
                server_us: None,
            });
        }
        if dialect != Dialect::Script {
            let answer = read_native(verb, reply).ok_or(unexpected)?;
            return Ok(Self {
                answer,
                server_us: None,
            });
        }
        if verb == Verb::HandOver {
            return read_hand_over(reply).ok_or(unexpected);
        }
        let read = if verb == Verb::Release {
            integer(reply).map(|code| (code, -1, None))
        } else {
            code_and_value(reply)
        };
        let (code, value, server_us) = read.ok_or(unexpected)?;
        let answer = answer(verb, code, value).ok_or(unexpected)?;
        Ok(Self { answer, server_us })
    }
}

/// Reads `{code, value, server time in µs, released}`.
fn read_hand_over(reply: Value<'_>) -> Option<Reply> {
    let Value::Array(mut items) = reply else {
        return None;
    };
    let mut next = || items.next().and_then(integer);
    let (code, value, server_us, released) = (next()?, next()?, next()?, next()?);
    let released = answer(Verb::Release, released, -1)?;
    let acquired = answer(Verb::Acquire, code, value)?;
    items.next().is_none().then(|| Reply {
        answer: Answer::HandedOver(Box::new((released, acquired))),
        server_us: u64::try_from(server_us).ok(),
    })
}

/// What the scripts mean by their codes.
fn answer(verb: Verb, code: i64, value: i64) -> Option<Answer> {
    let number = u64::try_from(value).ok();
    let span = number.map(Duration::from_millis);
    Some(match (verb, code) {
        (_, 1) => Answer::Done,
        (Verb::Acquire | Verb::Heal, 0) | (Verb::Extend | Verb::Release, -1) => {
            Answer::Foreign(span)
        }
        (Verb::Extend | Verb::Release, 0) => Answer::Absent,
        (Verb::Acquire, -1) => Answer::Unguarded,
        (Verb::Acquire, -3) => Answer::Late,
        (Verb::Acquire, -4) => Answer::Outbid(number?),
        (Verb::Acquire, -5) => Answer::TooFarAhead,
        (Verb::Acquire, -6) => Answer::Behind(span?),
        (Verb::Arm, -1) => Answer::Quarantined(span?),
        (Verb::Arm, -2) => Answer::OtherMaxTtl(number?),
        _ => return None,
    })
}

pub(crate) fn integer(value: Value<'_>) -> Option<i64> {
    if let Value::Integer(number) = value {
        Some(number)
    } else {
        None
    }
}

/// Reads `{code, value, server time in µs}`.
fn code_and_value(reply: Value<'_>) -> Option<(i64, i64, Option<u64>)> {
    let Value::Array(mut items) = reply else {
        return None;
    };
    let mut next = || items.next().and_then(integer);
    let (code, value, server_us) = (next()?, next()?, next()?);
    let whole = items.next().is_none();
    whole.then_some((code, value, u64::try_from(server_us).ok()))
}
