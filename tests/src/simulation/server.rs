//! A lock node in its world: the embedded node, its clock, and what is done to its keys.

use core::time::Duration;

use bytes::{Bytes, BytesMut};
use quorlock_core::{GUARD_KEY, RestartGuard, script};
use quorlock_embedded::{ConnectionId, Keys, Look, Node, Offset, Progress, RunId, ServerTime};
use quorlock_resp::encode;

use super::all_step;
use super::clock::{nanos, ttl};
use super::cluster;
use super::invariant::{Checked, Invariant};
use super::key_step::KeyStep;
use super::plan::{Clock, Memory, Plan};
use super::renewal::Renewal;
use super::repeats::Repeating;
use super::replica::{Copied, Replica, node_of, run_id_of};
use super::wire::{self, OwnerName, Request};

/// Keys as they were some time before a crash.
#[derive(Debug)]
struct Disk {
    /// The crash, by the fault's place in the plan.
    fault: usize,
    copied: Copied,
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) node: Node,
    pub(super) number: usize,
    pub(super) clock: Clock,
    pub(super) jumped_us: i64,
    keys: Vec<Bytes>,
    /// Of those who wait for each key.
    queues: Vec<Bytes>,
    max_ttl: Duration,
    pub(super) renewals: Vec<Renewal>,
    /// Open connections: what the node calls them, and their place in the world.
    pub(super) connections: Vec<(ConnectionId, usize)>,
    /// Stands still until then.
    pub(super) paused_until: u64,
    pub(super) repeating: Repeating,
    /// The fault that it is down by.
    pub(super) down_by: Option<usize>,
    /// Counts the addresses that it has had: in a cluster a replica that takes its place is somewhere else.
    pub(super) address: usize,
    /// What it had written when it had got its latest slot.
    pub(super) arrived: Offset,
    /// Counts its lives: each ends with a crash.
    pub(super) life: usize,
    pub(super) replicas: Vec<Replica>,
    /// Up to there its changes are on their way to them.
    pub(super) sent: Offset,
    /// When the time of somebody who waits for them is up, in true time; `u64::MAX`: nobody does.
    pub(super) timer: u64,
    /// When it began as a replica that took another's place.
    pub(super) promoted_at: Option<u64>,
    /// When it began with keys that may be fewer than those it had.
    pub(super) forgot_at: Option<u64>,
    /// What it will find when it starts again.
    snapshot: Option<Disk>,
}

/// What became of a key.
pub(super) enum Change {
    Freed,
    /// Whose it is now, and until when, in true time.
    Held(OwnerName, u64),
}

/// What a request did.
pub(super) struct Executed {
    /// The number that the script answered; `None` for an error.
    pub(super) code: Option<i64>,
    /// Its answer, and all that is behind it, waits for replicas.
    pub(super) waits: bool,
    /// Why the node leaves it to another one, or to a later time.
    pub(super) refusal: Option<&'static str>,
    /// By key.
    pub(super) changes: Vec<(usize, Change)>,
    pub(super) checked: Checked,
}

impl Server {
    pub(super) fn new(plan: &Plan, number: usize) -> Self {
        let clock = plan.node_clocks[number];
        let now = clock.server_time(0, 0);
        let mut server = Self {
            node: node_of((number, 0), plan.replicas.each, now),
            number,
            clock,
            jumped_us: 0,
            keys: (0..plan.settings.keys)
                .map(|key| wire::key_name(key).into())
                .collect(),
            queues: (0..plan.settings.keys)
                .map(|key| wire::queue_name(key).into())
                .collect(),
            max_ttl: plan.settings.max_ttl,
            renewals: vec![Renewal::default(); plan.settings.keys],
            connections: Vec::new(),
            paused_until: 0,
            repeating: Repeating::default(),
            down_by: None,
            address: 0,
            arrived: Offset::default(),
            life: 0,
            replicas: Vec::new(),
            sent: Offset::default(),
            timer: u64::MAX,
            promoted_at: None,
            forgot_at: None,
            snapshot: None,
        };
        if let Some(owners) = plan.settings.cluster {
            server.node.set_cluster(cluster::view(number, owners));
        }
        if plan.settings.guard == RestartGuard::Strict {
            server.arm(now, run_id_of(number, 0));
        }
        server.add_replicas(plan.replicas.each);
        server
    }

    /// What an administrator does once, before the first lock.
    fn arm(&mut self, now: ServerTime, run_id: RunId) {
        let connection = self.node.connect().expect("room for a connection");
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        let run_id = run_id.to_string();
        let max_ttl = self.max_ttl.as_millis().to_string();
        let (text, life, lease) = (
            script::ARM.text.as_bytes(),
            run_id.as_bytes(),
            max_ttl.as_bytes(),
        );
        encode::command(
            &mut input,
            &[b"EVAL", text, b"1", GUARD_KEY, life, lease, b"1"],
        );
        self.node
            .handle_input(now, connection, &mut input, &mut output);
        assert_eq!(wire::code(&output), Some(1), "armed");
        self.node.disconnect(connection);
    }

    /// What its clock shows.
    pub(super) fn time(&self, now: u64) -> ServerTime {
        self.clock.server_time(now, self.jumped_us)
    }

    pub(super) fn connect(&mut self, place: usize) -> ConnectionId {
        let id = self.node.connect().expect("room for a connection");
        self.connections.push((id, place));
        id
    }

    pub(super) fn disconnect(&mut self, connection: ConnectionId) {
        self.node.disconnect(connection);
        self.connections.retain(|(id, _)| *id != connection);
    }

    /// The next connection that the node has ended by itself, by its place in the world.
    pub(super) fn poll_closed(&mut self) -> Option<usize> {
        let closed = self.node.poll_closed()?;
        let at = self.connections.iter().position(|(id, _)| *id == closed)?;
        Some(self.connections.swap_remove(at).1)
    }

    /// The next messages for a connection, by its place in the world: what it listens to was told by another one.
    pub(super) fn poll_push(&mut self) -> Option<(usize, BytesMut)> {
        let (session, bytes) = self.node.poll_push()?;
        let listener = self.connections.iter().find(|(id, _)| *id == session)?;
        Some((listener.1, bytes))
    }

    /// Brings the node a part of a request. Nothing can come of it.
    pub(super) fn feed(&mut self, now: u64, connection: ConnectionId, input: &mut BytesMut) {
        let time = self.time(now);
        let mut output = BytesMut::new();
        self.node.handle_input(time, connection, input, &mut output);
        assert!(output.is_empty(), "an answer to a part of a request");
    }

    /// Brings the node what makes `request` whole, and checks what it does to the lock's keys.
    pub(super) fn execute(
        &mut self,
        now: u64,
        connection: ConnectionId,
        request: &Request,
        input: &mut BytesMut,
        output: &mut BytesMut,
    ) -> Executed {
        let time = self.time(now);
        let look = |server: &Self| {
            let mut looks = [None, None];
            for (look, (key, _)) in looks.iter_mut().zip(request.locks()) {
                *look = server.node.look(time, &server.keys[key]);
            }
            looks
        };
        let before = look(self);
        let answered = output.len();
        let progress = self.node.handle_input(time, connection, input, output);
        let code = wire::code(&output[answered..]);
        let refusal = wire::refusal(&output[answered..]);
        let after = look(self);
        let mut checked = all_step::check(request, code, &before, &after);
        let mut changes = Vec::new();
        for ((key, own), (before, after)) in request.locks().zip(before.iter().zip(&after)) {
            if before.is_some() && self.jumped_us == 0 {
                let renewal = self.renewals[key];
                checked = checked.and_then(|()| renewal.check(key, self.clock, now));
            }
            let step = KeyStep {
                request,
                key,
                own,
                before: before.as_ref(),
                after: after.as_ref(),
                now_ms: time.as_millis(),
                longest_ms: i64::from(ttl(self.max_ttl)),
            };
            checked = checked.and_then(|()| match refusal {
                Some(_) => step.check_untouched(),
                None => step.check(),
            });
            checked = checked.and_then(|()| self.check_queue(time, key));
            if before != after {
                changes.push((key, self.change(now, request, key, after.as_ref())));
            }
        }
        Executed {
            code,
            waits: progress == Progress::Waiting,
            refusal,
            changes,
            checked,
        }
    }

    /// A request has changed a key.
    fn change(&mut self, now: u64, request: &Request, key: usize, after: Option<&Look>) -> Change {
        let held = after.and_then(|after| Some((after, owner(after)?)));
        held.map_or(Change::Freed, |(after, owner)| {
            let lease_ms = request.lease_ms;
            self.renewals[key] = Renewal { at: now, lease_ms };
            let time = self.time(now);
            Change::Held(owner, self.end(now, time, after))
        })
    }

    /// The queue of a key has an end, as every key has.
    fn check_queue(&self, time: ServerTime, key: usize) -> Checked {
        let queue = self.node.look(time, &self.queues[key]);
        if queue.is_none_or(|queue| queue.expires.is_some()) {
            return Ok(());
        }
        let what = format!("the queue of key {key} has no end");
        Err(Invariant::EveryKeyEnds.broken(what))
    }

    /// When a key that is there now ends by itself, in true time.
    fn end(&self, now: u64, time: ServerTime, look: &Look) -> u64 {
        let left_ms = look
            .expires
            .map_or(i64::MAX, |end| end + 1 - time.as_millis());
        let left = Duration::from_millis(left_ms.unsigned_abs());
        self.clock.when(self.clock.read(now) + left)
    }

    /// Who has a key now.
    pub(super) fn holder(&self, now: u64, key: usize) -> Option<OwnerName> {
        Some(self.standing(now, key)?.0)
    }

    /// Who has a key now, and until when, in true time.
    pub(super) fn standing(&self, now: u64, key: usize) -> Option<(OwnerName, u64)> {
        let time = self.time(now);
        let look = self.node.look(time, &self.keys[key])?;
        Some((owner(&look)?, self.end(now, time, &look)))
    }

    /// Whether it may have forgotten what it granted less than a lease ago.
    pub(super) fn is_young(&self, now: u64) -> bool {
        let since = self.forgot_at.map(|at| Duration::from_nanos(now - at));
        // a quarantine may be counted by a fast clock
        let rate = self.clock.rate_ppm.unsigned_abs().max(10_000);
        let slack = Duration::from_nanos(nanos(self.max_ttl) / 1_000_000 * rate);
        since.is_some_and(|since| since + slack < self.max_ttl)
    }

    /// Whether it may have keys again that were deleted.
    pub(super) fn may_have_old_keys(&self, now: u64) -> bool {
        let since = self.promoted_at.map(|at| Duration::from_nanos(now - at));
        self.is_young(now) || since.is_some_and(|since| since <= self.max_ttl * 101 / 100)
    }

    /// Keeps the present keys for the restart of that fault.
    pub(super) fn keep_snapshot(&mut self, fault: usize) {
        self.snapshot = Some(Disk {
            fault,
            copied: self.copied(),
        });
    }

    /// Starts again after the crash of that fault.
    pub(super) fn restart(&mut self, now: u64, fault: usize, memory: Memory) {
        let time = self.time(now);
        let keys = match memory {
            Memory::Kept => Keys::Kept,
            Memory::Lost | Memory::Old(_) => Keys::Lost,
        };
        self.node.restart(time, keys);
        if let (Memory::Old(_), Some(disk)) = (memory, &self.snapshot)
            && disk.fault == fault
        {
            self.node.restore(&disk.copied.keys);
            self.renewals.clone_from(&disk.copied.renewals);
        }
        self.learn(|_| {});
        self.down_by = None;
        self.sent = Offset::default();
        self.forgot_at = Some(now);
    }

    /// Loses its keys.
    pub(super) fn flush(&mut self, now: u64) {
        let time = self.time(now);
        let connection = self.node.connect().expect("room for a connection");
        let mut input = BytesMut::new();
        encode::command(&mut input, &[b"FLUSHALL"]);
        self.node
            .handle_input(time, connection, &mut input, &mut BytesMut::new());
        self.node.disconnect(connection);
        self.forgot_at = Some(now);
    }

    pub(super) fn jump(&mut self, by_us: i64) {
        self.jumped_us += by_us;
    }
}

/// Whose key it is, where it is a lock's.
pub(super) fn owner(look: &Look) -> Option<OwnerName> {
    OwnerName::parse(look.value.as_ref()?)
}
