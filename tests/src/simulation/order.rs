//! The order of a lock's events: granted; then extensions; then one end.

use quorlock_core::{Event, LockId};

use super::client::Stage;
use super::invariant::{Checked, Invariant};

/// Holds an event of a client to how far its lock has come; `None`: nobody waits for news of that lock any more.
pub(super) fn check(
    client: usize,
    event: &Event,
    stage: impl Fn(LockId) -> Option<Stage>,
) -> Checked {
    let (in_turn, what) = match event {
        Event::Acquired(it) => (stage(it.lock) == Some(Stage::Asked), "granted"),
        Event::AcquireFailed(it) => (stage(it.lock) == Some(Stage::Asked), "refused"),
        Event::Extended(it) => (stage(it.lock) == Some(Stage::Held), "extended"),
        Event::ExtendFailed(it) => (stage(it.lock) == Some(Stage::Held), "not extended"),
        Event::Lost(it) => (is_unlost(stage(it.lock)), "told of a loss"),
        Event::Released(it) => (is_released(stage(it.lock)), "told of a release"),
        Event::Closed(_) | Event::Node(_) => return Ok(()),
    };
    if in_turn {
        return Ok(());
    }
    let what = format!("client {client} was {what} out of turn");
    Err(Invariant::EventOrder.broken(what))
}

/// A release at the end of validity tells the loss first.
const fn is_unlost(stage: Option<Stage>) -> bool {
    matches!(stage, Some(Stage::Held | Stage::Released { lost: false }))
}

const fn is_released(stage: Option<Stage>) -> bool {
    matches!(stage, Some(Stage::Released { .. }))
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use quorlock_core::{
        AcquireFailed, AcquireFailure, Acquired, Closed, ExtendFailed, Extended, Instant, Lost,
        LostCause, NodeSet, Released, Verdict,
    };

    use super::super::by_hand::{broken, locks, owner};
    use super::*;

    const NONE: NodeSet = NodeSet::EMPTY;
    const UNTIL: Instant = Instant::from_nanos(1);

    /// One event of each kind that a lock has, with what its test calls it.
    fn events(lock: LockId) -> [(&'static str, Event); 6] {
        let acquired = Acquired {
            lock,
            user_data: 0,
            owner: owner(1),
            token: None,
            valid_until: UNTIL,
            granted: NONE,
            rounds: 1,
            waited: Duration::ZERO,
        };
        let failed = AcquireFailed {
            lock,
            user_data: 0,
            reason: AcquireFailure::Deadline,
            problems: Vec::new(),
        };
        let extended = Extended {
            lock,
            user_data: 0,
            valid_until: UNTIL,
            extended: NONE,
            healed: NONE,
        };
        let not_extended = ExtendFailed {
            lock,
            user_data: 0,
            valid_until: UNTIL,
            absent: NONE,
            foreign: NONE,
            failed: NONE,
            last: false,
        };
        let lost = Lost {
            lock,
            user_data: 0,
            valid_until: UNTIL,
            cause: LostCause::Expired,
        };
        let released = Released {
            lock,
            user_data: 0,
            verdict: Verdict::Verified,
            report: quorlock_core::ReleaseReport::default(),
        };
        [
            ("acquired", Event::Acquired(acquired)),
            ("refused", Event::AcquireFailed(failed)),
            ("extended", Event::Extended(extended)),
            ("not extended", Event::ExtendFailed(not_extended)),
            ("lost", Event::Lost(lost)),
            ("released", Event::Released(released)),
        ]
    }

    #[test]
    fn i11_an_event_out_of_turn_is_seen() {
        let [lock, _] = locks();
        for (stage, in_turn) in [
            (None, &[][..]),
            (Some(Stage::Asked), &["acquired", "refused"]),
            (Some(Stage::Held), &["extended", "not extended", "lost"]),
            (Some(Stage::Lost), &[]),
            (Some(Stage::Released { lost: false }), &["lost", "released"]),
            (Some(Stage::Released { lost: true }), &["released"]),
        ] {
            for (kind, event) in events(lock) {
                let found = broken(check(0, &event, |_| stage));
                let seen = !in_turn.contains(&kind);
                let expected = seen.then_some(Invariant::EventOrder);
                assert_eq!(found, expected, "{kind} at {stage:?}");
            }
        }
    }

    #[test]
    fn i11_an_event_is_held_to_its_own_lock() {
        let [asked, other] = locks();
        let stage = |lock| (lock == asked).then_some(Stage::Asked);
        let [(_, mine), ..] = events(asked);
        assert_eq!(broken(check(0, &mine, stage)), None);
        let [(_, anothers), ..] = events(other);
        let found = broken(check(0, &anothers, stage));
        assert_eq!(found, Some(Invariant::EventOrder));
        // of no lock
        let closed = Event::Closed(Closed { unconfirmed: NONE });
        assert_eq!(broken(check(0, &closed, |_| None)), None);
    }
}
