//! The connections of a client: what to do when one is due, quiet or gone.

use super::{Action, Client, Errand};
use crate::link::{LinkDuty, LinkPhase};
use crate::lockset::NodeState;
use crate::node::NodeId;
use crate::problem::Problem;
use crate::reply::Answer;

impl Client {
    pub(super) fn connect(&mut self, node: NodeId) {
        if let Some(link) = self.links.get_mut(node.index()) {
            link.phase = LinkPhase::Connecting;
            self.link_timers
                .set(node.index(), self.now + self.config.timing.connect_timeout);
            self.actions.push_back(Action::Connect(node));
        }
    }

    pub(super) fn on_link_timeout(&mut self, node: NodeId) {
        let (now, timing) = (self.now, self.config.timing);
        let Some(link) = self.links.get_mut(node.index()) else {
            return;
        };
        match link.duty(now, &timing) {
            LinkDuty::Connect => self.connect(node),
            LinkDuty::Disconnect(reason) => {
                self.cut(node, Problem::Disconnected(reason.into()));
            }
            LinkDuty::LookAt(at) => self.link_timers.set(node.index(), at),
            LinkDuty::Ping => {
                link.session.ping(now);
                self.watch(node);
            }
            LinkDuty::Stalled => {
                link.phase = LinkPhase::Stalled;
                // looked at once more: it may be time to cut it as well
                self.link_timers.set(node.index(), now);
                self.locks.handle_node(now, node, NodeState::Stalled);
            }
        }
    }

    /// Makes sure that the node is looked at before its next answer is overdue.
    pub(super) fn watch(&mut self, node: NodeId) {
        let look_at = self.now + self.config.timing.stall_after;
        let set = self.link_timers.get(node.index());
        let sooner = set.map_or(look_at, |at| at.min(look_at));
        self.link_timers.set(node.index(), sooner);
    }

    /// Ends a connection from our side.
    pub(super) fn cut(&mut self, node: NodeId, problem: Problem) {
        self.actions.push_back(Action::Disconnect(node));
        self.lose_link(node, problem);
    }

    /// The connection is gone: every command that it still owed is told so.
    pub(super) fn lose_link(&mut self, node: NodeId, problem: Problem) {
        let now = self.now;
        let Some(link) = self.links.get_mut(node.index()) else {
            return;
        };
        let permanent = problem.is_permanent();
        let again = link.fail(now, permanent, &self.config.timing, &mut self.random);
        self.link_timers.set(node.index(), again);
        let broken = link.session.close();
        self.locks.handle_node(now, node, NodeState::Down(problem));
        self.break_off(node, broken);
        self.want_slots_later();
    }

    /// What was asked gets no answer.
    pub(super) fn break_off(&mut self, node: NodeId, unanswered: impl Iterator<Item = Errand>) {
        for errand in unanswered {
            match errand {
                Errand::Asking => {}
                // where the command before it was not answered, that has been told so
                Errand::Replicas => {
                    let link = self.links.get_mut(node.index());
                    if let Some((ticket, _)) = link.and_then(|link| link.granted.pop_front()) {
                        self.locks
                            .handle_answer(self.now, node, ticket, Answer::Broken);
                    }
                }
                Errand::Lock(ticket) | Errand::Replicated(ticket) => {
                    self.locks
                        .handle_answer(self.now, node, ticket, Answer::Broken);
                }
                Errand::Slots => self.on_slots(node, None),
            }
        }
    }

    pub(super) fn shut(&mut self) {
        for (index, link) in self.links.iter_mut().enumerate() {
            if link.is_open()
                && let Some(node) = NodeId::new(index)
            {
                let _unanswered = link.session.close();
                self.actions.push_back(Action::Disconnect(node));
            }
            link.phase = LinkPhase::Shut;
            self.link_timers.clear(index);
        }
    }
}
