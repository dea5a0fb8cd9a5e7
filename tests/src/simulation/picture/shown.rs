//! What of a trace is drawn: all of it, in the order of time, or what there was when an invariant was violated.

use super::super::trace::{Item, Trace};

/// Later than the picture ends.
pub(super) const LATER: u64 = u64::MAX;

/// The trace up to its first violation, in the order of time. What goes on from there does so until [`LATER`].
pub(super) fn shown(trace: &Trace) -> Trace {
    let ends = trace.items.iter().filter_map(|item| {
        let Item::Violation { at, .. } = item else {
            return None;
        };
        Some(*at)
    });
    let end = ends.min().unwrap_or(LATER);
    let mut items: Vec<Item> = trace.items.clone();
    items.retain(|item| begins(item) <= end);
    items.sort_by_key(begins);
    for item in &mut items {
        match item {
            Item::Fault { until, .. } | Item::Key { until, .. } | Item::Validity { until, .. } => {
                if *until > end {
                    *until = LATER;
                }
            }
            Item::Message { arrived, .. } => {
                *arrived = arrived.map(|at| if at > end { LATER } else { at });
            }
            Item::Note { .. } | Item::Violation { .. } => {}
        }
    }
    Trace { items, ..*trace }
}

const fn begins(item: &Item) -> u64 {
    match *item {
        Item::Fault { from, .. } | Item::Key { from, .. } | Item::Validity { from, .. } => from,
        Item::Message { sent, .. } => sent,
        Item::Note { at, .. } | Item::Violation { at, .. } => at,
    }
}
