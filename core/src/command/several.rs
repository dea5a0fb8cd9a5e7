//! Commands for locks of several keys: one script for all of them, whatever a node could
//! do in its own words.

use bytes::BytesMut;

use quorlock_resp::encode;

use super::{Command, Terms, Verb};
use crate::channel::{SHARDED, encode_channel};
use crate::guard::GUARD_KEY;
use crate::script::{ACQUIRE_ALL, EXTEND_ALL, RELEASE_ALL, Script};
use crate::token::encode_counter_key;

impl Command {
    /// The script that does it for several keys; `None`: several are never asked so.
    pub(super) const fn script_for_several(&self) -> Option<Script> {
        match self.ticket.verb {
            Verb::Acquire | Verb::Heal => Some(ACQUIRE_ALL),
            Verb::Extend => Some(EXTEND_ALL),
            Verb::Release => Some(RELEASE_ALL),
            Verb::Arm | Verb::HandOver | Verb::Listen | Verb::Unlisten => None,
        }
    }

    /// Appends the command, with all keys.
    pub(super) fn encode_several(&self, terms: &Terms, out: &mut BytesMut) {
        let Some(script) = self.script_for_several() else {
            return;
        };
        let count = self.keys.count();
        let guarded = terms.life.is_some();
        let counters = self.token.map_or(0, |_| count);
        let (keys, arguments) = match self.ticket.verb {
            Verb::Acquire | Verb::Heal => (count + usize::from(guarded) + counters, 8),
            Verb::Release => (count, 1 + count + usize::from(terms.sharded)),
            Verb::Arm | Verb::Extend | Verb::HandOver | Verb::Listen | Verb::Unlisten => (count, 2),
        };
        script.begin_call(self.full_text, keys, arguments, out);
        for key in self.keys.iter() {
            encode::bulk(out, key);
        }
        match self.ticket.verb {
            Verb::Acquire | Verb::Heal => {
                if guarded {
                    encode::bulk(out, GUARD_KEY);
                }
                if self.token.is_some() {
                    for key in self.keys.iter() {
                        encode_counter_key(out, key);
                    }
                }
                self.encode_claim(terms, out);
                self.encode_token(terms, out);
                encode::bulk_integer(out, i64::try_from(count).unwrap_or(i64::MAX));
            }
            Verb::Release => {
                encode::bulk(out, &self.owner.text());
                for key in self.keys.iter() {
                    encode_channel(out, key);
                }
                if terms.sharded {
                    encode::bulk(out, SHARDED);
                }
            }
            Verb::Arm | Verb::Extend | Verb::HandOver | Verb::Listen | Verb::Unlisten => {
                self.encode_lease(out);
            }
        }
    }
}
