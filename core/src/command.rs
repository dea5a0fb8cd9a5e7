//! What goes over the wire to the nodes; what comes back is in `reply.rs`.

mod several;

use bytes::BytesMut;
use core::time::Duration;

use quorlock_resp::encode;

use crate::channel::{SHARDED, encode_channel};
use crate::dialect::{Dialect, encode_native};
use crate::facts::RunId;
use crate::fairness::Queueing;
use crate::guard::GUARD_KEY;
use crate::keys::Keys;
use crate::node::NodeSet;
use crate::owner::Owner;
use crate::script::{self, Script};
use crate::slab::Id;
use crate::time::Instant;
use crate::token::{FencingToken, encode_counter_key};
use crate::turn::encode_queue_key;
use crate::validity::Ttl;

/// Which question a reply answers. Comes back with the answer, unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub(crate) id: Id,
    pub(crate) round: u32,
    pub(crate) verb: Verb,
    /// About several keys, by a script in any case.
    pub(crate) several: bool,
    /// The release that a hand-over does as well.
    pub(crate) from: Option<Id>,
}

/// What a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Take the lock where it is free.
    Acquire,
    /// Let the node vote, if its memory is whole ([`RestartGuard::Strict`](crate::RestartGuard)).
    Arm,
    /// Renew the lease where it is ours.
    Extend,
    /// Release it for one owner, and take it for another one, in one.
    HandOver,
    /// Take the lock again on a node that has lost it, while it is held elsewhere.
    Heal,
    /// Tell from now on when the lock is free.
    Listen,
    /// Delete the key where it is ours.
    Release,
    /// Do not tell it any more.
    Unlisten,
}

/// One command for several nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Command {
    /// To be handed back with each node's answer.
    pub ticket: Ticket,
    /// The nodes to send it to.
    pub to: NodeSet,
    /// What is locked, the first of `KEYS`.
    pub keys: Keys,
    /// The owner, `ARGV[1]`; an arm does not send it.
    pub owner: Owner,
    /// Who gives the lock back in a hand-over.
    pub giver: Option<Owner>,
    /// What it says to the queue of those who wait, where there is one.
    pub queue: Option<Queueing>,
    /// The lease; a release does not send it.
    pub ttl: Ttl,
    /// The fencing token that an acquire asks for.
    pub token: Option<FencingToken>,
    /// An acquire that is executed later than this is of no use to anybody.
    pub give_up: Instant,
    /// Behind `ASKING`: the key's slot is on its way to the node.
    pub asking: bool,
    /// Send the script's text (`EVAL`) instead of its digest (`EVALSHA`): the
    /// server has answered `NOSCRIPT`.
    pub full_text: bool,
}

/// What one node is told in a command and another one is not; see
/// [`LockSet::terms`](crate::LockSet::terms).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    pub(crate) dialect: Dialect,
    /// Under the guard of this life of the server, and of no other.
    pub(crate) life: Option<RunId>,
    /// The longest lease of the deployment.
    pub(crate) max_ttl: Ttl,
    /// Not later than this in the server's clock, µs.
    pub(crate) not_after: Option<u64>,
    /// How long the node keeps its counter of tokens.
    pub(crate) retention: Duration,
    /// Channels are those of their hash slot (`SSUBSCRIBE`): only the nodes that have the
    /// slot are told.
    pub(crate) sharded: bool,
}

impl Command {
    /// What the command asks for.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.ticket.verb
    }

    /// The script that does it; `None` where a plain command does.
    #[must_use]
    pub const fn script(&self) -> Option<Script> {
        if self.ticket.several {
            return self.script_for_several();
        }
        match self.ticket.verb {
            Verb::Acquire if self.queue.is_some() => Some(script::ACQUIRE_FAIR),
            Verb::Acquire | Verb::Heal => Some(script::ACQUIRE),
            Verb::Arm => Some(script::ARM),
            Verb::Extend => Some(script::EXTEND),
            Verb::HandOver => Some(script::HANDOVER),
            Verb::Listen | Verb::Unlisten => None,
            Verb::Release if self.queue.is_some() => Some(script::RELEASE_FAIR),
            Verb::Release => Some(script::RELEASE),
        }
    }

    /// Appends the command in RESP. `terms` are those of the node that it goes to, at
    /// the time when it goes out.
    ///
    /// In the dialect [`Transaction`](Dialect::Transaction) this is for what needs no
    /// comparison: acquire and heal. The others are a conversation, which
    /// [`Session::send_compared`](crate::Session::send_compared) holds.
    pub fn encode(&self, terms: &Terms, out: &mut BytesMut) {
        let listens = match (self.verb(), terms.sharded) {
            (Verb::Listen, false) => Some(b"SUBSCRIBE".as_slice()),
            (Verb::Listen, true) => Some(b"SSUBSCRIBE".as_slice()),
            (Verb::Unlisten, false) => Some(b"UNSUBSCRIBE".as_slice()),
            (Verb::Unlisten, true) => Some(b"SUNSUBSCRIBE".as_slice()),
            (
                Verb::Acquire
                | Verb::Arm
                | Verb::Extend
                | Verb::HandOver
                | Verb::Heal
                | Verb::Release,
                _,
            ) => None,
        };
        if let Some(name) = listens {
            encode::array(out, 2);
            encode::bulk(out, name);
            encode_channel(out, self.keys.first());
            return;
        }
        match terms.dialect {
            Dialect::Native(compare) => encode_native(self, Some(compare), out),
            Dialect::Script if self.ticket.several => self.encode_several(terms, out),
            Dialect::Script => self.encode_script(terms, out),
            Dialect::Transaction => encode_native(self, None, out),
        }
    }

    fn encode_script(&self, terms: &Terms, out: &mut BytesMut) {
        match self.ticket.verb {
            Verb::Acquire if let Some(queue) = self.queue => {
                self.begin_acquire(terms, 9, out);
                self.encode_token(terms, out);
                encode_turn(queue, out);
                let place = u64::try_from(queue.place.as_millis()).unwrap_or(u64::MAX);
                encode::bulk_integer(out, integer_of(place));
            }
            Verb::Acquire if terms.needs_more(self.token) => {
                self.begin_acquire(terms, if self.token.is_some() { 7 } else { 4 }, out);
                if self.token.is_some() {
                    self.encode_token(terms, out);
                }
            }
            Verb::HandOver => {
                self.begin_acquire(terms, 9 + usize::from(terms.sharded), out);
                self.encode_token(terms, out);
                encode::bulk(out, &self.giver.unwrap_or(self.owner).text());
                self.encode_channel(terms, out);
            }
            Verb::Acquire | Verb::Extend | Verb::Heal => {
                self.begin(out, 1, 2);
                self.encode_lease(out);
            }
            Verb::Arm => {
                self.begin(out, 1, 2);
                encode::bulk(out, terms.life.as_ref().map_or(&[], RunId::as_bytes));
                encode::bulk_integer(out, i64::from(terms.max_ttl.as_millis()));
            }
            Verb::Release if let Some(queue) = self.queue => {
                self.begin(out, 2, 3 + usize::from(terms.sharded));
                encode_queue_key(out, self.keys.first());
                encode::bulk(out, &self.owner.text());
                encode_turn(queue, out);
                self.encode_channel(terms, out);
            }
            Verb::Release => {
                self.begin(out, 1, 2 + usize::from(terms.sharded));
                encode::bulk(out, &self.owner.text());
                self.encode_channel(terms, out);
            }
            // no script does that
            Verb::Listen | Verb::Unlisten => {}
        }
    }

    /// An acquire of so many arguments, with whatever guard and deadline ask for: up to its
    /// token.
    fn begin_acquire(&self, terms: &Terms, arguments: usize, out: &mut BytesMut) {
        let optional = [
            terms.life.is_some(),
            self.queue.is_some(),
            self.token.is_some(),
        ];
        let keys = optional.into_iter().filter(|used| *used).count();
        self.begin(out, 1 + keys, arguments);
        if terms.life.is_some() {
            encode::bulk(out, GUARD_KEY);
        }
        if self.queue.is_some() {
            encode_queue_key(out, self.keys.first());
        }
        if self.token.is_some() {
            encode_counter_key(out, self.keys.first());
        }
        self.encode_claim(terms, out);
    }

    /// Who asks, and for how long.
    fn encode_lease(&self, out: &mut BytesMut) {
        encode::bulk(out, &self.owner.text());
        encode::bulk_integer(out, i64::from(self.ttl.as_millis()));
    }

    /// The same, with whatever guard and deadline ask for.
    fn encode_claim(&self, terms: &Terms, out: &mut BytesMut) {
        self.encode_lease(out);
        encode::bulk_integer(out, integer_of(terms.not_after.unwrap_or(0)));
        if let Some(life) = &terms.life {
            let mut millis = [0; 10];
            let millis = decimal(terms.max_ttl.as_millis(), &mut millis);
            encode::bulk_of(out, &[b"A:", life.as_bytes(), b":", millis]);
        } else {
            encode::bulk(out, b"");
        }
    }

    /// The token that is asked for, if one is, how far it may lead, and how long its counter is kept.
    fn encode_token(&self, terms: &Terms, out: &mut BytesMut) {
        match self.token {
            Some(token) => encode::bulk_integer(out, integer_of(token.get())),
            None => encode::bulk(out, b""),
        }
        encode::bulk_integer(out, i64::from(terms.max_ttl.as_millis()) * LEAD_US_PER_MS);
        let retention = terms.retention.max(terms.max_ttl.as_duration()).as_millis();
        let retention = i64::try_from(retention).unwrap_or(MAX_RETENTION_MS);
        encode::bulk_integer(out, retention.min(MAX_RETENTION_MS));
    }

    /// Where those who wait for the lock are told that it is free.
    fn encode_channel(&self, terms: &Terms, out: &mut BytesMut) {
        encode_channel(out, self.keys.first());
        if terms.sharded {
            encode::bulk(out, SHARDED);
        }
    }

    /// Everything up to the first key, of `keys` keys and `arguments` arguments.
    fn begin(&self, out: &mut BytesMut, keys: usize, arguments: usize) {
        if let Some(script) = self.script() {
            script.begin_call(self.full_text, keys, arguments, out);
        }
        encode::bulk(out, self.keys.first());
    }
}

impl Terms {
    /// The dialect that the node is asked in, to read its reply by.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether an acquire has to say more than owner and lease.
    const fn needs_more(&self, token: Option<FencingToken>) -> bool {
        self.life.is_some() || self.not_after.is_some() || token.is_some()
    }
}

/// A token may be ahead of a node's clock and counter by a quarter of the longest lease,
/// in microseconds: a wild clock can't push tokens years ahead, and memory that was lost
/// is made good by the quarantine.
const LEAD_US_PER_MS: i64 = 1_000 / 4;

/// Ten years: what Redis still takes for an expiry whatever the token is ahead.
const MAX_RETENTION_MS: i64 = 10 * 365 * 24 * 3_600_000;

pub(crate) fn integer_of(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Appends whose place in a queue a command is about: nothing for nobody's.
fn encode_turn(queue: Queueing, out: &mut BytesMut) {
    match queue.turn {
        Some(turn) => encode::bulk(out, &turn.text()),
        None => encode::bulk(out, b""),
    }
}

/// Writes a number in decimal; the digits are at the end of `room`.
fn decimal(mut number: u32, room: &mut [u8; 10]) -> &[u8] {
    let mut used = 0;
    for place in room.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    room.get(room.len() - used..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 7, 10, 30_000, u32::MAX] {
            let text = alloc::string::ToString::to_string(&number);
            assert_eq!(decimal(number, &mut [0; 10]), text.as_bytes());
        }
    }
}
