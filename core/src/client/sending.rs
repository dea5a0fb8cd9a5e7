//! From the locks to the connections.

use bytes::Bytes;

use super::{Client, Errand};
use crate::command::{Command, Verb};
use crate::dialect::Dialect;
use crate::node::NodeId;
use crate::problem::Problem;
use crate::replication::Replication;
use crate::reply::Answer;

/// What makes a node do the next command although it does not own the slot yet.
const ASKING: &[u8] = b"*1\r\n$6\r\nASKING\r\n";

impl Client {
    /// Encodes and queues what the locks want to send; ends when they are closed.
    pub(super) fn flush(&mut self) {
        while let Some(command) = self.locks.poll_command() {
            let mut told = None;
            for node in command.to {
                // encoded once for all nodes that are told the same
                let terms = self.locks.terms(node, &command);
                if told != Some(terms) {
                    self.scratch.clear();
                    command.encode(&terms, &mut self.scratch);
                    told = Some(terms);
                }
                if let Err(problem) = self.send(node, &command, terms.dialect()) {
                    let answer = Answer::Unsent(problem);
                    self.locks
                        .handle_answer(self.now, node, command.ticket, answer);
                }
            }
        }
        if self.locks.is_closed() {
            self.shut();
        }
    }

    fn send(&mut self, node: NodeId, command: &Command, dialect: Dialect) -> Result<(), Problem> {
        let (now, limit) = (self.now, self.config.limits.in_flight);
        let link = self
            .links
            .get_mut(node.index())
            .ok_or(Problem::Connecting)?;
        if !link.session.is_ready() {
            return Err(Problem::Connecting);
        }
        // every acquire needs room for its release
        if link.session.in_flight() >= limit / 2 && command.verb() != Verb::Release {
            return Err(Problem::Overloaded);
        }
        let idle = link.session.in_flight() == 0;
        if command.asking {
            link.session.send(now, Errand::Asking, ASKING);
        }
        let replicated = self
            .config
            .replication
            .is_some_and(|it| it.is_for(command.verb()));
        let errand = if replicated {
            Errand::Replicated(command.ticket)
        } else {
            Errand::Lock(command.ticket)
        };
        match (dialect, command.verb()) {
            (Dialect::Transaction, Verb::Extend | Verb::Release) => {
                let expire_ms = (command.verb() == Verb::Extend).then(|| command.ttl.as_millis());
                let value = Bytes::copy_from_slice(&command.owner.text());
                let key = command.keys.first().clone();
                link.session
                    .send_compared(now, errand, key, value, expire_ms);
            }
            (_, Verb::Listen) => link.session.send_listening(now, errand, &self.scratch),
            (_, Verb::Unlisten) => link.session.send_unlistening(now, errand, &self.scratch),
            _ => link.session.send(now, errand, &self.scratch),
        }
        let by_itself = self
            .config
            .replication
            .is_some_and(Replication::is_by_itself);
        if replicated && !by_itself {
            link.session.send(now, Errand::Replicas, &self.replicas);
        }
        if idle {
            self.watch(node);
        }
        Ok(())
    }
}
