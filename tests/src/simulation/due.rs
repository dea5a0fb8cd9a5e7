//! Whether an event that has come up happens: some wait in the network, or for somebody who stands still, and some have
//! lost their receiver.

use super::connection::{End, Toward};
use super::queue::What;
use super::world::World;

/// When an event that has come up happens.
pub(super) enum Due {
    Later(u64),
    Never,
    Now,
}

impl World<'_> {
    /// Whether an event happens now: what waits in the network, or for somebody who stands still, happens later; what
    /// has lost its receiver, never.
    pub(super) fn due(&mut self, what: What) -> Due {
        let until = match what {
            What::Broken { connection, here } => {
                let it = &self.connections[connection];
                if it.end == End::Closed {
                    return Due::Never;
                }
                let (client, node) = (it.client, it.node);
                let held = self.link(client, node).held_until[Toward::Client as usize];
                let held = if here { 0 } else { held };
                held.max(self.clients[client].paused_until)
            }
            What::Connected { connection } => {
                let it = &self.connections[connection];
                if it.end != End::Opening || it.session.is_none() {
                    return Due::Never;
                }
                let (client, node) = (it.client, it.node);
                let [to_node, to_client] = self.link(client, node).held_until;
                to_node
                    .max(to_client)
                    .max(self.clients[client].paused_until)
            }
            What::Decided { client, life, .. } | What::Step { client, life, .. } => {
                let participant = &self.clients[client];
                if participant.core.is_none() || participant.life != life {
                    return Due::Never;
                }
                participant.paused_until
            }
            What::Heard { node, life, .. } | What::Replicate { node, life, .. }
                if self.servers[node].life != life =>
            {
                return Due::Never;
            }
            What::Heard { node, .. } => self.servers[node].paused_until,
            What::Operation { operation } => {
                let participant = &self.clients[self.plan.operations[operation].client];
                if participant.core.is_none() || participant.closed {
                    return Due::Never;
                }
                participant.paused_until
            }
            What::Replicate { node, replica, .. } => {
                self.servers[node].replicas[replica].held_until
            }
            What::Timer { client } => {
                let participant = &mut self.clients[client];
                if participant.timer != self.now {
                    return Due::Never;
                }
                participant.timer = participant.timer.max(participant.paused_until);
                participant.timer
            }
            What::ToClient { connection } => {
                let it = &self.connections[connection];
                if it.end != End::Open || it.to_client.pieces.is_empty() {
                    return Due::Never;
                }
                let (client, node) = (it.client, it.node);
                let held = self.link(client, node).held_until[Toward::Client as usize];
                self.tally.held_back += u64::from(held > self.now);
                held.max(self.clients[client].paused_until)
            }
            What::ToNode { connection } => {
                let it = &self.connections[connection];
                if it.session.is_none() || it.to_node.pieces.is_empty() {
                    return Due::Never;
                }
                let (client, node, late) = (it.client, it.node, it.late_until);
                let held = self.link(client, node).held_until[Toward::Node as usize];
                self.tally.held_back += u64::from(held > self.now);
                held.max(self.servers[node].paused_until).max(late)
            }
            What::WaitOver { node } => {
                let server = &mut self.servers[node];
                if server.timer != self.now {
                    return Due::Never;
                }
                server.timer = server.timer.max(server.paused_until);
                server.timer
            }
            What::Close
            | What::Fault { .. }
            | What::Quiet
            | What::Repeat { .. }
            | What::Reshard
            | What::Snapshot { .. }
            | What::Start { .. }
            | What::Write { .. } => return Due::Now,
        };
        if until > self.now {
            Due::Later(until)
        } else {
            Due::Now
        }
    }
}
