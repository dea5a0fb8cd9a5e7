//! The lines of the [report](crate::report), from what the driver tells.

use core::time::Duration;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use quorlock_tokio::{
    Caution, Client, FencingToken, Guard, LostCause, MultiGuard, NodeStatus, NodeVerdict, Part,
    Problem, Release, Verdict,
};

use crate::locked::Locked;
use crate::report::{
    Acquired, Line, Lost, Millis, Node, NodeLine, NodeState, ReleaseVerdict, Released,
};
use crate::supervise::LostWhile;

/// A part of the lock, granted by this client's nodes; `until` is the end of the whole in
/// Unix time.
pub(crate) fn acquired<'a>(
    client: &Client,
    part: &'a Guard,
    whole: &MultiGuard,
    until: UnixMillis,
    embedded: bool,
) -> Line<'a> {
    let grant = part.grant();
    Line::Acquired(Acquired {
        locked: Locked::new(part.keys().iter()),
        owner: part.owner().to_string(),
        token: part.token().map(FencingToken::get),
        waited: Millis(whole.waited()),
        rounds: grant.rounds,
        granted: grant.nodes.iter().collect(),
        votes_needed: client.votes_needed(),
        nodes: client.nodes().len(),
        valid_until_ms: until.0,
        valid_for: Millis(whole.remaining()),
        embedded,
    })
}

/// The lock was lost while the command ran.
pub(crate) fn lost(lost: &LostWhile) -> Line<'static> {
    let before = lost.valid_until.saturating_duration_since(lost.dead_at);
    let after = lost.dead_at.saturating_duration_since(lost.valid_until);
    Line::Lost(Lost {
        locked: Locked::new(lost.keys.iter()),
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

/// A part of the lock was released after it was held for `held` and extended so often; all
/// nodes but the `unconfirmed` ones answered, though maybe after the release had its quorum.
pub(crate) fn released<'a>(
    part: &'a Part<Release>,
    unconfirmed: &[String],
    held: Duration,
    extensions: u64,
) -> Line<'a> {
    let node = |(node, verdict): &'a (String, NodeVerdict)| {
        let answered = !unconfirmed.contains(node);
        let verdict = if answered && *verdict == NodeVerdict::Unknown {
            "confirmed".to_owned()
        } else {
            verdict.to_string()
        };
        NodeLine { node, verdict }
    };
    let release = &part.told;
    let verdict = match release.verdict {
        Verdict::ExpiredEarlier => ReleaseVerdict::ExpiredEarlier,
        Verdict::Unverified { until } => ReleaseVerdict::Unverified {
            unverified_until_ms: UnixMillis::after(until.saturating_duration_since(Instant::now()))
                .0,
        },
        Verdict::Verified => ReleaseVerdict::Verified,
    };
    Line::Released(Released {
        locked: Locked::new(part.keys.iter()),
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
