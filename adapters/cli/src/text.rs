//! The lines of the [report](crate::report) as text.

use core::fmt;
use core::time::Duration;
use std::time::UNIX_EPOCH;

use crate::report::{Acquired, Line, Lost, Node, NodeLine, NodeState, ReleaseVerdict, Released};

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acquired(acquired) => acquired.fmt(f),
            Self::Failed(failed) => f.write_str(&failed.error),
            Self::Lost(lost) => lost.fmt(f),
            Self::Node(node) => node.fmt(f),
            Self::Released(released) => released.fmt(f),
        }
    }
}

impl fmt::Display for Acquired<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "acquired {} in {:.1?}, {} of {} votes in round {} ({}), valid until {}",
            self.locked,
            self.waited.0,
            self.granted.len(),
            self.nodes,
            self.rounds,
            self.granted.join(", "),
            utc(self.valid_until_ms),
        )?;
        if let Some(token) = self.token {
            write!(f, ", token {token}")?;
        }
        if self.embedded {
            f.write_str("; the nodes are inside this process and exclude nobody outside of it")?;
        }
        Ok(())
    }
}

impl fmt::Display for Released<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "released {} after {:.1?}, ", self.locked, self.held.0)?;
        match self.verdict {
            ReleaseVerdict::ExpiredEarlier => f.write_str(
                "expired earlier: it was lost before it was released, and another owner may \
                 have had it since",
            )?,
            ReleaseVerdict::Unverified {
                unverified_until_ms,
            } => write!(
                f,
                "unverified until {}: too few nodes have answered, and others may find it \
                 held until then",
                utc(unverified_until_ms)
            )?,
            ReleaseVerdict::Verified => f.write_str("verified")?,
        }
        for (index, NodeLine { node, verdict }) in self.nodes.iter().enumerate() {
            let separator = if index == 0 { " (" } else { ", " };
            write!(f, "{separator}{node} {verdict}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}: ", self.name)?;
        f.write_str(self.problem.as_deref().unwrap_or("ready"))?;
        if self.state == NodeState::Quarantined {
            f.write_str(
                " (it may have lost what it granted; for a test server, --guard off does without)",
            )?;
        }
        if let Some(caution) = &self.caution {
            write!(f, "; {caution}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            locked,
            cause,
            ended_before_ms,
        } = self;
        write!(
            f,
            "lost {locked}: {cause}; the command was dead {:.0} ms ",
            ended_before_ms.abs()
        )?;
        f.write_str(if ended_before_ms.is_sign_negative() {
            "AFTER"
        } else {
            "before"
        })?;
        f.write_str(" the end of validity")
    }
}

/// A Unix time in milliseconds as a date and a time of day.
fn utc(millis: u64) -> impl fmt::Display {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::report::Failed;
    use crate::report::tests::{acquired, lost, quarantined, released};

    #[test]
    fn text_is_one_line() {
        let table = [
            (
                acquired(),
                r#"acquired "a\nb" in 1.5ms, 2 of 3 votes in round 2 (h:1, h:2), valid until 2023-11-14T22:13:20.123Z, token 1700000000000001"#,
            ),
            (
                released(ReleaseVerdict::Verified),
                r#"released "k" after 2.0s, verified (h:1 released, h:2 gone)"#,
            ),
            (
                lost(200.4),
                r#"lost "k": it expired; the command was dead 200 ms before the end of validity"#,
            ),
            (
                lost(-3.0),
                r#"lost "k": it expired; the command was dead 3 ms AFTER the end of validity"#,
            ),
            (
                released(ReleaseVerdict::ExpiredEarlier),
                r#"released "k" after 2.0s, expired earlier: it was lost before it was released, and another owner may have had it since (h:1 released, h:2 gone)"#,
            ),
            (
                released(ReleaseVerdict::Unverified {
                    unverified_until_ms: 1_700_000_000_123,
                }),
                r#"released "k" after 2.0s, unverified until 2023-11-14T22:13:20.123Z: too few nodes have answered, and others may find it held until then (h:1 released, h:2 gone)"#,
            ),
            (
                quarantined(),
                "node h:1: in quarantine for 1.5 s more: it was restarted (it may have lost what it granted; for a test server, --guard off does without)",
            ),
            (Line::Failed(Failed::new(Exit::USAGE, "no")), "no"),
        ];
        for (line, text) in table {
            assert_eq!(line.to_string(), text);
        }
    }
}
