//! Who believes to hold what, in true time, and the tenures of each key.

use quorlock_core::{FencingToken, LockId};

use super::invariant::{Broken, Checked, Invariant};

/// One lock that a client believes it holds.
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
            let what = format!("client {} was granted {}", belief.client, belief.key);
            return Err(Invariant::ValidWhenTold.broken(what + " without validity"));
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
        let Some(at) = self.position(life, lock) else {
            let what = "a lock was extended that nobody holds";
            return Err(Invariant::EventOrder.broken(what));
        };
        if until <= now {
            let what = "a lock was extended without validity";
            return Err(Invariant::ValidWhenTold.broken(what));
        }
        let belief = self.held[at];
        self.check_alone(&belief, now)?;
        self.held[at].until = belief.until.max(until);
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
    pub(super) fn ended(&mut self, life: usize, lock: LockId) -> Option<Belief> {
        let at = self.position(life, lock)?;
        Some(self.held.swap_remove(at))
    }

    /// The belief in a lock, as long as it is valid.
    pub(super) fn valid(&self, now: u64, life: usize, lock: LockId) -> Option<Belief> {
        let belief = self.held[self.position(life, lock)?];
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

    fn position(&self, life: usize, lock: LockId) -> Option<usize> {
        self.held
            .iter()
            .position(|belief| (belief.life, belief.lock) == (life, lock))
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
