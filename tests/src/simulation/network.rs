//! What happens to bytes between a client and a node.

use bytes::BytesMut;
use quorlock_embedded::ServerTime;

use super::link::{Link, Session};
use super::world::{EPOCH_MICROS, What, World, id, nanos};

impl World {
    pub(super) fn connect(&mut self, client: usize, node: usize) {
        self.hang_up(client, node);
        let epoch = self.links[client][node].epoch;
        let delay = self.delay();
        self.at(
            self.now + delay,
            What::Connected {
                client,
                node,
                epoch,
            },
        );
        let id = self.nodes[node].0.connect().expect("room for a connection");
        self.links[client][node].session = self.sessions[node].len();
        self.sessions[node].push(Session {
            id,
            input: BytesMut::new(),
        });
    }

    /// The client's end is closed. The node's end lives on until its bytes are executed.
    pub(super) fn hang_up(&mut self, client: usize, node: usize) {
        let link = &mut self.links[client][node];
        let epoch = link.epoch + 1;
        *link = Link {
            epoch,
            ..Link::default()
        };
    }

    /// Sends bytes in pieces, each with its own delay, in order.
    pub(super) fn transmit(&mut self, client: usize, node: usize, mut bytes: BytesMut) {
        let session = self.links[client][node].session;
        while !bytes.is_empty() {
            let len = self.random.usize(1..=bytes.len());
            let piece = bytes.split_to(len);
            let arrival = self.now + self.delay();
            let link = &mut self.links[client][node];
            link.to_server_last = link.to_server_last.max(arrival);
            let (at, epoch) = (link.to_server_last, link.epoch);
            self.at(
                at,
                What::ToServer {
                    client,
                    node,
                    epoch,
                    session,
                    bytes: piece,
                },
            );
        }
    }

    pub(super) fn serve(
        &mut self,
        client: usize,
        node: usize,
        epoch: u32,
        session: usize,
        bytes: &BytesMut,
    ) {
        let link = &self.links[client][node];
        let late = link.epoch != epoch;
        let micros = self.nodes[node].1.read(self.now) / 1_000;
        let time = ServerTime::from_micros(EPOCH_MICROS + micros);
        let (server, _) = &mut self.nodes[node];
        let session = &mut self.sessions[node][session];
        session.input.extend_from_slice(bytes);
        let mut out = BytesMut::new();
        server.handle_input(time, session.id, &mut session.input, &mut out);
        while server.poll_closed().is_some() {}
        if late {
            self.tally.late += 1;
            return;
        }
        while !out.is_empty() {
            let len = self.random.usize(1..=out.len());
            let piece = out.split_to(len);
            let arrival = self.now + self.delay();
            let link = &mut self.links[client][node];
            link.to_client_last = link.to_client_last.max(arrival);
            let at = link.to_client_last;
            self.at(
                at,
                What::ToClient {
                    client,
                    node,
                    epoch,
                    bytes: piece,
                },
            );
        }
    }

    /// Breaks a connection: the client hears of it at once; what it had sent is lost, or arrives in the end.
    pub(super) fn cut(&mut self, client: usize, node: usize) {
        if !self.links[client][node].up {
            return;
        }
        self.tally.cuts += 1;
        let lost = self.random.bool();
        let session = self.links[client][node].session;
        self.hang_up(client, node);
        if lost {
            let id = self.sessions[node][session].id;
            self.nodes[node].0.disconnect(id);
        }
        let now = self.time(client);
        self.clients[client]
            .core
            .handle_disconnected(now, id(node), "cut");
    }

    pub(super) fn plan_cut(&mut self) {
        let mean = nanos(self.plan.cut_every);
        let next = self.now + self.random.u64(0..=2 * mean);
        if mean > 0 && next < nanos(self.plan.length) {
            self.at(next, What::Cut);
        }
    }

    /// A delay from nothing up, mostly short, sometimes long.
    pub(super) fn delay(&mut self) -> u64 {
        let longest = match self.random.u8(0..20) {
            0 => 80_000_000,
            1..=4 => 5_000_000,
            _ => 300_000,
        };
        self.random.u64(0..longest)
    }
}
