//! What one request does to the keys of a lock of several: all of them or none.

use quorlock_embedded::Look;

use super::invariant::{Checked, Invariant};
use super::server::owner;
use super::wire::{Ask, Request};

/// Looks at the keys of a request's lock before and after a node has executed it, and answered with this code.
pub(super) fn check(
    request: &Request,
    code: Option<i64>,
    before: &[Option<Look>],
    after: &[Option<Look>],
) -> Checked {
    let (Some((_, own)), Some(_)) = (request.lock, request.with) else {
        return Ok(());
    };
    let is_own = |look: &Option<Look>| look.as_ref().and_then(owner) == Some(own);
    let right = match (request.ask, code) {
        (Ask::Acquire { .. } | Ask::Extend, Some(1)) => after.iter().all(is_own),
        (Ask::Release, Some(_)) => !after.iter().any(is_own),
        // refused, or not executed
        _ => before == after,
    };
    if right {
        return Ok(());
    }
    let what = format!("{}, answered with {code:?}, did a part", request.label());
    Err(Invariant::AllOrNone.broken(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::wire::OwnerName;

    const OWNER: OwnerName = OwnerName { life: 1, round: 1 };

    /// Keys by letter: `m`ine, of `a`nother owner, `f`ree.
    fn keys(letters: &str) -> Vec<Option<Look>> {
        let look = |life: usize| Look {
            value: Some(format!("{life:032x}-{:016x}", 1).into()),
            expires: Some(1),
        };
        let key = |letter| match letter {
            'm' => Some(look(1)),
            'a' => Some(look(2)),
            _ => None,
        };
        letters.chars().map(key).collect()
    }

    #[test]
    fn i17_a_part_of_the_keys_is_seen() {
        let acquire = Ask::Acquire { heals: false };
        for (ask, code, before, after, whole) in [
            (acquire, Some(1), "ff", "mm", true),
            (acquire, Some(1), "ff", "mf", false),
            (acquire, Some(0), "fa", "ma", false),
            (acquire, Some(0), "fa", "fa", true),
            (acquire, Some(-4), "ff", "fm", false),
            (Ask::Extend, Some(1), "mf", "mf", false),
            (Ask::Extend, Some(0), "mf", "mf", true),
            (Ask::Release, Some(1), "mm", "ff", true),
            (Ask::Release, Some(-1), "ma", "fa", true),
            (Ask::Release, Some(-1), "ma", "ma", false),
            (Ask::Release, None, "mm", "mm", true),
        ] {
            let request = Request {
                len: 0,
                ask,
                lock: Some((0, OWNER)),
                with: Some(1),
                giver: None,
                lease_ms: 100,
            };
            let checked = check(&request, code, &keys(before), &keys(after));
            assert_eq!(checked.is_ok(), whole, "{ask:?} {code:?} {before} {after}");
            let alone = Request {
                with: None,
                ..request
            };
            assert!(check(&alone, code, &keys(before), &keys(after)).is_ok());
        }
    }
}
