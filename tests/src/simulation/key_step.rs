//! What one request does to the key of its lock: the invariants that look at no more than that.

use quorlock_embedded::Look;

use super::invariant::{Checked, Invariant};
use super::server::owner;
use super::wire::{Ask, OwnerName, Request};

/// A request that a node has executed, with a key of its lock before and after it.
#[derive(Debug)]
pub(super) struct KeyStep<'a> {
    pub(super) request: &'a Request,
    pub(super) key: usize,
    pub(super) own: OwnerName,
    pub(super) before: Option<&'a Look>,
    pub(super) after: Option<&'a Look>,
    /// The node's clock, in milliseconds.
    pub(super) now_ms: i64,
    /// The longest lease, in milliseconds.
    pub(super) longest_ms: i64,
}

impl KeyStep<'_> {
    pub(super) fn check(&self) -> Checked {
        let (key, own) = (self.key, self.own);
        let giver = self.request.giver;
        let is_own = |look: &Look| owner(look) == Some(own);
        let is_given = |look: &Look| giver.is_some() && owner(look) == giver;
        let label = self.request.label();
        let broken = match (self.request.ask, self.before, self.after) {
            (_, Some(other), after)
                if !is_own(other) && !is_given(other) && after != self.before =>
            {
                let what = format!("{label} changed another owner's key {key}");
                Some(Invariant::OwnKeysOnly.broken(what))
            }
            (_, None, Some(new)) if !is_own(new) => {
                let what = format!("{label} wrote a strange owner under key {key}");
                Some(Invariant::OwnKeysOnly.broken(what))
            }
            (Ask::Extend | Ask::Acquire { .. }, Some(old), None) if is_own(old) => {
                let what = format!("{label} deleted its own key {key}");
                Some(Invariant::OwnKeysOnly.broken(what))
            }
            (Ask::Extend, None, Some(_)) => {
                let what = format!("an extension made key {key}");
                Some(Invariant::ForgettersSilent.broken(what))
            }
            (Ask::HandOver, _, Some(left)) if is_given(left) => {
                let what = format!("a hand-over left the giver's key {key}");
                Some(Invariant::NothingLeft.broken(what))
            }
            (Ask::Release, _, Some(left)) if is_own(left) => {
                let what = format!("a release left its own key {key}");
                Some(Invariant::NothingLeft.broken(what))
            }
            _ => None,
        };
        match broken {
            None => self.check_end(key),
            Some(broken) => Err(broken),
        }
    }

    /// The same, where the node has refused the request.
    pub(super) fn check_untouched(&self) -> Checked {
        if self.before == self.after {
            return Ok(());
        }
        let (key, label) = (self.key, self.request.label());
        let what = format!("{label} was refused, and changed key {key}");
        Err(Invariant::OwnKeysOnly.broken(what))
    }

    fn check_end(&self, key: usize) -> Checked {
        let Some(look) = self.after else {
            return Ok(());
        };
        let fits = |end: i64| self.after == self.before || end <= self.now_ms + self.longest_ms;
        if look.expires.is_some_and(fits) {
            return Ok(());
        }
        let what = format!("key {key} ends at {:?}", look.expires);
        Err(Invariant::EveryKeyEnds.broken(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::wire::OwnerName;

    const NOW: i64 = 1_700_000_000_000;

    fn name(life: usize) -> OwnerName {
        OwnerName { life, round: 1 }
    }

    /// The key of a client's first round, which ends so many milliseconds from now.
    fn key(life: usize, left: Option<i64>) -> Look {
        Look {
            value: Some(format!("{life:032x}-{:016x}", 1).into()),
            expires: left.map(|left| NOW + left),
        }
    }

    /// What client 1 breaks with a request that finds and leaves these keys.
    fn broken(ask: Ask, before: Option<&Look>, after: Option<&Look>) -> Option<Invariant> {
        let request = Request {
            len: 0,
            with: None,
            ask,
            lock: Some((0, name(1))),
            giver: (ask == Ask::HandOver).then(|| name(3)),
            lease_ms: 100,
        };
        let step = KeyStep {
            request: &request,
            key: 0,
            own: name(1),
            before,
            after,
            now_ms: NOW,
            longest_ms: 1_000,
        };
        step.check().err().map(|broken| broken.invariant)
    }

    const ACQUIRE: Ask = Ask::Acquire { heals: false };

    #[test]
    fn i04_who_touches_anothers_key_is_seen() {
        let (own, other) = (key(1, Some(100)), key(2, Some(100)));
        let renewed = key(2, Some(900));
        for ask in [ACQUIRE, Ask::Extend, Ask::HandOver, Ask::Release] {
            assert_eq!(broken(ask, Some(&other), Some(&other)), None);
            for after in [None, Some(&own), Some(&renewed)] {
                let found = broken(ask, Some(&other), after);
                assert_eq!(found, Some(Invariant::OwnKeysOnly), "{ask:?} {after:?}");
            }
        }
        assert_eq!(broken(ACQUIRE, None, Some(&own)), None);
        let stranger = broken(ACQUIRE, None, Some(&other));
        assert_eq!(stranger, Some(Invariant::OwnKeysOnly));
    }

    #[test]
    fn i05_a_key_without_an_end_is_seen() {
        for (left, ends) in [(Some(1_000), true), (Some(1_001), false), (None, false)] {
            let found = broken(ACQUIRE, None, Some(&key(1, left)));
            assert_eq!(
                found,
                (!ends).then_some(Invariant::EveryKeyEnds),
                "{left:?}"
            );
        }
        // a clock that went back makes no key longer than it was
        let long = key(2, Some(5_000));
        assert_eq!(broken(ACQUIRE, Some(&long), Some(&long)), None);
    }

    #[test]
    fn i14_a_release_that_leaves_its_key_is_seen() {
        let (own, given) = (key(1, Some(100)), key(3, Some(100)));
        let left = Some(Invariant::NothingLeft);
        assert_eq!(broken(Ask::Release, Some(&own), Some(&own)), left);
        assert_eq!(broken(Ask::Release, Some(&own), None), None);
        assert_eq!(broken(Ask::HandOver, Some(&given), Some(&given)), left);
        assert_eq!(broken(Ask::HandOver, Some(&given), Some(&own)), None);
        assert_eq!(broken(Ask::HandOver, Some(&given), None), None);
    }

    #[test]
    fn i15_an_extension_that_makes_a_key_is_seen() {
        let own = key(1, Some(100));
        let found = broken(Ask::Extend, None, Some(&own));
        assert_eq!(found, Some(Invariant::ForgettersSilent));
        assert_eq!(broken(Ask::Extend, Some(&own), Some(&own)), None);
    }
}
