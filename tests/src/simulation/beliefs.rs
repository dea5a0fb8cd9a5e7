//! Who believes to hold what, in true time, and the tenures of each key.

use quorlock_core::{FencingToken, LockId};

use super::invariant::{Broken, Checked, Invariant};

/// A key that a client believes it holds: one of those of a lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belief {
    pub(super) client: usize,
    /// The client's life: after a crash another one has its number.
    pub(super) life: usize,
    pub(super) lock: LockId,
    pub(super) key: usize,
    /// When the lock was granted.
    pub(super) since: u64,
    /// When validity ends.
    pub(super) until: u64,
    pub(super) token: Option<FencingToken>,
    /// Counts the tenures of the key.
    pub(super) tenure: u64,
}

/// All beliefs, and what was told of each key last.
#[derive(Debug)]
pub(super) struct Beliefs {
    held: Vec<Belief>,
    keys: Vec<Tenures>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tenures {
    count: u64,
    token: Option<FencingToken>,
}

impl Beliefs {
    pub(super) fn new(keys: usize) -> Self {
        Self {
            held: Vec::new(),
            keys: vec![Tenures::default(); keys],
        }
    }

    /// A lock was granted; `belief.tenure` is filled in here.
    pub(super) fn acquired(&mut self, mut belief: Belief) -> Checked {
        let now = belief.since;
        if belief.until <= now {
            let (client, key) = (belief.client, belief.key);
            let what = format!("client {client} was granted key {key} without validity");
            return Err(Invariant::ValidWhenTold.broken(what));
        }
        self.check_alone(&belief, now)?;
        let tenures = &mut self.keys[belief.key];
        if let (Some(last), Some(token)) = (tenures.token, belief.token)
            && token <= last
        {
            return Err(Invariant::TokensRise.broken(format!(
                "client {} was granted key {} with token {token} after {last}",
                belief.client, belief.key
            )));
        }
        tenures.token = belief.token;
        tenures.count += 1;
        belief.tenure = tenures.count;
        self.held.push(belief);
        Ok(())
    }

    /// A lease was renewed.
    pub(super) fn extended(&mut self, now: u64, life: usize, lock: LockId, until: u64) -> Checked {
        if self.of(life, lock).next().is_none() {
            let what = "a lock was extended that nobody holds";
            return Err(Invariant::EventOrder.broken(what));
        }
        if until <= now {
            let what = "a lock was extended without validity";
            return Err(Invariant::ValidWhenTold.broken(what));
        }
        for belief in self.of(life, lock) {
            self.check_alone(belief, now)?;
        }
        for belief in &mut self.held {
            if (belief.life, belief.lock) == (life, lock) {
                belief.until = belief.until.max(until);
            }
        }
        Ok(())
    }

    fn check_alone(&self, belief: &Belief, now: u64) -> Checked {
        let rival = self.held.iter().find(|other| {
            other.key == belief.key
                && (other.life, other.lock) != (belief.life, belief.lock)
                && other.until > now
        });
        let Some(rival) = rival else { return Ok(()) };
        Err(Invariant::OneHolder.broken(format!(
            "client {} and client {} both hold key {}, for {:.1} ms",
            rival.client,
            belief.client,
            belief.key,
            millis(rival.until.min(belief.until) - now)
        )))
    }

    /// Every validity that has ended has been told, where the client was not standing still at its end.
    pub(super) fn check_told(&self, now: u64, stood_until: impl Fn(usize) -> u64) -> Checked {
        let overdue = |belief: &&Belief| belief.until < now && stood_until(belief.client) < now;
        let Some(belief) = self.held.iter().find(overdue) else {
            return Ok(());
        };
        Err(untold(belief))
    }

    /// A client does not believe any more: lost, released, cancelled.
    pub(super) fn ended(&mut self, life: usize, lock: LockId) -> Vec<Belief> {
        let ended = |belief: &mut Belief| (belief.life, belief.lock) == (life, lock);
        self.held.extract_if(.., ended).collect()
    }

    /// The belief in a lock, in the first of its keys, as long as it is valid.
    pub(super) fn valid(&self, now: u64, life: usize, lock: LockId) -> Option<Belief> {
        let belief = *self.of(life, lock).next()?;
        (belief.until > now).then_some(belief)
    }

    /// All of them, also those whose validity has ended.
    pub(super) fn all(&self) -> &[Belief] {
        &self.held
    }

    /// A client's process has died.
    pub(super) fn forget(&mut self, life: usize) -> impl Iterator<Item = Belief> {
        self.held.extract_if(.., move |belief| belief.life == life)
    }

    fn of(&self, life: usize, lock: LockId) -> impl Iterator<Item = &Belief> {
        let held = self.held.iter();
        held.filter(move |belief| (belief.life, belief.lock) == (life, lock))
    }
}

fn untold(belief: &Belief) -> Broken {
    Invariant::LossTold.broken(format!(
        "client {} was not told that it has lost key {}",
        belief.client, belief.key
    ))
}

/// Nanoseconds as milliseconds, to be read by people.
fn millis(nanos: u64) -> f64 {
    core::time::Duration::from_nanos(nanos).as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::{broken, locks};
    use super::*;

    /// Client `client` holds key 0 from then till then, with this token.
    fn belief(client: usize, (since, until): (u64, u64), token: u64) -> Belief {
        Belief {
            client,
            life: client,
            lock: locks()[0],
            key: 0,
            since,
            until,
            token: Some(FencingToken::new(token)),
            tenure: 0,
        }
    }

    #[test]
    fn i01_two_at_a_time_are_seen() {
        for (since, alone) in [(9, false), (10, true)] {
            let mut beliefs = Beliefs::new(1);
            beliefs.acquired(belief(0, (0, 10), 1)).unwrap();
            let second = beliefs.acquired(belief(1, (since, 20), 2));
            assert_eq!(broken(second), (!alone).then_some(Invariant::OneHolder));
        }
        let mut beliefs = Beliefs::new(1);
        let first = belief(0, (0, 10), 1);
        beliefs.acquired(first).unwrap();
        beliefs.ended(first.life, first.lock);
        assert_eq!(broken(beliefs.acquired(belief(1, (5, 20), 2))), None);
    }

    #[test]
    fn i02_a_token_that_does_not_rise_is_seen() {
        for (token, rises) in [(6, false), (7, false), (8, true)] {
            let mut beliefs = Beliefs::new(1);
            beliefs.acquired(belief(0, (0, 10), 7)).unwrap();
            let second = beliefs.acquired(belief(1, (10, 20), token));
            assert_eq!(broken(second), (!rises).then_some(Invariant::TokensRise));
        }
    }

    #[test]
    fn i12_a_loss_that_is_not_told_is_seen() {
        let mut beliefs = Beliefs::new(1);
        beliefs.acquired(belief(0, (0, 10), 1)).unwrap();
        for (now, stood_until, told) in [(10, 0, true), (11, 0, false), (11, 11, true)] {
            let checked = beliefs.check_told(now, |_| stood_until);
            assert_eq!(broken(checked), (!told).then_some(Invariant::LossTold));
        }
    }

    #[test]
    fn i13_what_is_not_valid_any_more_is_seen() {
        let mut beliefs = Beliefs::new(1);
        let stale = beliefs.acquired(belief(0, (10, 10), 1));
        assert_eq!(broken(stale), Some(Invariant::ValidWhenTold));
        let held = belief(0, (0, 10), 1);
        beliefs.acquired(held).unwrap();
        let stale = beliefs.extended(5, held.life, held.lock, 5);
        assert_eq!(broken(stale), Some(Invariant::ValidWhenTold));
        let [_, other] = locks();
        let unheld = beliefs.extended(5, held.life, other, 9);
        assert_eq!(broken(unheld), Some(Invariant::EventOrder));
    }
}
