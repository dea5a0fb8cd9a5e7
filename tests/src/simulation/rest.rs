//! Whether time goes on: a client that did what was due lets it, and so does the world.

use quorlock_core::Instant;

use super::invariant::{Checked, Invariant};

/// A world that has so many events in one moment does not come to rest.
const MOST_AT_ONCE: u32 = 10_000;

/// Counts the events of one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moment {
    at: u64,
    events: u32,
}

impl Moment {
    /// One more event, at `at`.
    pub(super) fn check_next(&mut self, at: u64) -> Checked {
        self.events = if at > self.at { 0 } else { self.events + 1 };
        self.at = at;
        if self.events > MOST_AT_ONCE {
            return Err(Invariant::TimersAdvance.broken("time stands still"));
        }
        Ok(())
    }
}

/// A client did at `now` what was due, and wants to be called again at `next`.
pub(super) fn check_timer(client: usize, now: Instant, next: Option<Instant>) -> Checked {
    if next.is_none_or(|next| next > now) {
        return Ok(());
    }
    let what = format!("client {client} did what was due, and wants to be called at once");
    Err(Invariant::TimersAdvance.broken(what))
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::broken;
    use super::*;

    const SEEN: Option<Invariant> = Some(Invariant::TimersAdvance);

    #[test]
    fn i09_a_client_that_wants_to_be_called_at_once_is_seen() {
        let now = Instant::from_nanos(10);
        for (next, seen) in [
            (None, None),
            (Some(11), None),
            (Some(10), SEEN),
            (Some(9), SEEN),
        ] {
            let next = next.map(Instant::from_nanos);
            assert_eq!(broken(check_timer(0, now, next)), seen, "{next:?}");
        }
    }

    #[test]
    fn i09_a_world_that_turns_in_a_circle_is_seen() {
        let mut moment = Moment::default();
        for at in 1..3 {
            for _ in 0..=MOST_AT_ONCE {
                assert_eq!(broken(moment.check_next(at)), None);
            }
        }
        assert_eq!(broken(moment.check_next(2)), SEEN);
        assert_eq!(broken(moment.check_next(3)), None, "time went on");
    }
}
