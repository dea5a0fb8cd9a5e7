//! What `quorlock run` says on stderr: one line for each of acquired, released, lost and
//! failed, and for a node that does not vote; as text or as a JSON object.

use core::time::Duration;
use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::console::Console;
use crate::exit::Exit;
use crate::locked::Locked;

/// Something to say. The JSON object is the serialised variant with its name in
/// `event`; spans are numbers of milliseconds, points in time are Unix times in
/// milliseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Acquired(Acquired<'a>),
    Failed(Failed),
    Lost(Lost),
    Node(Node),
    Released(Released<'a>),
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Acquired<'a> {
    #[serde(flatten)]
    pub(crate) locked: Locked,
    pub(crate) owner: String,
    /// The fencing token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<u64>,
    #[serde(rename = "waited_ms")]
    pub(crate) waited: Millis,
    pub(crate) rounds: u32,
    /// The nodes that had granted when the quorum was complete.
    pub(crate) granted: Vec<&'a str>,
    pub(crate) votes_needed: usize,
    /// All that were asked.
    pub(crate) nodes: usize,
    pub(crate) valid_until_ms: u64,
    #[serde(rename = "valid_for_ms")]
    pub(crate) valid_for: Millis,
    /// The nodes live in this process, so that nobody outside is excluded.
    pub(crate) embedded: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Released<'a> {
    #[serde(flatten)]
    pub(crate) locked: Locked,
    #[serde(flatten)]
    pub(crate) verdict: ReleaseVerdict,
    pub(crate) nodes: Vec<NodeLine<'a>>,
    /// Successful extensions while the command ran.
    pub(crate) extensions: u64,
    #[serde(rename = "held_ms")]
    pub(crate) held: Millis,
}

/// What a release came to, in sum.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub(crate) enum ReleaseVerdict {
    /// It was lost before it was released.
    ExpiredEarlier,
    /// A quorum of nodes may hold our key until then.
    Unverified { unverified_until_ms: u64 },
    /// No quorum can hold it any more.
    Verified,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct NodeLine<'a> {
    pub(crate) node: &'a str,
    /// `released`, `gone`, `not ours`, `never asked`, `unknown`, or `confirmed` where
    /// it answered after a quorum had: our key is not there.
    pub(crate) verdict: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Lost {
    #[serde(flatten)]
    pub(crate) locked: Locked,
    pub(crate) cause: &'static str,
    /// From the end of the command to the end of the validity; negative where the
    /// command outlived it.
    pub(crate) ended_before_ms: f64,
}

/// A node as it is at present.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Node {
    #[serde(rename = "node")]
    pub(crate) name: String,
    pub(crate) state: NodeState,
    /// Why it does not vote for new locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// How long its quarantine lasts yet.
    #[serde(rename = "left_ms", skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<Millis>,
    /// What is less safe there than it could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caution: Option<String>,
}

/// Whether a node votes for new locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NodeState {
    /// It answers, and will vote by itself some time later.
    Quarantined,
    Ready,
    /// It can't be reached, or refuses us.
    Unusable,
}

/// A span; in JSON a number of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Millis(pub(crate) Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_secs_f64() * 1e3)
    }
}

/// Why there is no child's exit status to pass on.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failed {
    pub(crate) exit: Exit,
    pub(crate) error: String,
}

impl Failed {
    pub(crate) fn new(exit: Exit, error: impl fmt::Display) -> Self {
        Self {
            exit,
            error: error.to_string(),
        }
    }

    /// A failure of the system that leaves nothing to do.
    pub(crate) fn system(what: &str, error: &dyn fmt::Display) -> Self {
        Self::new(Exit::SYSTEM, format_args!("{what}: {error}"))
    }
}

/// Says things in the form that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    console: Console,
    json: bool,
    quiet: bool,
}

impl Report {
    pub(crate) const fn new(console: Console, json: bool, quiet: bool) -> Self {
        Self {
            console,
            json,
            quiet,
        }
    }

    /// Queues a line. Quiet, it says only what went wrong, and what is waited for.
    pub(crate) fn say(&self, line: &Line<'_>) {
        let told = match line {
            Line::Failed(_) | Line::Lost(_) => true,
            Line::Node(node) => !self.quiet || node.state == NodeState::Quarantined,
            Line::Acquired(_) | Line::Released(_) => !self.quiet,
        };
        if !told {
            return;
        }
        if !self.json {
            self.console.line(format!("quorlock: {line}"));
            return;
        }
        match serde_json::to_string(line) {
            Ok(object) => self.console.line(object),
            Err(error) => tracing::error!(%error, "a line can't be written as JSON"),
        }
    }

    /// Waits a moment until what was said is written, so that it stands before what
    /// the command writes. Blocks the thread.
    pub(crate) fn settle(&self, patience: Duration) {
        self.console.flush(patience);
    }
}

/// Says something before there is a [`Report`], and waits for it.
pub(crate) fn complain(message: fmt::Arguments<'_>) {
    use std::io::Write;
    // where stderr is closed there is nowhere to say so
    let _ = std::io::stderr().write_all(format!("quorlock: {message}\n").as_bytes());
}

/// The key as text; bytes that are not UTF-8 are replaced.
pub(crate) fn readable(key: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(key)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what it found by panicking")]

    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;

    fn locked(key: &'static str) -> Locked {
        Locked::new([&Bytes::from(key)])
    }

    pub(crate) fn acquired() -> Line<'static> {
        Line::Acquired(Acquired {
            locked: locked("a\nb"),
            owner: "0a-01".to_owned(),
            token: Some(1_700_000_000_000_001),
            waited: Millis(Duration::from_micros(1_500)),
            rounds: 2,
            granted: vec!["h:1", "h:2"],
            votes_needed: 2,
            nodes: 3,
            valid_until_ms: 1_700_000_000_123,
            valid_for: Millis(Duration::from_millis(9_898)),
            embedded: false,
        })
    }

    pub(crate) fn released(verdict: ReleaseVerdict) -> Line<'static> {
        Line::Released(Released {
            locked: locked("k"),
            verdict,
            nodes: vec![
                NodeLine {
                    node: "h:1",
                    verdict: "released".to_owned(),
                },
                NodeLine {
                    node: "h:2",
                    verdict: "gone".to_owned(),
                },
            ],
            extensions: 4,
            held: Millis(Duration::from_secs(2)),
        })
    }

    pub(crate) fn quarantined() -> Line<'static> {
        Line::Node(Node {
            name: "h:1".to_owned(),
            state: NodeState::Quarantined,
            problem: Some("in quarantine for 1.5 s more: it was restarted".to_owned()),
            left: Some(Millis(Duration::from_millis(1_500))),
            caution: None,
        })
    }

    pub(crate) fn lost(ended_before_ms: f64) -> Line<'static> {
        Line::Lost(Lost {
            locked: locked("k"),
            cause: "it expired",
            ended_before_ms,
        })
    }

    #[test]
    fn json_has_the_same_facts() {
        let object = |line: &Line<'_>| -> Value {
            serde_json::from_str(&serde_json::to_string(line).unwrap()).unwrap()
        };
        assert_eq!(
            object(&acquired()),
            json!({"event": "acquired", "key": "a\nb", "owner": "0a-01", "token": 1_700_000_000_000_001_u64, "waited_ms": 1.5,
                "rounds": 2, "granted": ["h:1", "h:2"], "votes_needed": 2, "nodes": 3,
                "valid_until_ms": 1_700_000_000_123_u64, "valid_for_ms": 9898.0, "embedded": false})
        );
        assert_eq!(
            object(&released(ReleaseVerdict::Unverified {
                unverified_until_ms: 12
            })),
            json!({"event": "released", "key": "k", "verdict": "unverified",
                "unverified_until_ms": 12, "extensions": 4, "held_ms": 2000.0,
                "nodes": [{"node": "h:1", "verdict": "released"},
                {"node": "h:2", "verdict": "gone"}]})
        );
        assert_eq!(
            object(&quarantined()),
            json!({"event": "node", "node": "h:1", "state": "quarantined", "left_ms": 1500.0,
                "problem": "in quarantine for 1.5 s more: it was restarted"})
        );
        let failed = Line::Failed(Failed::new(Exit::NOT_YET, "held"));
        assert_eq!(
            object(&failed),
            json!({"event": "failed", "exit": 75, "error": "held"})
        );
        assert_eq!(
            object(&lost(1.5)),
            json!({"event": "lost", "key": "k", "cause": "it expired", "ended_before_ms": 1.5})
        );
    }
}
