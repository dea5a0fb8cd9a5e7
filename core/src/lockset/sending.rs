//! Commands of a lock, as its phase has them.

use super::LockSet;
use crate::command::{Command, Ticket, Verb};
use crate::lock::Phase;
use crate::node::NodeSet;
use crate::owner::Owner;
use crate::route::Route;
use crate::slab::Id;
use crate::time::Instant;

impl LockSet {
    pub(super) fn next_owner(&mut self) -> Owner {
        self.owners += 1;
        Owner::new(self.client_id, self.owners)
    }

    /// Queues a command of a lock in its present phase.
    pub(super) fn command(&mut self, id: Id, verb: Verb, to: NodeSet, full_text: bool) {
        self.command_from(id, None, verb, to, full_text);
    }

    /// The same, of a lock that may be handed over by the owner whose release this is.
    pub(super) fn command_from(
        &mut self,
        id: Id,
        from: Option<(Id, Owner)>,
        verb: Verb,
        to: NodeSet,
        full_text: bool,
    ) {
        if to.is_empty() {
            return;
        }
        let turn = self.turn(id, verb, to);
        let Some(lock) = self.locks.get(id) else {
            return;
        };
        let (owner, ttl, token, give_up, route) = match lock.phase {
            Phase::Acquiring(round) => {
                let ttl = lock.request.ttl;
                (round.owner, ttl, round.token, round.ends, round.route)
            }
            Phase::Held(tenure) => {
                let route = tenure.extension.map_or(Route::new(), |it| it.route);
                (tenure.owner, tenure.ttl, None, Instant::NEVER, route)
            }
            Phase::Lost(_) | Phase::Queued(_) | Phase::Waiting(_) => return,
        };
        self.commands.push_back(Command {
            ticket: Ticket {
                id,
                round: lock.round,
                verb,
                several: lock.request.keys.are_several(),
                from: from.map(|(release, _)| release),
            },
            to,
            keys: lock.request.keys.clone(),
            owner,
            giver: from.map(|(_, owner)| owner),
            queue: self.fairness.queueing(turn),
            ttl,
            token,
            give_up,
            asking: route.is_asking(),
            full_text,
        });
    }
}
