//! What the log tells of locks and nodes. Never a password: none comes this far.

use quorlock_core::{Event, NodeSet, Problem, Verdict};
use tracing::{debug, info, warn};

use crate::error::shown;
use crate::names::{AllNames, NodeNames, name_of};
use crate::slot::Slot;

/// Where the state of nodes is logged. A target of its own, so that an application
/// that shows it to its user by itself (see
/// [`Client::watch_nodes`](crate::Client::watch_nodes)) can leave it out of the log.
const NODES: &str = "quorlock_driver::nodes";

/// Writes an event to the log.
pub(crate) fn event(event: &Event, slot: Option<&Slot>, names: &AllNames) {
    let key = || slot.map_or_else(String::new, |slot| shown(&slot.keys));
    let list = |set: NodeSet| NodeNames::new(set, names);
    match event {
        Event::Acquired(it) => debug!(
            key = %key(), owner = %it.owner, granted = %list(it.granted), rounds = it.rounds,
            waited = ?it.waited, "lock acquired"
        ),
        Event::AcquireFailed(it) => {
            debug!(key = %key(), reason = ?it.reason, "lock not acquired");
        }
        Event::Extended(it) => {
            debug!(key = %key(), extended = %list(it.extended), healed = %list(it.healed), "lease extended");
        }
        Event::ExtendFailed(it) => warn!(
            key = %key(), absent = %list(it.absent), foreign = %list(it.foreign),
            failed = %list(it.failed), last = it.last, "lease not extended, still held"
        ),
        Event::Lost(it) => warn!(key = %key(), cause = ?it.cause, "lock lost"),
        Event::Released(it) => match it.verdict {
            Verdict::Verified => debug!(key = %key(), "lock released"),
            Verdict::Unverified { .. } => {
                info!(key = %key(), unknown = %list(it.report.unknown), "release not verified yet");
            }
            Verdict::ExpiredEarlier => {
                warn!(key = %key(), "lock released after it had been lost");
            }
        },
        Event::Node(it) => {
            let node = name_of(names, it.node);
            if let Some(caution) = it.caution {
                warn!(target: NODES, node, "{caution}");
            }
            match &it.problem {
                None => info!(target: NODES, node, "node ready"),
                Some(Problem::Connecting) => debug!(target: NODES, node, "connecting"),
                Some(problem) => warn!(target: NODES, node, %problem, "node not in use"),
            }
        }
        Event::Closed(it) => {
            debug!(unconfirmed = %list(it.unconfirmed), "client closed");
        }
    }
}
