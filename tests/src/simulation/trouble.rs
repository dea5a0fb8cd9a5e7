//! Faults, as they happen.

use quorlock_core::NodeSet;

use super::clock::nanos;
use super::connection::Toward;
use super::invariant::Checked;
use super::plan::{FaultKind, Members, Memory, Way};
use super::queue::What;
use super::repeats::Repeating;
use super::trace::Place;
use super::world::World;

impl World<'_> {
    /// A fault begins.
    pub(super) fn strike(&mut self, fault: usize) {
        match self.plan.faults[fault].kind {
            FaultKind::ClientCrash { client, down } => {
                if self.clients[client].core.is_some() {
                    self.crash_client(client, fault);
                    self.start_later(fault, nanos(down));
                }
            }
            FaultKind::ClientPause { client, span } => {
                self.tally.pauses += 1;
                let until = self.now + nanos(span);
                let participant = &mut self.clients[client];
                participant.paused_until = participant.paused_until.max(until);
            }
            FaultKind::ClockJump { node, by_us } => {
                self.tally.jumps += 1;
                self.servers[node].jump(by_us);
            }
            FaultKind::Cut { client, node, fate } => self.cut(client, node, fate),
            FaultKind::Failover { node, down } => self.fail_over(fault, node, nanos(down)),
            FaultKind::Flush { node } => {
                self.tally.amnesia += 1;
                self.servers[node].flush(self.now);
                self.replicate(node);
                self.record_loss(node);
            }
            FaultKind::Hold {
                clients,
                nodes,
                way,
                span,
            } => self.hold(clients, nodes, way, self.now + nanos(span)),
            FaultKind::Lag {
                node,
                replicas,
                span,
            } => self.hold_replicas(node, replicas, self.now + nanos(span)),
            FaultKind::MoveSlot { .. } | FaultKind::Remove { .. } => self.begin_to_move(fault),
            FaultKind::NodePause { node, span } => {
                self.tally.pauses += 1;
                let server = &mut self.servers[node];
                server.paused_until = server.paused_until.max(self.now + nanos(span));
            }
            FaultKind::Repeat { node, span, after } => {
                self.servers[node].repeating = Repeating {
                    until: self.now + nanos(span),
                    after: nanos(after),
                };
            }
            FaultKind::Restart { node, down, memory } => {
                if self.servers[node].down_by.is_none() {
                    self.tally.restarts += 1;
                    self.tally.amnesia += u64::from(memory != Memory::Kept);
                    self.crash_node(node, fault);
                    if memory != Memory::Kept
                        && let Some(recorder) = &mut self.recorder
                    {
                        recorder.keys_lost(self.now, node);
                    }
                    self.start_later(fault, nanos(down));
                }
            }
        }
        self.record_fault(fault);
    }

    pub(super) fn start_later(&mut self, fault: usize, after: u64) {
        self.queue.push(self.now + after, What::Start { fault });
    }

    fn crash_client(&mut self, client: usize, fault: usize) {
        self.tally.client_crashes += 1;
        self.tally.crashed_waiters += u64::from(self.clients[client].waits());
        for peer in NodeSet::first(self.clients[client].peers()) {
            self.hang_up(client, peer);
        }
        let participant = &mut self.clients[client];
        participant.crash(fault);
        for belief in self.beliefs.forget(participant.life) {
            if let Some(recorder) = &mut self.recorder {
                recorder.belief_ended(self.now, &belief);
            }
        }
    }

    pub(super) fn crash_node(&mut self, node: usize, fault: usize) {
        let server = &mut self.servers[node];
        server.crash(fault);
        for (_, connection) in core::mem::take(&mut server.connections) {
            self.drop_server_end(connection);
            let here = false;
            self.queue.push(self.now, What::Broken { connection, here });
        }
    }

    /// A client or a node that crashed starts again.
    pub(super) fn start(&mut self, fault: usize) -> Checked {
        match self.plan.faults[fault].kind {
            FaultKind::ClientCrash { client, .. } => {
                if self.clients[client].down_by == Some(fault) {
                    self.start_client(client);
                    return self.settle(client);
                }
            }
            FaultKind::Remove { node, .. } => {
                if self.servers[node].down_by == Some(fault) {
                    self.servers[node].restart(self.now, fault, Memory::Lost);
                }
            }
            FaultKind::Restart { node, memory, .. } => {
                if self.servers[node].down_by == Some(fault) {
                    self.servers[node].restart(self.now, fault, memory);
                    if memory != Memory::Kept {
                        self.record_loss(node);
                    }
                    self.send_replicas(node);
                }
            }
            FaultKind::Failover { node, .. } => self.end_failover(fault, node),
            FaultKind::ClientPause { .. }
            | FaultKind::Repeat { .. }
            | FaultKind::ClockJump { .. }
            | FaultKind::Cut { .. }
            | FaultKind::Flush { .. }
            | FaultKind::Hold { .. }
            | FaultKind::Lag { .. }
            | FaultKind::MoveSlot { .. }
            | FaultKind::NodePause { .. } => {}
        }
        Ok(())
    }

    /// The keys of a node are written to its disk, where a restart will find them.
    pub(super) fn save(&mut self, fault: usize) {
        if let FaultKind::Restart { node, .. } = self.plan.faults[fault].kind {
            self.servers[node].keep_snapshot(fault);
        }
    }

    fn hold(&mut self, clients: Members, nodes: Members, way: Way, until: u64) {
        for client in clients.among(self.clients.len()) {
            for node in nodes.among(self.servers.len()) {
                let held = &mut self.link(client, node).held_until;
                for (toward, other) in
                    [(Toward::Node, Way::ToClient), (Toward::Client, Way::ToNode)]
                {
                    if way != other {
                        let held = &mut held[toward as usize];
                        *held = until.max(*held);
                    }
                }
            }
        }
    }

    /// What a node has is another client's, or nobody's, than before its keys were lost.
    pub(super) fn record_loss(&mut self, node: usize) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        recorder.keys_lost(self.now, node);
        let server = &self.servers[node];
        for key in 0..self.plan.settings.keys {
            let found = server.standing(self.now, key);
            let found = found.map(|(owner, ends)| (self.lives[owner.life], ends));
            recorder.key(self.now, node, key, found);
        }
    }

    fn record_fault(&mut self, fault: usize) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let now = self.now;
        let (place, span, label) = match self.plan.faults[fault].kind {
            FaultKind::ClientCrash { client, down } => {
                (Some(Place::Client(client)), down, "crashed")
            }
            FaultKind::ClientPause { client, span } => {
                (Some(Place::Client(client)), span, "paused")
            }
            FaultKind::ClockJump { node, by_us } => {
                let ms = by_us / 1_000;
                let label = format!("clock jumps by {ms} ms");
                recorder.fault(Some(Place::Node(node)), (now, now), &label);
                return;
            }
            FaultKind::Cut { client, node, fate } => {
                let label = format!("cut: {}, {}", Place::Node(node), fate.words());
                recorder.fault(Some(Place::Client(client)), (now, now), &label);
                return;
            }
            FaultKind::Failover { node, down } => {
                let label = "dies, its replica takes its place";
                (Some(Place::Node(node)), down, label)
            }
            FaultKind::Flush { node } => {
                recorder.fault(Some(Place::Node(node)), (now, now), "flushed");
                return;
            }
            FaultKind::Hold {
                clients,
                nodes,
                way,
                span,
            } => {
                let until = now + nanos(span);
                let words = match way {
                    Way::Both => "out of reach",
                    Way::ToClient => "answers wait",
                    Way::ToNode => "commands wait",
                };
                // the side of which fewer are held is the one to show it at
                let clients: Vec<_> = clients
                    .among(self.clients.len())
                    .map(Place::Client)
                    .collect();
                let nodes: Vec<_> = nodes.among(self.servers.len()).map(Place::Node).collect();
                let (places, others) = if clients.len() < nodes.len() {
                    (clients, nodes)
                } else {
                    (nodes, clients)
                };
                let others: Vec<String> = others.iter().map(Place::to_string).collect();
                let label = format!("{words}: {}", others.join(", "));
                for place in places {
                    recorder.fault(Some(place), (now, until), &label);
                }
                return;
            }
            FaultKind::Lag { node, span, .. } => {
                let label = match self.plan.replicas.each {
                    1 => "its replica hears nothing",
                    _ => "replicas hear nothing",
                };
                (Some(Place::Node(node)), span, label)
            }
            // told step by step
            FaultKind::MoveSlot { .. } | FaultKind::Remove { .. } => return,
            FaultKind::NodePause { node, span } => (Some(Place::Node(node)), span, "stands still"),
            FaultKind::Repeat { node, span, .. } => {
                (Some(Place::Node(node)), span, "everything comes twice")
            }
            FaultKind::Restart { node, down, memory } => (
                Some(Place::Node(node)),
                down,
                match memory {
                    Memory::Kept => "crashes, keeps its keys",
                    Memory::Lost => "crashes, starts empty",
                    Memory::Old(_) => "crashes, starts with old keys",
                },
            ),
        };
        recorder.fault(place, (now, now + nanos(span)), label);
    }
}
