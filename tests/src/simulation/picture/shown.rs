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
    join(&mut items);
    Trace { items, ..*trace }
}

/// Faults that strike one place for the same time become one, with the words of all.
fn join(items: &mut Vec<Item>) {
    let mut joined: Vec<Item> = Vec::new();
    for item in items.drain(..) {
        let known = joined.iter_mut().find_map(|known| same_fault(known, &item));
        match (known, item) {
            (Some(words), Item::Fault { label, .. }) => {
                words.push_str("; ");
                words.push_str(&label);
            }
            (_, item) => joined.push(item),
        }
    }
    *items = joined;
}

/// The words of a fault, where the other one is at the same place and time.
fn same_fault<'a>(known: &'a mut Item, other: &Item) -> Option<&'a mut String> {
    match (known, other) {
        (
            Item::Fault {
                place,
                from,
                until,
                label,
            },
            Item::Fault {
                place: other_place,
                from: other_from,
                until: other_until,
                ..
            },
        ) if (&*place, &*from, &*until) == (other_place, other_from, other_until) => Some(label),
        _ => None,
    }
}

const fn begins(item: &Item) -> u64 {
    match *item {
        Item::Fault { from, .. } | Item::Key { from, .. } | Item::Validity { from, .. } => from,
        Item::Message { sent, .. } => sent,
        Item::Note { at, .. } | Item::Violation { at, .. } => at,
    }
}
