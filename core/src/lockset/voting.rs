//! What a node's answer to an acquire counts for, and what is remembered of it.

use crate::acquire::Vote;
use crate::lock::Lock;
use crate::node::NodeId;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::server_error::ErrorKind;
use crate::time::Instant;

impl Lock {
    /// The vote in an answer to the round that is open. What does not grant is noted.
    pub(super) fn vote(&mut self, node: NodeId, now: Instant, answer: Answer) -> Vote {
        match answer {
            Answer::Done => Vote::Granted,
            Answer::Behind(_) | Answer::Foreign(_) => {
                self.note_refusal(node, now, &answer);
                Vote::Refused
            }
            Answer::Failed(error) => {
                // what is refused for good was not executed
                let refused = error.kind() == ErrorKind::Permanent;
                self.note(node, now, Problem::Server(error));
                if refused {
                    Vote::Declined
                } else {
                    Vote::Failed
                }
            }
            Answer::Unsent(problem) => {
                self.note(node, now, problem);
                Vote::Declined
            }
            Answer::Late => {
                self.note(node, now, Problem::Late);
                Vote::Declined
            }
            Answer::Outbid(counter) => {
                self.seen = self.seen.max(Some(counter));
                self.note(node, now, Problem::Outbid);
                Vote::Outbid
            }
            // the key is there, and released with the round or the tenure
            Answer::TooFewReplicas { got, wanted } => {
                self.note(node, now, Problem::TooFewReplicas { got, wanted });
                Vote::Failed
            }
            Answer::TooFarAhead => {
                self.note(node, now, Problem::TokenAhead);
                Vote::Declined
            }
            Answer::Unguarded => Vote::Declined,
            Answer::Absent
            | Answer::Broken
            | Answer::HandedOver(_)
            | Answer::OtherMaxTtl(_)
            | Answer::Quarantined(_) => Vote::Failed,
        }
    }

    /// Notes a refusal by somebody else's key or turn. False where it is none.
    pub(super) fn note_refusal(&mut self, node: NodeId, now: Instant, answer: &Answer) -> bool {
        let problem = if let Answer::Foreign(left) = answer {
            Problem::Held(*left)
        } else if let Answer::Behind(left) = answer {
            Problem::Behind(*left)
        } else {
            return false;
        };
        self.note(node, now, problem);
        true
    }
}
