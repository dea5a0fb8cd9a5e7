//! Handing a lock over inside one client: a release and an acquire in one round.
//!
//! Where the next one waits in the same client, the nodes need not be asked twice, nor
//! others be woken who would come too late: one script compares the owner, and puts the
//! next one in its place with a token of its own. Its answer has two parts, which go to
//! the release of the one and to the round of the other; neither knows that they came in
//! one. Nodes that know no such script get the two commands one behind the other.
//!
//! After [`Config::hand_overs`](crate::Config::hand_overs) in a row the lock is released
//! for all to see, and whoever is next here gives the others some time.

use super::LockSet;
use crate::command::{Ticket, Verb};
use crate::dialect::Dialect;
use crate::herd::MAX_RIVALS;
use crate::node::{NodeId, NodeSet};
use crate::release::Release;
use crate::reply::Answer;
use crate::slab::Id;

/// Rounds that the others have when it is their turn: at least the longest pause that one
/// of them makes when it is woken.
const HEAD_START: u32 = 2 * MAX_RIVALS;

impl LockSet {
    /// Releases the lock that the head of a line has held, and calls the next one.
    pub(super) fn pass_on(&mut self, release: Release, vacant: Option<Id>) {
        let limit = self.hand_overs;
        let line = vacant.and_then(|line| self.lines.get_mut(line));
        let next = line.and_then(|line| Some((line.first()?, line)));
        let Some((next, line)) = next else {
            self.start_release(release);
            self.call_next(vacant);
            return;
        };
        if line.passed >= limit {
            line.passed = 0;
            let head_start = line.herd.pace * HEAD_START;
            self.start_release(release);
            let pause = self.random.jitter(head_start);
            self.call_next_at(vacant, self.now + pause);
            return;
        }
        line.passed += 1;
        line.head = line.pop();
        let release = self.releases.insert(release);
        self.aim_release(release);
        self.start_round_after(next, Some(release));
        self.send_release(release, self.nodes.connected, false);
        self.settle_release(release);
    }

    /// Hands the lock over on those of `asked` where it is held and a script can do that.
    /// Answers which these are.
    pub(super) fn hand_over(&mut self, to: Id, from: Id, asked: NodeSet) -> NodeSet {
        let script = |node: &NodeId| self.dialect(*node) == Dialect::Script;
        let asked: NodeSet = asked.iter().filter(script).collect();
        let Some(release) = self.releases.get_mut(from) else {
            return NodeSet::EMPTY;
        };
        let nodes = release.owed.intersection(asked);
        release.owed = release.owed.difference(nodes);
        release.pending = release.pending.union(nodes);
        let giver = (from, release.owner);
        self.command_from(to, Some(giver), Verb::HandOver, nodes, false);
        nodes
    }

    /// An answer to both, or the same end for both.
    pub(super) fn on_hand_over_answer(&mut self, node: NodeId, ticket: Ticket, answer: Answer) {
        let Some(from) = ticket.from else {
            return;
        };
        let (released, acquired) = match answer {
            Answer::HandedOver(both) => *both,
            // nothing was done: the release goes by itself, which may well be possible
            Answer::Failed(error) => {
                self.owe_again(from, node);
                self.on_acquire_answer(node, ticket, Answer::Failed(error));
                return;
            }
            answer @ (Answer::Broken | Answer::Unsent(_)) => (answer.clone(), answer),
            // no hand-over is answered so
            Answer::Absent
            | Answer::Behind(_)
            | Answer::Done
            | Answer::Foreign(_)
            | Answer::Late
            | Answer::OtherMaxTtl(_)
            | Answer::Outbid(_)
            | Answer::Quarantined(_)
            | Answer::TooFarAhead
            | Answer::TooFewReplicas { .. }
            | Answer::Unguarded => return,
        };
        self.on_release_answer(node, from, released);
        self.on_acquire_answer(node, ticket, acquired);
    }

    fn owe_again(&mut self, release: Id, node: NodeId) {
        let node = NodeSet::from_iter([node]);
        if let Some(release) = self.releases.get_mut(release) {
            release.pending = release.pending.difference(node);
            release.owed = release.owed.union(node);
        }
        self.send_release(release, node.intersection(self.nodes.connected), true);
    }
}
