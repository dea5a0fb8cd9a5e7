//! One round of an acquisition: who was asked, who answered what.

use core::time::Duration;

use crate::event::AcquireFailure;
use crate::node::{NodeId, NodeSet};
use crate::owner::Owner;
use crate::quorum::{Decision, Group};
use crate::route::Route;
use crate::time::Instant;
use crate::token::FencingToken;

/// The votes of one round. `Copy`: a transition takes the round and an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Round {
    /// Who votes, and how many of them have to grant.
    pub(crate) group: Group,
    /// Fresh for this round.
    pub(crate) owner: Owner,
    /// How the nodes of a cluster have passed it on.
    pub(crate) route: Route,
    /// Validity counts from here: before the first byte was sent.
    pub(crate) started: Instant,
    /// Whose connection is being set up: asked as soon as it stands.
    pub(crate) awaited: NodeSet,
    /// Who has been sent the command.
    pub(crate) asked: NodeSet,
    pub(crate) granted: NodeSet,
    /// Certain refusals: nothing of ours is on these nodes.
    pub(crate) refused: NodeSet,
    /// No connection, an error, or a connection that broke.
    pub(crate) failed: NodeSet,
    /// Refused because their counter of tokens was not below ours.
    pub(crate) outbid: NodeSet,
    /// Who has told since its refusal that the lock is free.
    pub(crate) told: NodeSet,
    /// Who has answered while it did not vote: asked again if it is to.
    pub(crate) unheard: NodeSet,
    /// Who has been sent the script's text after `NOSCRIPT`.
    pub(crate) reloaded: NodeSet,
    /// What the round asks for, with fencing.
    pub(crate) token: Option<FencingToken>,
    /// Undecided by then, the round is lost.
    pub(crate) ends: Instant,
}

/// The time in which an acquire is of use: from its sending to the end of its round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub(crate) from: Instant,
    pub(crate) until: Instant,
}

/// A node's vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vote {
    /// It did not grant, and certainly nothing of ours is there.
    Declined,
    Failed,
    Granted,
    /// Its counter of tokens is not below ours; nothing of ours is there.
    Outbid,
    Refused,
}

impl Round {
    /// A round of the nodes of `group`: `granting` are asked now, `awaited` when they
    /// are connected, the rest has failed already.
    pub(crate) const fn new(
        (owner, token): (Owner, Option<FencingToken>),
        started: Instant,
        ends: Instant,
        group: Group,
        granting: NodeSet,
        awaited: NodeSet,
    ) -> Self {
        let voters = group.voters;
        Self {
            group,
            owner,
            route: Route::new(),
            started,
            awaited: voters.intersection(awaited),
            asked: voters.intersection(granting),
            granted: NodeSet::EMPTY,
            refused: NodeSet::EMPTY,
            failed: voters.difference(granting).difference(awaited),
            outbid: NodeSet::EMPTY,
            told: NodeSet::EMPTY,
            unheard: NodeSet::EMPTY,
            reloaded: NodeSet::EMPTY,
            token,
            ends,
        }
    }

    pub(crate) const fn wanted(&self) -> Wanted {
        Wanted {
            from: self.started,
            until: self.ends,
        }
    }

    /// A node that was not connected when the round started takes part after all.
    pub(crate) const fn ask(&mut self, node: NodeId) {
        self.awaited.remove(node);
        self.failed.remove(node);
        self.asked.insert(node);
    }

    /// From now on these nodes vote, and no others. Tells who of them is to be asked.
    pub(crate) const fn aim(
        &mut self,
        group: Group,
        granting: NodeSet,
        awaited: NodeSet,
    ) -> NodeSet {
        let pending = self.asked.difference(self.unheard);
        let fresh = group.voters.intersection(granting).difference(pending);
        self.unheard = self.unheard.difference(fresh);
        self.group = group;
        self.asked = self.asked.union(fresh);
        self.awaited = group.voters.intersection(awaited);
        self.failed = group.voters.difference(granting).difference(awaited);
        fresh
    }

    /// Counts a vote; the first of a node stands, and who does not vote has none.
    pub(crate) const fn count(&mut self, node: NodeId, vote: Vote) {
        let answered = self.granted.union(self.refused).union(self.failed);
        if !self.group.voters.contains(node) {
            self.unheard.insert(node);
            return;
        }
        if answered.contains(node) {
            return;
        }
        self.awaited.remove(node);
        match vote {
            Vote::Declined => {
                self.asked.remove(node);
                self.failed.insert(node)
            }
            Vote::Failed => self.failed.insert(node),
            Vote::Granted => self.granted.insert(node),
            Vote::Outbid => {
                self.outbid.insert(node);
                self.refused.insert(node)
            }
            Vote::Refused => self.refused.insert(node),
        };
    }

    pub(crate) const fn decision(&self) -> Decision {
        self.group
            .decide(self.granted, self.refused.union(self.failed))
    }

    /// Whether nothing but our token kept the round from winning: the next one, above
    /// the counters, may.
    pub(crate) const fn only_outbid(&self) -> bool {
        let others = self.refused.difference(self.outbid).union(self.failed);
        !self.outbid.is_empty() && self.group.suffices_without(others)
    }

    /// Nodes where another owner has the key, for all that is known.
    pub(crate) const fn blocked(&self) -> NodeSet {
        self.refused.difference(self.outbid).difference(self.told)
    }

    /// Nodes where our key may be, or may still come to be.
    pub(crate) const fn may_hold(&self) -> NodeSet {
        self.asked.difference(self.refused)
    }

    /// The round's time is over: who has not answered has failed.
    pub(crate) const fn expire(&mut self) {
        let answered = self.granted.union(self.refused);
        self.failed = self.group.voters.difference(answered);
        self.awaited = NodeSet::EMPTY;
    }

    /// Why this round did not win. Who had not answered when it was decided counts
    /// for nothing here: that vote was open.
    pub(crate) const fn failure(
        &self,
        rejected: NodeSet,
        free_in: Option<Duration>,
    ) -> AcquireFailure {
        let group = self.group;
        if !group.suffices_without(rejected) {
            AcquireFailure::Rejected
        } else if !group.suffices_without(self.failed) {
            AcquireFailure::Unreachable
        } else if !group.suffices_without(self.refused.union(self.failed)) {
            AcquireFailure::Contended { free_in }
        } else {
            AcquireFailure::Deadline
        }
    }
}

/// When a quorum could be free: the moment when so many of the present holders'
/// leases have ended that the rest are enough votes. `open` votes can be had without
/// waiting. `None` where one of those leases has no end. `leases` are the ends of the
/// refusing nodes' leases; they are sorted in place.
pub(crate) fn quorum_free_at(
    open: usize,
    needed: usize,
    leases: &mut [Instant],
) -> Option<Instant> {
    leases.sort_unstable();
    let index = needed.checked_sub(open + 1)?;
    leases
        .get(index)
        .copied()
        .filter(|at| *at != Instant::NEVER)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::owner::ClientId;

    const FREE: Option<Duration> = Some(Duration::from_secs(1));

    /// A round over letters: `g`ranted, `r`efused, `f`ailed, `o`utbid, `s`ilent.
    fn round(votes: &str) -> Round {
        let owner = Owner::new(ClientId(1), 1);
        let nodes = votes.len();
        let mut round = Round::new(
            (owner, None),
            Instant::ORIGIN,
            Instant::NEVER,
            Group::new(NodeSet::first(nodes), nodes / 2 + 1),
            NodeSet::first(nodes),
            NodeSet::EMPTY,
        );
        for (index, letter) in votes.chars().enumerate() {
            let node = NodeId::new(index).unwrap();
            match letter {
                'g' => round.count(node, Vote::Granted),
                'r' => round.count(node, Vote::Refused),
                'f' => round.count(node, Vote::Failed),
                'o' => round.count(node, Vote::Outbid),
                _ => {}
            }
        }
        round
    }

    #[test]
    fn failures_from_a_table() {
        use AcquireFailure::{Contended, Deadline, Unreachable};
        let contended = Contended { free_in: FREE };
        let table = [
            // votes, as decided, when the time is over
            ("gr", contended, contended),
            ("sr", contended, contended),
            ("rr", contended, contended),
            ("fr", Unreachable, Unreachable),
            ("rrs", contended, contended),
            ("rfs", contended, contended),
            ("ggrrr", contended, contended),
            ("rrrss", contended, contended),
            ("grrff", contended, contended),
            ("grrss", Deadline, contended),
            ("grsss", Deadline, Unreachable),
            ("sssss", Deadline, Unreachable),
            ("ggfff", Unreachable, Unreachable),
            ("ggggg", Deadline, Deadline),
        ];
        for (votes, decided, over) in table {
            let mut round = round(votes);
            let failure = |round: Round| round.failure(NodeSet::EMPTY, FREE);
            assert_eq!(failure(round), decided, "{votes}");
            if round.decision() == Decision::Pending {
                round.expire();
            }
            assert_eq!(failure(round), over, "{votes} when the time is over");
        }
        let rejected = round("ffg").failure(NodeSet::first(2), None);
        assert_eq!(rejected, AcquireFailure::Rejected);
    }

    #[test]
    fn a_round_that_is_only_outbid_may_win_the_next_time() {
        for (votes, only) in [
            ("oog", true),
            ("oor", true),
            ("orr", false),
            ("ofr", false),
            ("gsr", false),
            ("ooooo", true),
        ] {
            assert_eq!(round(votes).only_outbid(), only, "{votes}");
        }
    }

    #[test]
    fn the_first_vote_of_a_node_stands() {
        let mut round = round("gs");
        assert_eq!(round.group.needed, 2);
        let first = NodeId::new(0).unwrap();
        round.count(first, Vote::Refused);
        round.count(first, Vote::Failed);
        assert_eq!(round.decision(), Decision::Pending);
        assert!(round.refused.is_empty() && round.failed.is_empty());
    }

    #[test]
    fn only_certain_refusals_are_spared_the_release() {
        assert_eq!(
            round("grfs").may_hold(),
            [0, 2, 3].into_iter().filter_map(NodeId::new).collect()
        );
    }

    /// One that is still to answer is not asked twice.
    #[test]
    fn who_has_answered_without_a_vote_is_asked_again_for_it() {
        let [one, other] = [0, 1].map(|index| NodeId::new(index).unwrap());
        let group = |node| Group::new(NodeSet::from_iter([node]), 1);
        let aim = |round: &mut Round, node| {
            let fresh = round.aim(group(node), NodeSet::first(2), NodeSet::EMPTY);
            fresh.contains(node)
        };
        let mut round = round("s");
        assert!(aim(&mut round, other));
        assert!(!aim(&mut round, one), "it has been asked");
        assert!(!aim(&mut round, other));
        round.count(one, Vote::Granted);
        assert_eq!(round.decision(), Decision::Pending);
        assert!(aim(&mut round, one));
        assert!(!aim(&mut round, other));
        assert!(!aim(&mut round, one), "it has been asked again");
        round.count(one, Vote::Granted);
        assert_eq!(round.decision(), Decision::Won);
    }

    #[test]
    fn a_quorum_is_free_when_the_kth_lease_ends() {
        let at = Instant::from_nanos;
        let never = Instant::NEVER;
        assert_eq!(
            quorum_free_at(0, 3, &mut [at(5), at(1), at(3), at(9)]),
            Some(at(5))
        );
        assert_eq!(
            quorum_free_at(2, 3, &mut [at(5), at(1), at(3)]),
            Some(at(1))
        );
        assert_eq!(quorum_free_at(0, 2, &mut [never, at(3)]), None);
        assert_eq!(
            quorum_free_at(0, 2, &mut [at(3)]),
            None,
            "too few nodes can vote"
        );
        assert_eq!(quorum_free_at(3, 3, &mut []), None, "a quorum was there");
    }
}
