//! Says at once when a node does not vote, so that nobody waits for it unawares.

use core::time::Duration;
use std::time::Instant;

use quorlock_tokio::{Caution, NodeStatus, NodeWatch, Problem};

use crate::lines;
use crate::report::{Line, Report};

/// A quarantine whose end moves by more than this has begun anew.
const BEGUN_ANEW: Duration = Duration::from_secs(1);

/// Says what becomes of the nodes until the client is closed.
pub(crate) async fn announce(mut watch: NodeWatch, report: Report) {
    let mut known: Vec<Known> = Vec::new();
    while let Some(nodes) = watch.changed().await {
        known.resize_with(nodes.len(), Known::default);
        for (node, known) in nodes.iter().zip(&mut known) {
            let found = Known::of(node);
            // being connected is no news, whichever way it ends
            let connecting = node.problem == Some(Problem::Connecting);
            if !connecting && found.differs(known) {
                report.say(&Line::Node(lines::node(node)));
                *known = found;
            }
        }
    }
}

/// What was said of a node. At first as if it were ready: that is not worth a line.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Why it does not vote, in words that stay the same while it lasts.
    problem: Option<String>,
    quarantined_until: Option<Instant>,
    caution: Option<Caution>,
}

impl Known {
    fn of(node: &NodeStatus) -> Self {
        let (problem, left) = match &node.problem {
            None => (None, None),
            Some(Problem::Quarantined(it)) => (Some(it.cause.to_string()), Some(it.left)),
            Some(problem) => (Some(problem.to_string()), None),
        };
        Self {
            problem,
            quarantined_until: left.and_then(|left| Instant::now().checked_add(left)),
            caution: node.caution,
        }
    }

    fn differs(&self, known: &Self) -> bool {
        let begun_anew = match (self.quarantined_until, known.quarantined_until) {
            (Some(until), Some(known)) => until > known + BEGUN_ANEW,
            (None, _) | (_, None) => false,
        };
        let new_caution = self.caution.is_some() && self.caution != known.caution;
        self.problem != known.problem || new_caution || begun_anew
    }
}

#[cfg(test)]
mod tests {
    use quorlock_tokio::{Quarantine, QuarantineCause};

    use super::*;

    fn quarantined(left_secs: u64) -> NodeStatus {
        NodeStatus {
            name: "h:1".to_owned(),
            problem: Some(Problem::Quarantined(Quarantine {
                cause: QuarantineCause::NotArmed,
                left: Duration::from_secs(left_secs),
            })),
            caution: None,
        }
    }

    #[test]
    fn the_same_is_not_said_again() {
        let ready = NodeStatus {
            problem: None,
            ..quarantined(0)
        };
        let unable = NodeStatus {
            caution: Some(Caution::CannotKill),
            ..ready.clone()
        };
        let silent = NodeStatus {
            problem: Some(Problem::Silent),
            ..ready.clone()
        };
        let table = [
            (&ready, &ready, false),
            (&quarantined(20), &ready, true),
            (&quarantined(19), &quarantined(20), false),
            (&quarantined(30), &quarantined(20), true),
            (&ready, &quarantined(20), true),
            (&silent, &quarantined(20), true),
            (&silent, &silent, false),
            (&unable, &ready, true),
            (&unable, &unable, false),
            (&ready, &unable, false),
        ];
        for (now, before, told) in table {
            let (now, before) = (Known::of(now), Known::of(before));
            assert_eq!(now.differs(&before), told, "{now:?} after {before:?}");
        }
    }
}
