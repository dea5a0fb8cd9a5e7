//! Asynchronous replication: what a node has changed reaches its replicas later, and one of them takes its place
//! when it dies.

use super::choice::{Subject, below, choose};
use super::clock::nanos;
use super::invariant::Checked;
use super::plan::Members;
use super::queue::What;
use super::world::World;

/// The way from a node to a replica, and back.
#[derive(Clone, Copy)]
enum Way {
    Back = 1,
    There = 0,
}

impl World<'_> {
    /// Sends the replicas what a node has changed, if anything.
    pub(super) fn replicate(&mut self, node: usize) {
        if self.servers[node].has_news() {
            self.send_replicas(node);
        }
    }

    /// Sends the replicas of a node all that it has.
    pub(super) fn send_replicas(&mut self, node: usize) {
        for replica in 0..self.servers[node].replicas.len() {
            let state = self.servers[node].news();
            let (life, offset) = state.at;
            let arrives = self.now + self.lag(Way::There, node, replica, (life, offset.as_u64()));
            let arrives = self.servers[node].replicas[replica].send(state, arrives);
            let what = What::Replicate {
                node,
                replica,
                life,
            };
            self.queue.push(arrives, what);
        }
    }

    /// The next change has reached a replica, whose word goes back.
    pub(super) fn reach_replica(&mut self, node: usize, replica: usize) {
        let server = &mut self.servers[node];
        let life = server.life;
        let Some(offset) = server.replicas[replica].take() else {
            return;
        };
        let lag = self.lag(Way::Back, node, replica, (life, offset.as_u64()));
        let what = What::Heard {
            node,
            replica,
            life,
            offset,
        };
        self.queue.push(self.now + lag, what);
    }

    /// Answers those who have waited for replicas of a node for long enough.
    pub(super) fn answer_waiting(&mut self, node: usize) -> Checked {
        while let Some(connection) = self.servers[node].poll_ready(self.now) {
            self.serve(connection)?;
        }
        self.set_wait_timer(node);
        Ok(())
    }

    /// Sees to it that the next one whose time is up is answered.
    pub(super) fn set_wait_timer(&mut self, node: usize) {
        let server = &mut self.servers[node];
        if let Some(due) = server.poll_timeout(self.now)
            && due < server.timer
        {
            server.timer = due;
            self.queue.push(due, What::WaitOver { node });
        }
    }

    /// Replicas of a node hear nothing for some time.
    pub(super) fn hold_replicas(&mut self, node: usize, which: Members, until: u64) {
        let replicas = &mut self.servers[node].replicas;
        for replica in which.among(replicas.len()) {
            let held = &mut replicas[replica].held_until;
            *held = until.max(*held);
        }
    }

    /// A node dies, to be replaced by one of its replicas.
    pub(super) fn fail_over(&mut self, fault: usize, node: usize, down: u64) {
        let server = &self.servers[node];
        if server.down_by.is_some() || server.replicas.is_empty() || !self.may_fail_over(node) {
            return;
        }
        self.tally.failovers += 1;
        self.tally.failovers_that_lose += u64::from(server.is_ahead());
        self.crash_node(node, fault);
        self.tell_all(node, |view| view.set_down(true));
        if let Some(recorder) = &mut self.recorder {
            recorder.keys_lost(self.now, node);
        }
        self.start_later(fault, down);
    }

    /// The replica is in its place.
    pub(super) fn end_failover(&mut self, fault: usize, node: usize) {
        let server = &mut self.servers[node];
        if server.down_by == Some(fault) {
            let old = server.endpoint();
            server.promote(self.now);
            let new = server.endpoint();
            self.tell_all(node, |view| {
                view.replace(&old, &new);
                view.set_down(false);
            });
            self.record_loss(node);
            self.send_replicas(node);
        }
    }

    /// How long a change travels, or the word about it.
    fn lag(&self, way: Way, node: usize, replica: usize, at: (usize, u64)) -> u64 {
        let link = (replica as u64) << 1 | way as u64;
        let numbers = [node as u64, link, at.0 as u64, at.1];
        let drawn = choose(self.plan.seed, Subject::Lag, numbers);
        below(drawn, nanos(self.plan.replicas.lag))
    }
}
