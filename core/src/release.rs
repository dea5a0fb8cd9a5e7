//! A release: deleting our key wherever it may be, and the verdict on it.
//!
//! Every round that was asked for ends in one of these, wanted or not: a lock that
//! is given back, a lost round, a cancelled acquisition. It outlives the lock, and
//! a connection: what a broken connection may have executed is released again on
//! the next one.

use core::time::Duration;

use crate::acquire::Wanted;
use crate::event::{LockId, ReleaseReport, Released, Verdict};
use crate::keys::Keys;
use crate::node::{NodeId, NodeSet};
use crate::owner::Owner;
use crate::route::Route;
use crate::time::Instant;
use crate::turn::Turn;
use crate::validity::Ttl;

/// How long after the end of its lease a key is still cleaned up on a node that
/// can't be reached. Such a key is there only if the node executes the acquire
/// that late; it then stays for one lease.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Pause before a release is repeated on a node that answered with an error.
pub(crate) const RETRY: Duration = Duration::from_millis(100);

/// A release on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Release {
    pub(crate) keys: Keys,
    pub(crate) owner: Owner,
    pub(crate) ttl: Ttl,
    /// Whose places in the queues it takes back as well.
    pub(crate) turn: Option<Turn>,
    /// Every node where our key may be.
    pub(crate) asked: NodeSet,
    /// Where our key certainly was.
    pub(crate) held: NodeSet,
    /// Sent, not answered.
    pub(crate) pending: NodeSet,
    /// To be sent when the node is connected (again).
    pub(crate) owed: NodeSet,
    /// To be sent again after a pause.
    pub(crate) retrying: NodeSet,
    /// Sent more than once: "gone" may be our own first release.
    pub(crate) repeated: NodeSet,
    /// Sent before an acquire of a connection that is over had to be executed: it may come behind.
    pub(crate) early: NodeSet,
    /// Who has been sent the script's text after `NOSCRIPT`.
    pub(crate) reloaded: NodeSet,
    /// How the nodes of a cluster have passed it on.
    pub(crate) route: Route,
    released: NodeSet,
    gone: NodeSet,
    foreign: NodeSet,
    /// Votes that make a quorum.
    needed: usize,
    /// The end of the last lease that was asked for.
    pub(crate) lease_end: Instant,
    /// When the acquire was of use; a node may execute it as late as that.
    pub(crate) wanted: Wanted,
    /// When a node's error has been waited out.
    pub(crate) retry_at: Instant,
    /// Who wants to hear of it.
    pub(crate) audience: Option<Audience>,
}

/// Who asked for a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Audience {
    pub(crate) lock: LockId,
    pub(crate) user_data: u64,
    /// The validity had ended before.
    pub(crate) had_lost: bool,
    /// Reported by then, whatever is known.
    pub(crate) report_by: Instant,
}

/// A node's answer to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReleaseVote {
    Foreign,
    Gone,
    Released,
}

impl Release {
    pub(crate) const fn new(
        keys: Keys,
        owner: Owner,
        ttl: Ttl,
        asked: NodeSet,
        needed: usize,
        (lease_end, wanted): (Instant, Wanted),
    ) -> Self {
        Self {
            keys,
            owner,
            ttl,
            turn: None,
            asked,
            held: NodeSet::EMPTY,
            pending: NodeSet::EMPTY,
            owed: asked,
            retrying: NodeSet::EMPTY,
            repeated: NodeSet::EMPTY,
            early: NodeSet::EMPTY,
            reloaded: NodeSet::EMPTY,
            route: Route::new(),
            released: NodeSet::EMPTY,
            gone: NodeSet::EMPTY,
            foreign: NodeSet::EMPTY,
            needed,
            lease_end,
            wanted,
            retry_at: Instant::NEVER,
            audience: None,
        }
    }

    /// Takes the places of a turn back that has no lock to release; they end at `ends`.
    pub(crate) fn of_turn(keys: Keys, turn: Turn, ttl: Ttl, nodes: NodeSet, ends: Instant) -> Self {
        let wanted = Wanted {
            from: ends,
            until: ends,
        };
        let mut leaving = Self::new(keys, turn.name(), ttl, nodes, nodes.len(), (ends, wanted));
        leaving.turn = Some(turn);
        leaving
    }

    /// The key is where these nodes are, and nowhere else: what was owed to others is owed
    /// to them. Only while no answer is open.
    pub(crate) const fn aim(&mut self, nodes: NodeSet) {
        self.asked = nodes;
        self.owed = nodes;
        if !self.held.is_empty() {
            self.held = nodes;
        }
        if !self.repeated.is_empty() {
            self.repeated = nodes;
        }
        self.retrying = NodeSet::EMPTY;
        self.retry_at = Instant::NEVER;
        self.reloaded = NodeSet::EMPTY;
    }

    /// Counts an answer. A node that released once stays released: the repeat of a
    /// release whose reply was lost confirms it.
    pub(crate) const fn count(&mut self, node: NodeId, vote: ReleaseVote) {
        self.pending.remove(node);
        if self.report().confirmed().contains(node) {
            return;
        }
        match vote {
            ReleaseVote::Foreign => self.foreign.insert(node),
            ReleaseVote::Gone => self.gone.insert(node),
            ReleaseVote::Released => self.released.insert(node),
        };
    }

    /// What is known per node.
    pub(crate) const fn report(&self) -> ReleaseReport {
        let confirmed = self.released.union(self.gone).union(self.foreign);
        ReleaseReport {
            foreign: self.foreign,
            gone: self.gone,
            released: self.released,
            unknown: self.asked.difference(confirmed),
        }
    }

    /// Nothing is left to send or to wait for.
    pub(crate) const fn is_done(&self) -> bool {
        self.pending
            .union(self.owed)
            .union(self.retrying)
            .is_empty()
    }

    /// Nodes that still owe their confirmation.
    pub(crate) const fn unconfirmed(&self) -> NodeSet {
        self.pending.union(self.owed).union(self.retrying)
    }

    /// Nodes that had lost our key before this release: they say so, and no
    /// release of ours can have been there first.
    const fn lost_before(&self) -> NodeSet {
        self.foreign.union(self.gone.difference(self.repeated))
    }

    /// A quorum had been lost before this release.
    const fn expired_earlier(&self) -> bool {
        self.asked.difference(self.lost_before()).len() < self.needed
    }

    /// The report, as soon as waiting can't change the verdict, or at its time.
    pub(crate) fn verdict(&self, now: Instant) -> Option<Released> {
        let audience = self.audience?;
        let report = self.report();
        let free = report.unknown.len() < self.needed;
        let held = self
            .asked
            .difference(self.lost_before())
            .difference(report.unknown);
        // who held a quorum at the release is known, one way or the other
        let settled = audience.had_lost || self.expired_earlier() || held.len() >= self.needed;
        let waiting = !self.is_done() && now < audience.report_by;
        if waiting && !(free && settled) {
            return None;
        }
        let verdict = if audience.had_lost || self.expired_earlier() {
            Verdict::ExpiredEarlier
        } else if free {
            Verdict::Verified
        } else {
            Verdict::Unverified {
                until: self.lease_end,
            }
        };
        Some(Released {
            lock: audience.lock,
            user_data: audience.user_data,
            verdict,
            report,
        })
    }

    /// When something is to be done without an answer: report, repeat, give up. What
    /// is past is done, but for a repeat that is overdue; then only the answers in flight
    /// are waited for.
    pub(crate) fn next_deadline(&self, now: Instant) -> Instant {
        let report_by = self
            .audience
            .map_or(Instant::NEVER, |audience| audience.report_by);
        let retry_at = Some(self.retry_at).filter(|_| !self.retrying.is_empty());
        let later = [report_by, self.give_up()]
            .into_iter()
            .filter(|at| *at > now);
        later.chain(retry_at).min().unwrap_or(Instant::NEVER)
    }

    /// From here on a node that can't be reached is not cleaned up any more.
    pub(crate) fn give_up(&self) -> Instant {
        self.lease_end + PATIENCE
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::owner::ClientId;
    use crate::slab::Slab;
    use bytes::Bytes;

    const REPORT_BY: Instant = Instant::from_nanos(1_000);

    fn release(nodes: usize, had_lost: bool) -> Release {
        let asked = NodeSet::first(nodes);
        let owner = Owner::new(ClientId(1), 1);
        let keys = Keys::from(Bytes::from_static(b"key"));
        let needed = nodes / 2 + 1;
        let end = Instant::from_nanos(9_000);
        let wanted = Wanted {
            from: Instant::ORIGIN,
            until: end,
        };
        let mut release = Release::new(keys, owner, Ttl::MAX, asked, needed, (end, wanted));
        release.pending = asked;
        release.owed = NodeSet::EMPTY;
        release.audience = Some(Audience {
            lock: LockId(Slab::new().insert(())),
            user_data: 7,
            had_lost,
            report_by: REPORT_BY,
        });
        release
    }

    /// Feeds answers by letter: `r`eleased, `g`one, `f`oreign, `.` none.
    fn answer(release: &mut Release, answers: &str) {
        for (index, letter) in answers.chars().enumerate() {
            let node = NodeId::new(index).unwrap();
            match letter {
                'r' => release.count(node, ReleaseVote::Released),
                'g' => release.count(node, ReleaseVote::Gone),
                'f' => release.count(node, ReleaseVote::Foreign),
                _ => {}
            }
        }
    }

    fn verdict(answers: &str, now: Instant) -> Option<Verdict> {
        let mut release = release(answers.len(), false);
        answer(&mut release, answers);
        release.verdict(now).map(|released| released.verdict)
    }

    #[test]
    fn verdicts_from_a_table() {
        let until = Instant::from_nanos(9_000);
        let unverified = Some(Verdict::Unverified { until });
        let verified = Some(Verdict::Verified);
        let expired = Some(Verdict::ExpiredEarlier);
        let table = [
            // answers, at once, at the time of the report
            (".", None, unverified),
            ("r", verified, verified),
            ("g", expired, expired),
            ("f", expired, expired),
            ("rrr..", verified, verified),
            ("rr...", None, unverified),
            ("rrg..", None, verified),
            ("rrgg.", None, verified),
            ("rrggr", verified, verified),
            ("rrggg", expired, expired),
            ("ggg..", expired, expired),
            ("ffr..", None, verified),
            ("rrrgf", verified, verified),
        ];
        for (answers, at_once, in_time) in table {
            assert_eq!(
                verdict(answers, Instant::ORIGIN),
                at_once,
                "{answers} at once"
            );
            assert_eq!(verdict(answers, REPORT_BY), in_time, "{answers} in time");
        }
    }

    #[test]
    fn a_repeat_that_is_overdue_is_not_forgotten() {
        let mut release = release(3, false);
        let (due, late) = (Instant::from_nanos(5), Instant::from_nanos(6));
        release.retry_at = due;
        assert_eq!(release.next_deadline(late), REPORT_BY, "nothing to repeat");
        release.retrying = NodeSet::first(1);
        assert_eq!(release.next_deadline(late), due);
        assert_eq!(release.next_deadline(Instant::ORIGIN), due);
    }

    #[test]
    fn a_repeat_that_finds_nothing_confirms() {
        let mut release = release(3, false);
        release.repeated = NodeSet::first(3);
        answer(&mut release, "ggg");
        assert_eq!(
            release.verdict(Instant::ORIGIN).unwrap().verdict,
            Verdict::Verified
        );
    }

    #[test]
    fn what_is_known_of_a_key_moves_with_it() {
        let (before, after) = (
            NodeSet::first(1),
            NodeSet::first(2).difference(NodeSet::first(1)),
        );
        for known in [NodeSet::EMPTY, before] {
            let mut release = release(1, false);
            release.held = known;
            release.repeated = known;
            release.aim(after);
            let expected = if known.is_empty() { known } else { after };
            assert_eq!((release.held, release.repeated), (expected, expected));
            assert_eq!((release.asked, release.owed), (after, after));
        }
    }

    #[test]
    fn a_lock_lost_before_its_release_is_told_so() {
        let mut release = release(3, true);
        answer(&mut release, "rr.");
        assert_eq!(
            release.verdict(Instant::ORIGIN).unwrap().verdict,
            Verdict::ExpiredEarlier
        );
    }

    #[test]
    fn nobody_is_told_of_a_release_that_nobody_asked_for() {
        let mut release = release(1, false);
        release.audience = None;
        answer(&mut release, "r");
        assert!(release.is_done());
        assert_eq!(release.verdict(REPORT_BY), None);
    }
}
