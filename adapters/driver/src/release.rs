//! What a release came to, with names of nodes and times of the standard library.

use core::fmt;
use std::time::Instant;

use quorlock_core::{NodeId, NodeVerdict, Released};

use crate::engine::Engine;
use crate::names::{AllNames, name_of};

/// The answer to [`Guard::release`](crate::Guard::release).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// In sum.
    pub verdict: Verdict,
    /// What each node said, by its name, in the order of the configuration; in a cluster,
    /// what the one said that has the key.
    pub nodes: Vec<(String, NodeVerdict)>,
}

/// What a release came to, in sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The lock had been lost before it was released: the work may have overlapped
    /// with another holder's.
    ExpiredEarlier,
    /// A quorum may hold the lock until then at the latest; the release goes on.
    Unverified {
        /// The end of the last lease that was asked for.
        until: Instant,
    },
    /// No quorum can hold the lock any more.
    Verified,
}

impl Release {
    pub(crate) fn new(released: &Released, engine: &Engine) -> Self {
        let names = &engine.names();
        let report = &released.report;
        let verdict = match released.verdict {
            quorlock_core::Verdict::ExpiredEarlier => Verdict::ExpiredEarlier,
            quorlock_core::Verdict::Unverified { until } => Verdict::Unverified {
                until: engine.clock.deadline(until),
            },
            quorlock_core::Verdict::Verified => Verdict::Verified,
        };
        // most nodes of a cluster have nothing to do with a key
        let told =
            |node: &NodeId| !engine.is_cluster || report.of(*node) != NodeVerdict::NeverAsked;
        let node = |node| (name_of(names, node).to_owned(), report.of(node));
        Self {
            verdict,
            nodes: all_nodes(names).filter(told).map(node).collect(),
        }
    }

    /// Nobody told: the task that would know is gone.
    pub(crate) fn unknown(until: Instant, names: &AllNames) -> Self {
        let node = |node| (name_of(names, node).to_owned(), NodeVerdict::Unknown);
        Self {
            verdict: Verdict::Unverified { until },
            nodes: all_nodes(names).map(node).collect(),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.verdict)?;
        for (position, (name, verdict)) in self.nodes.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{name}: {verdict}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpiredEarlier => f.write_str("lost before it was released"),
            Self::Unverified { .. } => f.write_str("not verified yet"),
            Self::Verified => f.write_str("released"),
        }
    }
}

fn all_nodes(names: &AllNames) -> impl Iterator<Item = NodeId> {
    (0..names.len()).filter_map(NodeId::new)
}
