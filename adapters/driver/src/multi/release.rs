//! What the release of several locks came to.

use core::fmt;

use super::part::Part;
use crate::release::{Release, Verdict};

/// The answer to [`MultiGuard::release`](crate::MultiGuard::release).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiRelease {
    /// In sum: the worst of the parts' verdicts.
    pub verdict: Verdict,
    /// What each part said, in the order of the request.
    pub parts: Vec<Part<Release>>,
}

impl MultiRelease {
    pub(super) fn new(parts: Vec<Part<Release>>) -> Self {
        let verdicts = parts.iter().map(|part| part.told.verdict);
        Self {
            verdict: verdicts.fold(Verdict::Verified, worse),
            parts,
        }
    }
}

/// A part that was lost may have been another's; one that is not verified will be free.
fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::ExpiredEarlier, _) | (_, Verdict::ExpiredEarlier) => Verdict::ExpiredEarlier,
        (Verdict::Unverified { until }, Verdict::Unverified { until: others }) => {
            Verdict::Unverified {
                until: until.max(others),
            }
        }
        (it @ Verdict::Unverified { .. }, Verdict::Verified)
        | (Verdict::Verified, it @ Verdict::Unverified { .. }) => it,
        (Verdict::Verified, Verdict::Verified) => Verdict::Verified,
    }
}

impl fmt::Display for MultiRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.parts.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{part}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_worst_verdict_stands_for_all() {
        let now = Instant::now();
        let unverified = |seconds| Verdict::Unverified {
            until: now + Duration::from_secs(seconds),
        };
        let all = [
            Verdict::Verified,
            unverified(1),
            unverified(2),
            Verdict::ExpiredEarlier,
        ];
        for (rank, one) in all.into_iter().enumerate() {
            for other in all.into_iter().take(rank + 1) {
                assert_eq!(worse(one, other), one);
                assert_eq!(worse(other, one), one);
            }
        }
    }
}
