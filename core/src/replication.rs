//! How many replicas must have a grant before it counts.
//!
//! A primary answers before its replicas have heard, so that a failover may lose what it
//! has granted. `WAIT` behind a command answers how many of them have heard by now: it
//! tells, and takes nothing back. A grant that too few have heard of is no vote, and is
//! released as what a lost round has left behind.

use core::time::Duration;

use bytes::BytesMut;
use quorlock_resp::{Value, encode};

use crate::command::Verb;
use crate::config::{ConfigError, Timing};
use crate::reply::{Answer, integer};

/// Replicas that must have each grant, renewal, healing and hand-over of a node.
///
/// Which of a node's replicas they are, nobody says: a failover to another one still loses
/// the lock. It is safe from that where it asks for all of them. While they lag, each
/// command costs the connection up to `timeout`, one after the other.
///
/// [`Client`](crate::Client) does all of it. Who brings his own Redis client to a
/// [`LockSet`](crate::LockSet) sends [`encode`](Self::encode) right behind each command that
/// [`is_for`](Self::is_for), over the same connection, or behind its answer where the question
/// [`is_by_itself`](Self::is_by_itself); the vote is what [`judge`](Self::judge) makes of the
/// two answers. Where the connection ends between them it is [`Answer::Broken`].
///
/// ```
/// use quorlock_core::{Answer, Replication};
/// use quorlock_resp::Value;
///
/// let both = Replication::new(2);
/// let heard = both.count(Value::Integer(1)).unwrap();
/// let short = Answer::TooFewReplicas { got: 1, wanted: 2 };
/// assert_eq!(both.judge(Answer::Done, heard), short);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Replication {
    /// They, and the node itself, must have it on disk: `WAITAOF`, of Redis 7.2 and Valkey,
    /// with `appendonly yes`. It costs a second round trip, and unless `appendfsync` is
    /// `always` up to a second, which `timeout` and half of a lease must leave.
    pub fsync: bool,
    /// How many: 1 or more.
    pub replicas: u8,
    /// How long a node waits for them: 1 ms or more, less than
    /// [`Timing::round_timeout`].
    pub timeout: Duration,
}

impl Replication {
    /// How long a node waits unless said otherwise: 200 ms, of which a replica that keeps up
    /// takes a round trip.
    pub const TIMEOUT: Duration = Duration::from_millis(200);

    /// So many replicas, in their memory, within [`TIMEOUT`](Self::TIMEOUT).
    #[must_use]
    pub const fn new(replicas: u8) -> Self {
        Self {
            fsync: false,
            replicas,
            timeout: Self::TIMEOUT,
        }
    }

    /// Checks what can't work.
    pub(crate) fn check(self, timing: &Timing) -> Result<(), ConfigError> {
        let (timeout, round_timeout) = (self.timeout, timing.round_timeout);
        if self.replicas == 0 {
            Err(ConfigError::NoReplicas)
        } else if self.millis().is_none() || timeout >= round_timeout {
            Err(ConfigError::ReplicaTimeout {
                timeout,
                round_timeout,
            })
        } else {
            Ok(())
        }
    }

    /// Whether replicas are to hear of what the command does.
    #[must_use]
    pub const fn is_for(self, verb: Verb) -> bool {
        match verb {
            Verb::Acquire | Verb::Extend | Verb::HandOver | Verb::Heal => true,
            Verb::Arm | Verb::Listen | Verb::Release | Verb::Unlisten => false,
        }
    }

    /// Whether the question has to come in a write of its own, when the command is answered.
    ///
    /// `WAITAOF` makes the replicas tell what they have on disk. One that reads the question
    /// together with what it is about answers before it writes that to its disk, also with
    /// `appendfsync always`, and tells it a second later only (measured: 875 ms on Redis 8.2
    /// and Valkey 9.1, 1 ms in two writes).
    #[must_use]
    pub const fn is_by_itself(self) -> bool {
        self.fsync
    }

    /// Appends the question how many replicas have heard of everything before it.
    pub fn encode(self, out: &mut BytesMut) {
        // 0 would mean for ever; `check` lets none through
        let timeout = self.millis().unwrap_or(1);
        if self.fsync {
            encode::array(out, 4);
            encode::bulk(out, b"WAITAOF");
            encode::bulk(out, b"1");
        } else {
            encode::array(out, 3);
            encode::bulk(out, b"WAIT");
        }
        encode::bulk_integer(out, i64::from(self.replicas));
        encode::bulk_integer(out, i64::from(timeout));
    }

    /// The same question, for nobody to be waited for: it tells whether it can be asked.
    pub(crate) const fn trial(self) -> &'static [&'static [u8]] {
        if self.fsync {
            &[b"WAITAOF", b"1", b"0", b"1"]
        } else {
            &[b"WAIT", b"0", b"1"]
        }
    }

    /// How many replicas have heard, as the answer says; an error tells of none. `None`: the
    /// question is not answered so.
    #[must_use]
    pub fn count(self, reply: Value<'_>) -> Option<u32> {
        if matches!(reply, Value::Error(_) | Value::BulkError(_)) {
            return Some(0);
        }
        let heard = if self.fsync {
            let Value::Array(mut items) = reply else {
                return None;
            };
            let (local, replicas) = (integer(items.next()?)?, integer(items.next()?)?);
            if local > 0 { replicas } else { 0 }
        } else {
            integer(reply)?
        };
        Some(u32::try_from(heard).unwrap_or(0))
    }

    /// What a node's answer is worth when so many replicas have heard of it. Only grants
    /// become less.
    #[must_use]
    pub fn judge(self, answer: Answer, got: u32) -> Answer {
        let wanted = u32::from(self.replicas);
        if let Answer::HandedOver(mut both) = answer {
            both.1 = self.judge(both.1, got);
            Answer::HandedOver(both)
        } else if answer == Answer::Done && got < wanted {
            Answer::TooFewReplicas { got, wanted }
        } else {
            answer
        }
    }

    fn millis(self) -> Option<u32> {
        u32::try_from(self.timeout.as_millis())
            .ok()
            .filter(|millis| *millis > 0)
    }
}
