//! Counting votes: how many are needed, and whether the vote is decided.
//!
//! Pure functions with three answers, as raft-rs has them: pending, won, lost.

use crate::node::{MAX_NODES, NodeSet};

/// How many nodes have to grant a lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quorum {
    /// Every node (a multi-lock over nodes).
    All,
    /// More than half: `n / 2 + 1`. Source: Redlock, in the Redis documentation's
    /// page on distributed locks.
    #[default]
    Majority,
    /// This many. Fewer than a majority is refused by [`Quorum::needed`]: two
    /// groups of voters would not have to meet.
    Votes(usize),
}

impl Quorum {
    /// Votes needed of `nodes` nodes, or `None` where two quorums need not share a
    /// node, where there are not so many nodes, or where `nodes` is 0 or above
    /// [`MAX_NODES`].
    ///
    /// ```
    /// use quorlock_core::Quorum;
    ///
    /// assert_eq!(Quorum::Majority.needed(5), Some(3));
    /// assert_eq!(Quorum::Majority.needed(2), Some(2));
    /// assert_eq!(Quorum::Votes(2).needed(5), None);
    /// ```
    #[must_use]
    pub const fn needed(self, nodes: usize) -> Option<usize> {
        if nodes == 0 || nodes > MAX_NODES {
            return None;
        }
        let majority = nodes / 2 + 1;
        match self {
            Self::All => Some(nodes),
            Self::Majority => Some(majority),
            Self::Votes(votes) if votes >= majority && votes <= nodes => Some(votes),
            Self::Votes(_) => None,
        }
    }
}

/// Where a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Enough nodes can't say yes any more.
    Lost,
    /// Open.
    Pending,
    /// Enough nodes said yes.
    Won,
}

/// The nodes that vote on a key, and how many of them have to say yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Group {
    pub(crate) voters: NodeSet,
    pub(crate) needed: usize,
}

impl Group {
    pub(crate) const fn new(voters: NodeSet, needed: usize) -> Self {
        Self { voters, needed }
    }

    /// Decides a vote of the group from who said yes and who did not.
    pub(crate) const fn decide(self, yes: NodeSet, no: NodeSet) -> Decision {
        decide(self.voters.len(), self.needed, yes, no)
    }

    /// Whether the votes of the others are enough.
    pub(crate) const fn suffices_without(self, without: NodeSet) -> bool {
        self.voters.difference(without).len() >= self.needed
    }
}

/// Decides a vote of `nodes` nodes from who said yes and who did not.
#[must_use]
pub const fn decide(nodes: usize, needed: usize, yes: NodeSet, no: NodeSet) -> Decision {
    if yes.len() >= needed {
        Decision::Won
    } else if nodes.saturating_sub(no.len()) < needed {
        Decision::Lost
    } else {
        Decision::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_votes_make_any_two_quorums_meet() {
        for nodes in 1..=MAX_NODES {
            for votes in 0..=MAX_NODES + 1 {
                let accepted = Quorum::Votes(votes).needed(nodes).is_some();
                assert_eq!(
                    accepted,
                    2 * votes > nodes && votes <= nodes,
                    "{votes} of {nodes}"
                );
            }
            assert!(2 * Quorum::Majority.needed(nodes).unwrap_or(0) > nodes);
            assert_eq!(Quorum::All.needed(nodes), Some(nodes));
        }
        assert_eq!(Quorum::All.needed(0), None);
        assert_eq!(Quorum::All.needed(MAX_NODES + 1), None);
    }

    #[test]
    fn decisions_from_a_table() {
        use Decision::{Lost, Pending, Won};
        let table = [
            // nodes, needed, yes, no, decision
            (1, 1, 0, 0, Pending),
            (1, 1, 1, 0, Won),
            (1, 1, 0, 1, Lost),
            (2, 2, 1, 0, Pending),
            (2, 2, 1, 1, Lost),
            (3, 2, 1, 1, Pending),
            (3, 2, 2, 0, Won),
            (3, 2, 2, 1, Won),
            (3, 2, 0, 2, Lost),
            (5, 3, 2, 2, Pending),
            (5, 3, 3, 2, Won),
            (5, 3, 2, 3, Lost),
            (5, 5, 4, 1, Lost),
            (64, 33, 33, 31, Won),
            (64, 33, 32, 32, Lost),
        ];
        for (nodes, needed, yes, no, decision) in table {
            let all_yes = NodeSet::first(yes);
            let all_no = NodeSet::first(yes + no).difference(all_yes);
            assert_eq!(
                decide(nodes, needed, all_yes, all_no),
                decision,
                "{yes}+{no} of {nodes}"
            );
        }
    }
}
