//! How one node is asked: with its own commands, with scripts, or with transactions.
//!
//! Servers differ in what they can compare, and users in what they may run. What a
//! server can do is tried on each connection, never read from its version: Valkey 9
//! says that it is Redis 7.2.4.

use bytes::BytesMut;

use quorlock_resp::{Value, encode};

use crate::command::{Command, Verb};
use crate::reply::Answer;

/// The commands that a node is asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The server's own, each of which compares and acts in one: a third of a script's
    /// cost. They tell neither whether a key that is not ours is gone or another's, nor
    /// for how long it is held.
    Native(CompareAndDelete),
    /// The scripts of [`script`](crate::script), which can do everything.
    Script,
    /// `WATCH`, `GET`, `MULTI`, `EXEC`: two round trips, where the server can't compare
    /// and the user may not run scripts. Tells the same as `Native`, and whose key it is.
    Transaction,
}

/// The command that deletes a key where it has a certain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareAndDelete {
    /// `DELEX key IFEQ value`, of Redis 8.4.
    DelEx,
    /// `DELIFEQ key value`, of Valkey 9.
    DelIfEq,
}

/// What a server lets this user do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capabilities {
    /// Delete by value. Who can do that can also `SET .. IFEQ`.
    pub compare_and_delete: Option<CompareAndDelete>,
    /// Run scripts.
    pub scripts: bool,
}

impl Default for Capabilities {
    /// Scripts, which every server has.
    fn default() -> Self {
        Self {
            compare_and_delete: None,
            scripts: true,
        }
    }
}

impl Capabilities {
    /// The cheapest way that does what is asked; `None` where there is no way.
    /// `plain`: neither tokens nor a guard on the node are asked for.
    #[must_use]
    pub const fn dialect(self, plain: bool) -> Option<Dialect> {
        match (plain, self.compare_and_delete, self.scripts) {
            (true, Some(compare), _) => Some(Dialect::Native(compare)),
            (_, _, true) => Some(Dialect::Script),
            (true, None, false) => Some(Dialect::Transaction),
            (false, _, false) => None,
        }
    }
}

/// Appends a command in the server's own words. With `None` only what needs no
/// comparison can be said.
pub(crate) fn encode_native(
    command: &Command,
    compare: Option<CompareAndDelete>,
    out: &mut BytesMut,
) {
    let owner = command.owner.text();
    let key = &command.keys.first()[..];
    match command.verb() {
        Verb::Release => match compare {
            Some(CompareAndDelete::DelIfEq) => encode::command(out, &[b"DELIFEQ", key, &owner]),
            Some(CompareAndDelete::DelEx) | None => {
                encode::command(out, &[b"DELEX", key, b"IFEQ", &owner]);
            }
        },
        Verb::Extend => encode_set(command, &[b"IFEQ", &owner], out),
        // an arm, a hand-over or a channel is never asked for in this dialect
        Verb::Acquire | Verb::Arm | Verb::HandOver | Verb::Heal | Verb::Listen | Verb::Unlisten => {
            encode_set(command, &[b"NX"], out);
        }
    }
}

/// `SET key owner <condition> PX ttl`.
fn encode_set(command: &Command, condition: &[&[u8]], out: &mut BytesMut) {
    encode::array(out, 5 + condition.len());
    encode::bulk(out, b"SET");
    encode::bulk(out, command.keys.first());
    encode::bulk(out, &command.owner.text());
    for word in condition {
        encode::bulk(out, word);
    }
    encode::bulk(out, b"PX");
    encode::bulk_integer(out, i64::from(command.ttl.as_millis()));
}

/// What a reply in the server's own words means; `None`: none of ours is answered so.
/// A transaction is answered like a release by script.
pub(crate) fn read_native(verb: Verb, reply: Value<'_>) -> Option<Answer> {
    match (verb, reply) {
        (Verb::Acquire | Verb::Extend | Verb::Heal, Value::Simple(b"OK"))
        | (Verb::Extend | Verb::Release, Value::Integer(1)) => Some(Answer::Done),
        (Verb::Acquire | Verb::Heal, Value::Null)
        | (Verb::Extend | Verb::Release, Value::Integer(-1)) => Some(Answer::Foreign(None)),
        (Verb::Extend, Value::Null) | (Verb::Extend | Verb::Release, Value::Integer(0)) => {
            Some(Answer::Absent)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_dialect_that_does_what_is_asked() {
        use CompareAndDelete::DelIfEq;
        use Dialect::{Native, Script, Transaction};
        let table = [
            // compares, scripts, when plain, when not
            (Some(DelIfEq), true, Some(Native(DelIfEq)), Some(Script)),
            (Some(DelIfEq), false, Some(Native(DelIfEq)), None),
            (None, true, Some(Script), Some(Script)),
            (None, false, Some(Transaction), None),
        ];
        for (compare_and_delete, scripts, plain, not) in table {
            let capabilities = Capabilities {
                compare_and_delete,
                scripts,
            };
            assert_eq!(capabilities.dialect(true), plain, "{capabilities:?}");
            assert_eq!(capabilities.dialect(false), not, "{capabilities:?}");
        }
    }
}
