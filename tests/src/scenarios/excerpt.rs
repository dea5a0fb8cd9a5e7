//! The part of a run that a picture is about.

use crate::simulation::Trace;
use crate::simulation::trace::Item;

/// Messages that keep up connections, and touch no lock.
const UPKEEP: [&str; 5] = ["hello", "ping", "pong", "slots", "whose slots?"];

/// What happens from one time to another, in nanoseconds. What began before begins with the excerpt, and what goes on
/// behind its end has none; how the clients connect is left out.
pub(super) fn excerpt(trace: &Trace, from: u64, until: u64) -> Trace {
    let mut items = trace.items.clone();
    items.retain_mut(|item| match item {
        Item::Fault {
            from: begin,
            until: end,
            ..
        }
        | Item::Key {
            from: begin,
            until: end,
            ..
        }
        | Item::Validity {
            from: begin,
            until: end,
            ..
        } => {
            *begin = from.max(*begin);
            if *end > until {
                *end = u64::MAX;
            }
            *end >= from && *begin < until
        }
        Item::Message { sent, label, .. } => {
            (from..until).contains(sent) && !UPKEEP.contains(&label.as_str())
        }
        Item::Note { at, .. } => (from..until).contains(at),
        Item::Violation { .. } => true,
    });
    Trace { items, ..*trace }
}
