//! The verdict on a release, held to the keys on the nodes.

use quorlock_core::{Released, Verdict};

use super::invariant::{Checked, Invariant};

/// What is so when a client is told of a release.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// Votes of a quorum.
    pub(super) needed: usize,
    /// Nodes that still have a key of the lock under its owner. Those that are down are among them; those that came back
    /// of late are not: with older data a key that was deleted is there again, until its TTL.
    pub(super) holding: usize,
    /// The client was told of the loss before.
    pub(super) lost: bool,
}

/// A verdict says no more than what is so.
pub(super) fn check(client: usize, released: &Released, facts: Facts) -> Checked {
    let Facts {
        needed,
        holding,
        lost,
    } = facts;
    let report = &released.report;
    let wrong = match released.verdict {
        Verdict::Verified => (holding >= needed).then(|| format!("{holding} nodes still hold it")),
        Verdict::ExpiredEarlier => {
            let had = report.released.union(report.unknown).len();
            (!lost && had >= needed).then(|| format!("{had} nodes may have held it"))
        }
        Verdict::Unverified { .. } => {
            let unknown = report.unknown.len();
            (unknown < needed).then(|| format!("only {unknown} nodes are unknown"))
        }
    };
    match wrong {
        None => Ok(()),
        Some(why) => Err(Invariant::TrueVerdicts.broken(format!(
            "client {client} was told {:?}, but {why}",
            released.verdict
        ))),
    }
}

#[cfg(test)]
mod tests {
    use quorlock_core::{Instant, NodeSet, ReleaseReport};

    use super::super::by_hand::{broken, locks};
    use super::*;

    /// Whether this verdict passes, on a lock of three nodes whose quorum is two.
    fn told(verdict: Verdict, report: ReleaseReport, holding: usize, lost: bool) -> bool {
        let released = Released {
            lock: locks()[0],
            user_data: 0,
            verdict,
            report,
        };
        let facts = Facts {
            needed: 2,
            holding,
            lost,
        };
        let found = broken(check(0, &released, facts));
        assert!(matches!(found, None | Some(Invariant::TrueVerdicts)));
        found.is_none()
    }

    /// So many nodes have released it, and so many have not answered.
    fn report(released: usize, unknown: usize) -> ReleaseReport {
        let both = NodeSet::first(released + unknown);
        ReleaseReport {
            released: NodeSet::first(released),
            unknown: both.difference(NodeSet::first(released)),
            ..ReleaseReport::default()
        }
    }

    #[test]
    fn i07_verified_while_a_quorum_holds_it_is_seen() {
        for (holding, is_true) in [(0, true), (1, true), (2, false), (3, false)] {
            let report = report(3, 0);
            assert_eq!(told(Verdict::Verified, report, holding, false), is_true);
        }
    }

    #[test]
    fn i07_expired_earlier_is_seen_where_it_had_not() {
        for (released, unknown, is_true) in [
            (0, 0, true),
            (1, 0, true),
            (0, 1, true),
            (1, 1, false),
            (2, 0, false),
            (0, 2, false),
        ] {
            let report = report(released, unknown);
            assert_eq!(told(Verdict::ExpiredEarlier, report, 0, false), is_true);
            assert!(
                told(Verdict::ExpiredEarlier, report, 0, true),
                "it was lost"
            );
        }
    }

    #[test]
    fn i07_unverified_with_answers_enough_is_seen() {
        let verdict = Verdict::Unverified {
            until: Instant::NEVER,
        };
        for (unknown, is_true) in [(0, false), (1, false), (2, true), (3, true)] {
            let report = report(3 - unknown, unknown);
            assert_eq!(told(verdict, report, 0, false), is_true);
        }
    }
}
