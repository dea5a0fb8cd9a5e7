//! The lines of the [report](crate::report), from what the driver tells.

use core::time::Duration;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use quorlock_tokio::{
    Caution, Client, CloseReport, FencingToken, Guard, LostCause, NodeStatus, NodeVerdict, Problem,
    Release, Verdict,
};

use crate::report::{
    Acquired, Line, Lost, Millis, Node, NodeLine, NodeState, ReleaseVerdict, Released, readable,
};
use crate::supervise::LostWhile;

/// The lock was granted; `until` is its end in Unix time.
pub(crate) fn acquired<'a>(
    client: &Client,
    guard: &'a Guard,
    until: UnixMillis,
    embedded: bool,
) -> Line<'a> {
    let grant = guard.grant();
    Line::Acquired(Acquired {
        key: readable(guard.key()),
        owner: guard.owner().to_string(),
        token: guard.token().map(FencingToken::get),
        waited: Millis(grant.waited),
        rounds: grant.rounds,
        granted: grant.nodes.iter().collect(),
        votes_needed: client.votes_needed(),
        nodes: client.nodes().len(),
        valid_until_ms: until.0,
        valid_for: Millis(guard.remaining()),
        embedded,
    })
}

/// The lock was lost while the command ran.
pub(crate) fn lost<'a>(key: &'a [u8], lost: &LostWhile) -> Line<'a> {
    let before = lost.valid_until.saturating_duration_since(lost.dead_at);
    let after = lost.dead_at.saturating_duration_since(lost.valid_until);
    Line::Lost(Lost {
        key: readable(key),
        cause: match lost.cause {
            None | Some(LostCause::Expired) => "it could not be extended in time",
            Some(LostCause::Overtaken) => "another owner has it",
            Some(LostCause::Abandoned | LostCause::Closed | LostCause::Released) => {
                "nobody extends it any more"
            }
        },
        ended_before_ms: (before.as_secs_f64() - after.as_secs_f64()) * 1e3,
    })
}

/// The lock was released after it was held for `held` and extended so often; `closed`
/// knows which nodes answered after the release had its quorum.
pub(crate) fn released<'a>(
    key: &'a [u8],
    release: &'a Release,
    closed: &CloseReport,
    held: Duration,
    extensions: u64,
) -> Line<'a> {
    let node = |(node, verdict): &'a (String, NodeVerdict)| {
        let answered = !closed.unconfirmed.contains(node);
        let verdict = if answered && *verdict == NodeVerdict::Unknown {
            "confirmed".to_owned()
        } else {
            verdict.to_string()
        };
        NodeLine { node, verdict }
    };
    let verdict = match release.verdict {
        Verdict::ExpiredEarlier => ReleaseVerdict::ExpiredEarlier,
        Verdict::Unverified { until } => ReleaseVerdict::Unverified {
            unverified_until_ms: UnixMillis::after(until.saturating_duration_since(Instant::now()))
                .0,
        },
        Verdict::Verified => ReleaseVerdict::Verified,
    };
    Line::Released(Released {
        key: readable(key),
        verdict,
        nodes: release.nodes.iter().map(node).collect(),
        extensions,
        held: Millis(held),
    })
}

/// A node as it is at present.
pub(crate) fn node(status: &NodeStatus) -> Node {
    let (state, left) = match &status.problem {
        None => (NodeState::Ready, None),
        Some(Problem::Quarantined(quarantine)) => {
            (NodeState::Quarantined, Some(Millis(quarantine.left)))
        }
        Some(_) => (NodeState::Unusable, None),
    };
    Node {
        name: status.name.clone(),
        state,
        problem: status.problem.as_ref().map(Problem::to_string),
        left,
        caution: status.caution.as_ref().map(Caution::to_string),
    }
}

/// Milliseconds since 1970, by the machine's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnixMillis(pub(crate) u64);

impl UnixMillis {
    /// The time when `span` will have passed.
    pub(crate) fn after(span: Duration) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self(u64::try_from(now.saturating_add(span).as_millis()).unwrap_or(u64::MAX))
    }
}
