//! The rounds of every client, as the wire shows them: who was asked, who granted, where it was given back.

use quorlock_core::RestartGuard;

use super::invariant::{Checked, Invariant};
use super::wire::{Ask, OwnerName, Request};

/// One round; nodes are bits.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    /// Got an acquire with no end to it: neither refused nor released.
    open: u64,
    granted: u64,
    /// Granted although they may have forgotten what they had granted before.
    young: u64,
}

#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// By life of a client, then by the counter in the owner's name.
    rounds: Vec<Vec<Round>>,
    /// The nodes are those of a cluster: what one of them was asked for goes wherever its slot goes, and is given back
    /// there.
    clustered: bool,
}

impl Rounds {
    pub(super) fn new(clustered: bool) -> Self {
        Self {
            clustered,
            ..Self::default()
        }
    }

    fn of(&mut self, owner: OwnerName) -> &mut Round {
        let grow = |len: usize, index: usize| len.max(index + 1);
        let lives = &mut self.rounds;
        lives.resize_with(grow(lives.len(), owner.life), Vec::new);
        let rounds = &mut lives[owner.life];
        rounds.resize(grow(rounds.len(), owner.round), Round::default());
        &mut rounds[owner.round]
    }

    /// A request leaves for a node.
    pub(super) fn sent(&mut self, node: usize, request: &Request) {
        let Some((_, owner)) = request.lock else {
            return;
        };
        let given_back = if self.clustered { u64::MAX } else { 1 << node };
        match request.ask {
            Ask::Acquire { .. } => self.of(owner).open |= 1 << node,
            Ask::Release => self.of(owner).open &= !given_back,
            Ask::HandOver => {
                self.of(owner).open |= 1 << node;
                if let Some(giver) = request.giver {
                    self.of(giver).open &= !given_back;
                }
            }
            Ask::Arm
            | Ask::Asking
            | Ask::Extend
            | Ask::Listen
            | Ask::Other
            | Ask::Ping
            | Ask::Slots
            | Ask::Wait { .. } => {}
        }
    }

    /// An acquire was executed; `young`: on a node that may have forgotten.
    pub(super) fn answered(&mut self, node: usize, owner: OwnerName, granted: bool, young: bool) {
        let round = self.of(owner);
        let bit = 1 << node;
        if !granted {
            round.open &= !bit;
        } else if round.granted & bit == 0 {
            round.granted |= bit;
            round.young |= if young { bit } else { 0 };
        }
    }

    /// A client says that it was granted a lock by these nodes.
    pub(super) fn check_grants(
        &mut self,
        owner: OwnerName,
        nodes: impl Iterator<Item = usize>,
        guard: RestartGuard,
    ) -> Checked {
        let round = *self.of(owner);
        for node in nodes {
            if round.granted >> node & 1 == 0 {
                let what = format!("node {node} is counted, which has not granted this round");
                return Err(Invariant::OwnRoundOnly.broken(what));
            }
            if guard != RestartGuard::Off && round.young >> node & 1 == 1 {
                let what = format!("node {node} is counted, which may have forgotten a lock");
                return Err(Invariant::ForgettersSilent.broken(what));
            }
        }
        Ok(())
    }

    /// A client has closed: every round has been given back wherever it was not refused.
    pub(super) fn check_undone(&self, life: usize) -> Checked {
        let rounds = self.rounds.get(life).into_iter().flatten();
        match rounds.enumerate().find(|(_, round)| round.open != 0) {
            None => Ok(()),
            Some((number, round)) => Err(Invariant::NothingLeft.broken(format!(
                "round {number} was never given back on node {}",
                round.open.trailing_zeros()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::broken;
    use super::*;

    const OWNER: OwnerName = OwnerName { life: 2, round: 5 };

    fn request(ask: Ask) -> Request {
        Request {
            len: 0,
            ask,
            lock: Some((0, OWNER)),
            with: None,
            giver: None,
            lease_ms: 100,
        }
    }

    #[test]
    fn i14_a_round_that_is_not_given_back_is_seen() {
        let acquire = request(Ask::Acquire { heals: false });
        let mut rounds = Rounds::default();
        rounds.sent(3, &acquire);
        assert_eq!(broken(rounds.check_undone(2)), Some(Invariant::NothingLeft));
        assert_eq!(broken(rounds.check_undone(1)), None, "another client's");
        rounds.sent(3, &request(Ask::Release));
        assert_eq!(broken(rounds.check_undone(2)), None);
        rounds.sent(4, &acquire);
        rounds.answered(4, OWNER, false, false);
        assert_eq!(broken(rounds.check_undone(2)), None, "refused");
    }

    #[test]
    fn i15_a_grant_of_who_may_have_forgotten_is_seen() {
        let mut rounds = Rounds::default();
        rounds.answered(3, OWNER, true, true);
        for (guard, seen) in [(RestartGuard::Off, false), (RestartGuard::Uptime, true)] {
            let checked = rounds.check_grants(OWNER, [3].into_iter(), guard);
            assert_eq!(broken(checked), seen.then_some(Invariant::ForgettersSilent));
        }
    }

    #[test]
    fn i16_a_grant_of_another_round_is_seen() {
        let mut rounds = Rounds::default();
        rounds.answered(3, OWNER, true, false);
        let later = OwnerName { round: 6, ..OWNER };
        let guard = RestartGuard::Uptime;
        let checked = rounds.check_grants(OWNER, [3].into_iter(), guard);
        assert_eq!(broken(checked), None);
        let checked = rounds.check_grants(later, [3].into_iter(), guard);
        assert_eq!(broken(checked), Some(Invariant::OwnRoundOnly));
    }
}
