//! What must hold after every event, and what a run has to have seen to be worth anything.

use quorlock_core::{AcquireFailure, Event, LockId, Verdict};

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Locks that were granted.
    pub acquired: u64,
    /// Acquisitions that ended as contended.
    pub contended: u64,
    /// Acquisitions that ended as unreachable, or at their deadline.
    pub unreachable: u64,
    /// Acquisitions and locks that were cancelled.
    pub cancelled: u64,
    /// Leases that were renewed.
    pub extended: u64,
    /// Extensions that failed.
    pub extend_failed: u64,
    /// Nodes that got their key back.
    pub healed: u64,
    /// Locks that were lost.
    pub lost: u64,
    /// Releases that were verified.
    pub verified: u64,
    /// Releases of locks that had been lost.
    pub expired_earlier: u64,
    /// Releases without enough answers.
    pub unverified: u64,
    /// Connections that broke.
    pub cuts: u64,
    /// Connections whose bytes were executed after they had broken.
    pub late: u64,
    /// Events of the simulation.
    pub events: u64,
    /// Hash of everything that the clients said, for comparing runs.
    pub digest: u64,
}

impl Tally {
    pub(super) fn count(&mut self, event: &Event) {
        match event {
            Event::Acquired(_) => self.acquired += 1,
            Event::AcquireFailed(failed) => match failed.reason {
                AcquireFailure::Contended { .. } => self.contended += 1,
                AcquireFailure::Closed => self.cancelled += 1,
                AcquireFailure::Deadline
                | AcquireFailure::Rejected
                | AcquireFailure::Unreachable => {
                    self.unreachable += 1;
                }
            },
            Event::Extended(extended) => {
                self.extended += 1;
                self.healed += extended.healed.len() as u64;
            }
            Event::ExtendFailed(_) => self.extend_failed += 1,
            Event::Lost(_) => self.lost += 1,
            Event::Released(released) => match released.verdict {
                Verdict::ExpiredEarlier => self.expired_earlier += 1,
                Verdict::Unverified { .. } => self.unverified += 1,
                Verdict::Verified => self.verified += 1,
            },
            Event::Closed(_) | Event::Node(_) => {}
        }
    }

    /// Adds another run.
    pub fn add(&mut self, other: &Self) {
        self.acquired += other.acquired;
        self.contended += other.contended;
        self.unreachable += other.unreachable;
        self.cancelled += other.cancelled;
        self.extended += other.extended;
        self.extend_failed += other.extend_failed;
        self.healed += other.healed;
        self.lost += other.lost;
        self.verified += other.verified;
        self.expired_earlier += other.expired_earlier;
        self.unverified += other.unverified;
        self.cuts += other.cuts;
        self.late += other.late;
        self.events += other.events;
        self.digest ^= other.digest;
    }
}

/// One lock that a client believes it holds.
#[derive(Clone, Debug)]
struct Belief {
    client: usize,
    lock: LockId,
    key: usize,
    /// True time until which it is believed in.
    until: u64,
}

/// Who believes to hold what, in true time.
#[derive(Debug, Default)]
pub(super) struct Beliefs(Vec<Belief>);

impl Beliefs {
    /// A client was granted a key until then.
    pub(super) fn acquired(
        &mut self,
        now: u64,
        client: usize,
        lock: LockId,
        key: usize,
        until: u64,
    ) -> Result<(), String> {
        if until <= now {
            return Err(format!(
                "client {client} was granted key {key} without validity"
            ));
        }
        if let Some(other) = self
            .0
            .iter()
            .find(|other| other.key == key && other.until > now)
        {
            let (first, left) = (other.client, other.until - now);
            return Err(format!(
                "client {client} was granted key {key}, client {first} holds it for {left} ns more"
            ));
        }
        self.0.push(Belief {
            client,
            lock,
            key,
            until,
        });
        Ok(())
    }

    /// A lease was renewed.
    pub(super) fn extended(
        &mut self,
        now: u64,
        client: usize,
        lock: LockId,
        until: u64,
    ) -> Result<(), String> {
        let Some(at) = self.position(client, lock) else {
            return Err(format!("client {client} extended a lock that had ended"));
        };
        let key = self.0[at].key;
        let rival = self
            .0
            .iter()
            .find(|other| other.key == key && other.client != client && other.until > now);
        if let Some(rival) = rival {
            return Err(format!(
                "clients {client} and {} both hold key {key}",
                rival.client
            ));
        }
        self.0[at].until = self.0[at].until.max(until);
        Ok(())
    }

    /// A client does not believe any more: lost, released, cancelled. True when it did.
    pub(super) fn ended(&mut self, client: usize, lock: LockId) -> bool {
        self.position(client, lock)
            .map(|at| self.0.swap_remove(at))
            .is_some()
    }

    fn position(&self, client: usize, lock: LockId) -> Option<usize> {
        self.0
            .iter()
            .position(|belief| belief.client == client && belief.lock == lock)
    }
}
