//! One extension: the votes of the nodes that were asked to renew a lease.

use crate::node::{NodeId, NodeSet};
use crate::quorum::{Decision, Group};
use crate::route::Route;
use crate::time::Instant;
use crate::validity::Ttl;

/// The votes of one extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Extension {
    /// Who votes, and how many of them have to renew.
    pub(crate) group: Group,
    /// How the nodes of a cluster have passed it on.
    pub(crate) route: Route,
    /// The new validity counts from here.
    pub(crate) started: Instant,
    pub(crate) ttl: Ttl,
    /// Once it is not pending, later answers change nothing but who is healed.
    pub(crate) outcome: Decision,
    pub(crate) extended: NodeSet,
    /// The key is gone there.
    pub(crate) absent: NodeSet,
    /// Another owner has the key there.
    pub(crate) foreign: NodeSet,
    /// No connection, an error, or a connection that broke.
    pub(crate) failed: NodeSet,
    /// Who has been sent the script's text after `NOSCRIPT`.
    pub(crate) reloaded: NodeSet,
}

/// What a node says to an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtendVote {
    Absent,
    Extended,
    Failed,
    Foreign,
}

impl Extension {
    /// An extension that asks those of `group` that are `voting`; the others have failed.
    pub(crate) const fn new(started: Instant, ttl: Ttl, group: Group, voting: NodeSet) -> Self {
        Self {
            group,
            route: Route::new(),
            started,
            ttl,
            outcome: Decision::Pending,
            extended: NodeSet::EMPTY,
            absent: NodeSet::EMPTY,
            foreign: NodeSet::EMPTY,
            failed: group.voters.difference(voting),
            reloaded: NodeSet::EMPTY,
        }
    }

    /// A node that was not connected, or whose connection broke, takes part after
    /// all; false where it does already. Asking twice is harmless.
    pub(crate) const fn ask_again(&mut self, node: NodeId) -> bool {
        self.failed.remove(node)
    }

    /// From now on this node votes, and no other; asked it is where it is `voting`.
    pub(crate) fn aim(&mut self, node: NodeId, voting: NodeSet) -> NodeSet {
        self.group.voters = NodeSet::from_iter([node]);
        self.failed = self.group.voters.difference(voting);
        self.group.voters.intersection(voting)
    }

    /// Counts a vote; the first of a node stands, and who does not vote has none.
    pub(crate) const fn count(&mut self, node: NodeId, vote: ExtendVote) {
        let answered = self
            .extended
            .union(self.absent)
            .union(self.foreign)
            .union(self.failed);
        if answered.contains(node) || !self.group.voters.contains(node) {
            return;
        }
        match vote {
            ExtendVote::Absent => self.absent.insert(node),
            ExtendVote::Extended => self.extended.insert(node),
            ExtendVote::Failed => self.failed.insert(node),
            ExtendVote::Foreign => self.foreign.insert(node),
        };
    }

    pub(crate) const fn decision(&self) -> Decision {
        self.group
            .decide(self.extended, self.without().union(self.failed))
    }

    /// Nodes that certainly do not hold our key.
    pub(crate) const fn without(&self) -> NodeSet {
        self.absent.union(self.foreign)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn absent_and_foreign_nodes_are_no_votes() {
        let all = NodeSet::first(3);
        let mut extension = Extension::new(Instant::ORIGIN, Ttl::MAX, Group::new(all, 2), all);
        let node = |index| NodeId::new(index).unwrap();
        extension.count(node(0), ExtendVote::Absent);
        assert_eq!(extension.decision(), Decision::Pending);
        extension.count(node(1), ExtendVote::Foreign);
        assert_eq!(extension.decision(), Decision::Lost);
        assert_eq!(extension.without(), NodeSet::first(2));
    }

    #[test]
    fn the_first_answer_stands_and_of_voters_only() {
        let all = NodeSet::first(3);
        let mut extension = Extension::new(Instant::ORIGIN, Ttl::MAX, Group::new(all, 2), all);
        let node = |index| NodeId::new(index).unwrap();
        extension.count(node(0), ExtendVote::Absent);
        extension.count(node(0), ExtendVote::Extended);
        extension.count(node(3), ExtendVote::Extended);
        assert_eq!(extension.extended, NodeSet::EMPTY);
        assert_eq!(extension.absent, NodeSet::first(1));
    }

    #[test]
    fn nodes_that_are_not_asked_have_failed() {
        let asked = NodeSet::first(1);
        let group = Group::new(NodeSet::first(3), 2);
        let extension = Extension::new(Instant::ORIGIN, Ttl::MAX, group, asked);
        assert_eq!(extension.decision(), Decision::Lost);
        assert_eq!(extension.failed.len(), 2);
    }
}
