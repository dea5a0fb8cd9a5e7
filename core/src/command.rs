//! What goes over the wire: commands out, answers in.

use bytes::{Bytes, BytesMut};
use core::time::Duration;

use quorlock_resp::{Value, encode};

use crate::event::Problem;
use crate::node::NodeSet;
use crate::owner::Owner;
use crate::script::{self, Script};
use crate::server_error::ServerError;
use crate::slab::Id;
use crate::validity::Ttl;

/// Which question a reply answers. Comes back with the answer, unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) id: Id,
    pub(crate) round: u32,
    pub(crate) verb: Verb,
}

/// What a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Take the lock where it is free.
    Acquire,
    /// Renew the lease where it is ours.
    Extend,
    /// Take the lock again on a node that has lost it, while it is held elsewhere.
    Heal,
    /// Delete the key where it is ours.
    Release,
}

/// One command for several nodes; it is the same for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// To be handed back with each node's answer.
    pub ticket: Ticket,
    /// The nodes to send it to.
    pub to: NodeSet,
    /// The key, `KEYS[1]`.
    pub key: Bytes,
    /// The owner, `ARGV[1]`.
    pub owner: Owner,
    /// The lease, `ARGV[2]`; a release does not send it.
    pub ttl: Ttl,
    /// Send the script's text (`EVAL`) instead of its digest (`EVALSHA`): the
    /// server has answered `NOSCRIPT`.
    pub full_text: bool,
}

impl Command {
    /// What the command asks for.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.ticket.verb
    }

    /// The script that does it.
    #[must_use]
    pub const fn script(&self) -> Script {
        match self.ticket.verb {
            Verb::Acquire | Verb::Heal => script::ACQUIRE,
            Verb::Extend => script::EXTEND,
            Verb::Release => script::RELEASE,
        }
    }

    /// Appends the command in RESP.
    pub fn encode(&self, out: &mut BytesMut) {
        let script = self.script();
        let (name, body) = if self.full_text {
            (&b"EVAL"[..], script.text)
        } else {
            (&b"EVALSHA"[..], script.sha)
        };
        let owner = self.owner.text();
        let head = [name, body.as_bytes(), b"1", &self.key, &owner];
        if self.ticket.verb == Verb::Release {
            encode::command(out, &head);
        } else {
            encode::array(out, head.len() + 1);
            for argument in head {
                encode::bulk(out, argument);
            }
            encode::bulk_integer(out, i64::from(self.ttl.as_millis()));
        }
    }
}

/// What a node said, or that it will not say it any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Extend: the key is gone. Release: the key was gone.
    Absent,
    /// The connection ended before the answer came: the command may have been
    /// executed, may still be, or not.
    Broken,
    /// Extend: the lease was renewed. Acquire, heal: granted. Release: deleted.
    Done,
    /// The server answered with an error.
    Failed(ServerError),
    /// Another owner has the key, for this long at most; `None`: it has no TTL, or
    /// the answer does not tell.
    Foreign(Option<Duration>),
    /// The command was never sent: the node is not connected, or overloaded.
    Unsent(Problem),
}

/// A reply that is not one of the script's: the connection can't be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reply to {verb:?} that the script can't give")]
pub struct UnexpectedReply {
    /// The command that it answered.
    pub verb: Verb,
}

impl Answer {
    /// Reads the reply to a command.
    ///
    /// # Errors
    /// Where no script of ours answers so.
    pub fn read(verb: Verb, reply: Value<'_>) -> Result<Self, UnexpectedReply> {
        let unexpected = UnexpectedReply { verb };
        if let Value::Error(line) | Value::BulkError(line) = reply {
            return Ok(Self::Failed(ServerError::new(line)));
        }
        let (code, left) = match verb {
            Verb::Release => (integer(reply).ok_or(unexpected)?, -1),
            Verb::Acquire | Verb::Extend | Verb::Heal => code_and_value(reply).ok_or(unexpected)?,
        };
        let foreign = Self::Foreign(u64::try_from(left).ok().map(Duration::from_millis));
        match (verb, code) {
            (_, 1) => Ok(Self::Done),
            (Verb::Acquire | Verb::Heal, 0) | (Verb::Extend | Verb::Release, -1) => Ok(foreign),
            (Verb::Extend | Verb::Release, 0) => Ok(Self::Absent),
            _ => Err(unexpected),
        }
    }
}

fn integer(value: Value<'_>) -> Option<i64> {
    if let Value::Integer(number) = value {
        Some(number)
    } else {
        None
    }
}

/// Reads `{code, value, server time in µs}`.
fn code_and_value(reply: Value<'_>) -> Option<(i64, i64)> {
    let Value::Array(mut items) = reply else {
        return None;
    };
    let mut next = || items.next().and_then(integer);
    let (code, value, _server_us) = (next()?, next()?, next()?);
    items.next().is_none().then_some((code, value))
}
