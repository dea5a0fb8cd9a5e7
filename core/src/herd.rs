//! Those who are woken by the same message, as far as rounds have told of them.

use core::time::Duration;

use crate::quorum::Decision;

/// The most rivals that a waiter makes room for when all of them are woken at once. More
/// would serve whoever has just been served: the others' pauses grow as they lose.
pub(crate) const MAX_RIVALS: u32 = 8;

/// How many others a waiter is woken with: they are told apart by random pauses, of one
/// round's length for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Herd {
    /// The round that comes or runs was begun by a message.
    woken: bool,
    rivals: u32,
    /// How long a round takes.
    pub(crate) pace: Duration,
}

impl Herd {
    /// A message wakes the waiter: how long it pauses at most.
    pub(crate) fn wake(&mut self) -> Duration {
        self.woken = true;
        self.pace * self.rivals
    }

    /// A round ended so, after this time.
    pub(crate) fn learn(&mut self, pace: Duration, outcome: Decision) {
        let woken = core::mem::take(&mut self.woken);
        self.pace = pace;
        if outcome == Decision::Won {
            self.rivals /= 2;
        } else {
            self.rivals = (self.rivals + u32::from(woken)).min(MAX_RIVALS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_millis(3);

    #[test]
    fn who_is_woken_and_loses_makes_room_for_one_more_up_to_a_limit() {
        let mut herd = Herd::default();
        for rivals in 0..2 * MAX_RIVALS {
            assert_eq!(herd.wake(), PACE * rivals.min(MAX_RIVALS), "{rivals} lost");
            herd.learn(PACE, Decision::Lost);
        }
        assert_eq!(herd.pace, PACE);
    }

    #[test]
    fn who_wins_makes_room_for_half_as_many() {
        let mut herd = Herd::default();
        for _ in 0..MAX_RIVALS {
            herd.wake();
            herd.learn(PACE, Decision::Lost);
        }
        herd.learn(PACE, Decision::Won);
        assert_eq!(herd.wake(), PACE * (MAX_RIVALS / 2));
    }

    #[test]
    fn a_round_that_no_message_began_tells_nothing_of_rivals() {
        let mut herd = Herd::default();
        herd.learn(PACE, Decision::Lost);
        assert_eq!(herd.wake(), Duration::ZERO);
        // one message begins one round
        herd.learn(PACE, Decision::Lost);
        herd.learn(PACE, Decision::Lost);
        assert_eq!(herd.wake(), PACE);
    }
}
