//! What the clients tell their applications: each event is held to what is true in the world.

use quorlock_core::{AcquireFailure, Acquired, Event, LockId, Problem, Released, Verdict};

use super::beliefs::Belief;
use super::client::Stage;
use super::invariant::{Checked, Invariant};
use super::order;
use super::plan::Finish;
use super::queue::Step;
use super::server::Server;
use super::trace::Place;
use super::verdict::{self, Facts};
use super::wire::OwnerName;
use super::world::World;

impl World<'_> {
    /// An event of a client.
    pub(super) fn tell(&mut self, client: usize, event: &Event) -> Checked {
        self.tally.count(event);
        let participant = &self.clients[client];
        let (life, clock) = (participant.life, participant.clock);
        let stage = |lock| {
            let mut wanted = participant.wanted.iter();
            wanted.find(|it| it.lock == lock).map(|it| it.stage)
        };
        order::check(client, event, stage)?;
        let (kind, value) = match event {
            Event::Acquired(it) => {
                self.acquired(client, it)?;
                (3, it.valid_until.as_nanos())
            }
            Event::AcquireFailed(it) => {
                self.note(client, || failure(it.reason).into());
                let wanted = self.clients[client].forget(it.lock);
                if wanted.is_some_and(|wanted| wanted.must) {
                    let what = format!("client {client} did not get a key: {:?}", it.problems);
                    return Err(Invariant::Progress.broken(what));
                }
                (4, 0)
            }
            Event::Extended(it) => {
                let until = clock.when(it.valid_until);
                self.beliefs.extended(self.now, life, it.lock, until)?;
                (5, it.valid_until.as_nanos())
            }
            Event::ExtendFailed(it) => {
                self.note(client, || "extension failed".into());
                (6, it.valid_until.as_nanos())
            }
            Event::Lost(it) => {
                self.note(client, || "lost".into());
                self.lost(client, it.lock);
                (7, it.valid_until.as_nanos())
            }
            Event::Released(it) => {
                self.note(client, || told(it.verdict).into());
                self.released(client, it)?;
                (8, 0)
            }
            Event::Closed(it) => {
                self.closed(client, it.unconfirmed.is_empty())?;
                (9, 0)
            }
            Event::Node(it) => {
                if let Some(Problem::Quarantined(quarantine)) = &it.problem {
                    let server = participant.peer(it.node).server;
                    let (node, left) = (Place::Node(server), quarantine.left);
                    let told = || format!("{node} does not vote for {left:.1?}");
                    self.note(client, told);
                }
                (10, it.node.index() as u64)
            }
        };
        self.digest([kind, client as u64, value], &[]);
        Ok(())
    }

    fn acquired(&mut self, client: usize, acquired: &Acquired) -> Checked {
        let owner = OwnerName::parse(&acquired.owner.text()).expect("an owner of ours");
        let participant = &mut self.clients[client];
        let granted = acquired
            .granted
            .iter()
            .map(|node| participant.peer(node).server);
        let guarded = self.plan.settings.guard;
        self.rounds.check_grants(owner, granted, guarded)?;
        let until = participant.clock.when(acquired.valid_until);
        let life = participant.life;
        let lock = acquired.lock;
        let Some(wanted) = participant.find(lock) else {
            return Ok(());
        };
        wanted.stage = Stage::Held;
        wanted.owner = Some(owner);
        let operation = wanted.operation;
        for key in operation.keys() {
            self.beliefs.acquired(Belief {
                client,
                life,
                lock,
                key,
                since: self.now,
                until,
                token: acquired.token,
                tenure: 0,
            })?;
        }
        self.tally.several += u64::from(operation.with.is_some());
        self.note(client, || "acquired".into());
        if operation.finish != Finish::Keep {
            self.later(client, lock, operation.hold, Step::Finish);
        }
        if let Some(after) = operation.extend_after {
            self.later(client, lock, after, Step::Extend);
        }
        if let Some(writes) = operation.writes {
            self.later(client, lock, writes.every, Step::Look);
        }
        Ok(())
    }

    fn lost(&mut self, client: usize, lock: LockId) {
        let participant = &mut self.clients[client];
        let life = participant.life;
        let Some(wanted) = participant.find(lock) else {
            return;
        };
        let keep = wanted.operation.finish == Finish::Keep;
        wanted.stage = if matches!(wanted.stage, Stage::Released { .. }) {
            Stage::Released { lost: true }
        } else {
            Stage::Lost
        };
        let drop = keep && wanted.stage == Stage::Lost;
        self.disbelieve(life, lock);
        if drop {
            self.drop_lock(client, lock);
        }
    }

    fn released(&mut self, client: usize, released: &Released) -> Checked {
        let Some(wanted) = self.clients[client].forget(released.lock) else {
            return Ok(());
        };
        let holds = |server: &&Server| {
            let mut keys = wanted.operation.keys();
            let held = keys.any(|key| {
                self.decides(server, key) && server.holder(self.now, key) == wanted.owner
            });
            held && !server.may_have_old_keys(self.now)
        };
        let facts = Facts {
            needed: self.plan.settings.needed(self.servers.len()),
            holding: self.servers.iter().filter(holds).count(),
            lost: wanted.stage == Stage::Released { lost: true },
        };
        verdict::check(client, released, facts)
    }

    /// A client has closed: all answers were there, everything was given back, and nothing of its is on any node.
    fn closed(&mut self, client: usize, confirmed: bool) -> Checked {
        let participant = &mut self.clients[client];
        participant.closed = true;
        let life = participant.life;
        let left = |what: String| Err(Invariant::NothingLeft.broken(what));
        if !participant.wanted.is_empty() {
            return left(format!("client {client} closed with locks open"));
        }
        if !confirmed {
            return left(format!("client {client} closed with releases unconfirmed"));
        }
        self.rounds.check_undone(life)?;
        for (node, server) in self.servers.iter().enumerate() {
            for key in 0..self.plan.settings.keys {
                if server
                    .holder(self.now, key)
                    .is_some_and(|owner| owner.life == life)
                {
                    return left(format!(
                        "client {client} closed, and holds key {key} on node {node}"
                    ));
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, client: usize, words: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(recorder) = &mut self.recorder {
            recorder.note(Place::Client(client), now, words());
        }
    }
}

/// Why an acquisition failed, in words.
const fn failure(reason: AcquireFailure) -> &'static str {
    match reason {
        AcquireFailure::Closed => "failed: closed",
        AcquireFailure::Contended { .. } => "failed: others hold it",
        AcquireFailure::Deadline => "failed: the time was up",
        AcquireFailure::Rejected => "failed: rejected",
        AcquireFailure::Unreachable => "failed: no quorum in reach",
    }
}

/// A verdict on a release, in words.
const fn told(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::ExpiredEarlier => "release: it had expired",
        Verdict::Unverified { .. } => "release: unverified",
        Verdict::Verified => "release: verified",
    }
}
