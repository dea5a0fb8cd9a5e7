//! What happens to bytes between a client and a node.

use bytes::BytesMut;
use quorlock_core::NodeId;

use super::choice::{Subject, below, choose};
use super::client::Peer;
use super::clock::nanos;
use super::connection::{Connection, End, Link, Piece, Toward};
use super::invariant::Checked;
use super::plan::{Ending, Fate, Network, Weather};
use super::queue::What;
use super::trace::Place;
use super::wire::{self, Ask};
use super::world::World;

/// Room for the answer to a command, in bytes.
const USUAL_MESSAGE: usize = 128;

impl World<'_> {
    /// A client wants a connection. It stands one way there and back later.
    pub(super) fn connect(&mut self, client: usize, peer: NodeId) {
        self.hang_up(client, peer);
        let connection = self.connections.len();
        let (node, address) = self.clients[client].meet(peer, connection);
        let server = &mut self.servers[node];
        let is_there = server.down_by.is_none() && server.address == address;
        let session = is_there.then(|| server.connect(connection));
        self.connections
            .push(Connection::new((client, peer), node, session));
        let there = self.delay(client, node, Toward::Node);
        let back = self.delay(client, node, Toward::Client);
        let what = if session.is_some() {
            What::Connected { connection }
        } else {
            What::Broken {
                connection,
                here: false,
            }
        };
        self.queue.push(self.now + there + back, what);
    }

    /// A client closes its end. What it has sent still arrives.
    pub(super) fn hang_up(&mut self, client: usize, peer: NodeId) {
        if let Some(connection) = self.clients[client].leave(peer) {
            self.connections[connection].end = End::Closed;
            self.connections[connection].to_client.pieces.clear();
            self.close_when_read(connection);
        }
    }

    /// A connection whose client is gone ends at the node as well, behind what is on its way.
    fn close_when_read(&mut self, connection: usize) {
        let it = &mut self.connections[connection];
        if it.is_over()
            && it.to_node.pieces.is_empty()
            && let Some(session) = it.session.take()
        {
            self.servers[it.node].disconnect(session);
        }
    }

    /// A connection breaks, as both ends see at once.
    pub(super) fn cut(&mut self, client: usize, node: usize, fate: Fate) {
        let Some(connection) = self.clients[client].connection_to(node) else {
            return;
        };
        self.tally.cuts += 1;
        self.queue.push(
            self.now,
            What::Broken {
                connection,
                here: true,
            },
        );
        let it = &mut self.connections[connection];
        it.end = End::Broken;
        it.to_client.pieces.clear();
        match fate {
            Fate::Late(by) => it.late_until = self.now + nanos(by),
            Fate::Lost => self.drop_server_end(connection),
        }
        self.close_when_read(connection);
    }

    /// The node's end is gone, with what was on its way there.
    pub(super) fn drop_server_end(&mut self, connection: usize) {
        let it = &mut self.connections[connection];
        it.to_node.pieces.clear();
        it.received.clear();
        it.requests.clear();
        if let Some(session) = it.session.take() {
            self.servers[it.node].disconnect(session);
        }
    }

    /// A client's bytes leave for a node.
    pub(super) fn transmit(&mut self, client: usize, peer: NodeId, bytes: BytesMut) -> Checked {
        let Peer {
            server: node,
            current,
        } = self.clients[client].peer(peer);
        self.digest([1, client as u64, node as u64], &bytes);
        let Some(connection) = current else {
            return Ok(());
        };
        let requests = wire::requests(&mut self.decoder, &bytes);
        for request in &requests {
            self.rounds.sent(node, request);
        }
        let checked = self.connections[connection].check_single(&requests);
        let message = self.recorder.as_mut().map(|recorder| {
            let label = wire::labels(requests.iter().map(wire::Request::label));
            recorder.sent(Place::Client(client), Place::Node(node), self.now, label)
        });
        self.connections[connection].requests.extend(requests);
        self.send(connection, Toward::Node, bytes, message);
        checked
    }

    /// Bytes are on their way, in one piece or in two.
    fn send(
        &mut self,
        connection: usize,
        toward: Toward,
        mut bytes: BytesMut,
        message: Option<usize>,
    ) {
        let it = &self.connections[connection];
        let (client, node) = (it.client, it.node);
        let number = self.link(client, node).sent[toward as usize];
        if let Network::Varying(weather) = &self.plan.network
            && let Some(at) = cut_at(weather, bytes.len(), |subject| {
                self.choose(subject, client, node, toward, number)
            })
        {
            let first = bytes.split_to(at);
            self.send_piece(connection, toward, first, None);
        }
        self.send_piece(connection, toward, bytes, message);
    }

    fn send_piece(
        &mut self,
        connection: usize,
        toward: Toward,
        bytes: BytesMut,
        message: Option<usize>,
    ) {
        let it = &self.connections[connection];
        let arrives = self.now + self.delay(it.client, it.node, toward);
        let it = &mut self.connections[connection];
        let (lane, what) = match toward {
            Toward::Client => (&mut it.to_client, What::ToClient { connection }),
            Toward::Node => (&mut it.to_node, What::ToNode { connection }),
        };
        lane.last = lane.last.max(arrives);
        lane.pieces.push_back(Piece { bytes, message });
        self.queue.push(lane.last, what);
    }

    /// The next piece of a connection reaches its node.
    pub(super) fn reach_node(&mut self, connection: usize) -> Checked {
        let it = &mut self.connections[connection];
        let Some(piece) = it.to_node.pieces.pop_front() else {
            return Ok(());
        };
        it.received.unsplit(piece.bytes);
        if let (Some(recorder), Some(message)) = (&mut self.recorder, piece.message) {
            recorder.arrived(message, self.now, it.is_over());
        }
        self.serve(connection)
    }

    /// A node does what it was sent, up to what has to wait for its replicas.
    pub(super) fn serve(&mut self, connection: usize) -> Checked {
        let it = &mut self.connections[connection];
        let Some(session) = it.session else {
            return Ok(());
        };
        let (node, late) = (it.node, it.is_over());
        let mut output = BytesMut::with_capacity(USUAL_MESSAGE);
        let mut labels = Vec::new();
        let mut waits = false;
        let mut again = Vec::new();
        while let Some(request) = it.requests.front().copied()
            && request.len - it.fed <= it.received.len()
        {
            let rest = it.received.split_to(request.len - it.fed);
            it.server_input.unsplit(rest);
            let server = &mut self.servers[node];
            let input = &mut it.server_input;
            let whole = input.len() == request.len;
            let copy = (whole && server.is_repeated(self.now, &request)).then(|| input.clone());
            let executed = server.execute(self.now, session, &request, input, &mut output);
            executed.checked?;
            waits = executed.waits;
            if waits {
                // it is whole at the node, which is asked again
                it.fed = request.len;
                break;
            }
            it.fed = 0;
            it.requests.pop_front();
            if let (Ask::Acquire { .. } | Ask::HandOver, Some((_, owner))) =
                (request.ask, request.lock)
            {
                let granted = executed.code == Some(1);
                let young = server.is_young(self.now);
                self.rounds.answered(node, owner, granted, young);
            }
            let answered = (executed.code, executed.refusal);
            self.tally.count_executed(&request, answered, late);
            if let Some(recorder) = &mut self.recorder {
                labels.push(
                    executed
                        .refusal
                        .unwrap_or(request.answer_label(executed.code)),
                );
                recorder.changes(self.now, node, &self.lives, executed.changes);
            }
            again.extend(copy.map(|copy| (request, copy)));
        }
        if !waits && !it.received.is_empty() {
            let part = it.received.split();
            it.fed += part.len();
            it.server_input.unsplit(part);
            self.servers[node].feed(self.now, session, &mut it.server_input);
        }
        for (request, copy) in again {
            self.repeat(node, request, copy);
        }
        while let Some(closed) = self.servers[node].poll_closed() {
            self.connections[closed].session = None;
            self.drop_server_end(closed);
            let (connection, here) = (closed, false);
            self.queue.push(self.now, What::Broken { connection, here });
        }
        if !output.is_empty() && !late {
            self.answer(connection, output, labels);
        }
        self.push(node, "free");
        self.close_when_read(connection);
        self.replicate(node);
        if waits {
            self.set_wait_timer(node);
        }
        Ok(())
    }

    /// What a node tells those who listen leaves.
    pub(super) fn push(&mut self, node: usize, label: &'static str) {
        while let Some((listener, bytes)) = self.servers[node].poll_push() {
            if !self.connections[listener].is_over() {
                self.answer(listener, bytes, vec![label]);
            }
        }
    }

    fn answer(&mut self, connection: usize, output: BytesMut, labels: Vec<&'static str>) {
        let it = &self.connections[connection];
        let (from, to) = (Place::Node(it.node), Place::Client(it.client));
        self.digest([2, it.client as u64, it.node as u64], &output);
        let now = self.now;
        let message = self
            .recorder
            .as_mut()
            .map(|recorder| recorder.sent(from, to, now, wire::labels(labels.into_iter())));
        self.send(connection, Toward::Client, output, message);
    }

    /// The next piece of a connection reaches its client.
    pub(super) fn reach_client(&mut self, connection: usize) -> Checked {
        let it = &mut self.connections[connection];
        let Some(piece) = it.to_client.pieces.pop_front() else {
            return Ok(());
        };
        it.client_input.unsplit(piece.bytes);
        if let (Some(recorder), Some(message)) = (&mut self.recorder, piece.message) {
            recorder.arrived(message, self.now, false);
        }
        let participant = &mut self.clients[it.client];
        let now = participant.clock.read(self.now);
        if let Some(core) = &mut participant.core {
            core.handle_input(now, it.peer, &mut it.client_input);
        }
        let client = it.client;
        self.settle(client)
    }

    pub(super) fn link(&mut self, client: usize, node: usize) -> &mut Link {
        &mut self.links[client * self.servers.len() + node]
    }

    /// How long the next message travels, in nanoseconds.
    fn delay(&mut self, client: usize, node: usize, toward: Toward) -> u64 {
        let sent = &mut self.link(client, node).sent[toward as usize];
        let number = *sent;
        *sent += 1;
        match &self.plan.network {
            Network::Fixed { delay, except } => {
                let own = except
                    .iter()
                    .find(|own| (own.client, own.node) == (client, node));
                nanos(own.map_or(*delay, |own| match toward {
                    Toward::Client => own.to_client,
                    Toward::Node => own.to_node,
                }))
            }
            Network::Varying(weather) => {
                let bad = !matches!(self.plan.ending, Ending::Quiet { after } if self.now >= nanos(after));
                travel(weather, bad, |subject| {
                    self.choose(subject, client, node, toward, number)
                })
            }
        }
    }

    fn choose(
        &self,
        subject: Subject,
        client: usize,
        node: usize,
        toward: Toward,
        number: u64,
    ) -> u64 {
        let numbers = [client as u64, node as u64, toward as u64, number];
        choose(self.plan.seed, subject, numbers)
    }
}

/// How long a message travels. The slow ones are a fault: there are none when it is quiet.
fn travel(weather: &Weather, bad: bool, choice: impl Fn(Subject) -> u64) -> u64 {
    let (usual, longest) = (nanos(weather.usual), nanos(weather.longest));
    let drawn = choice(Subject::Delay);
    let slow =
        bad && weather.slow_one_in > 0 && below(choice(Subject::Slow), weather.slow_one_in) == 0;
    if slow {
        // the cube of an even number makes a tail: half of the slow ones take an eighth of the longest, or less
        let share = u128::from(drawn >> 44);
        let more = (u128::from(longest - usual) * share * share * share) >> 60;
        usual + u64::try_from(more).unwrap_or(0)
    } else {
        below(drawn, usual)
    }
}

/// Where a message is cut into two, if it is.
fn cut_at(weather: &Weather, len: usize, choice: impl Fn(Subject) -> u64) -> Option<usize> {
    let drawn = choice(Subject::Cut);
    if weather.cut_one_in == 0 || len < 2 || !drawn.is_multiple_of(weather.cut_one_in) {
        return None;
    }
    let place = below(drawn.rotate_left(32), len as u64 - 1) + 1;
    usize::try_from(place).ok()
}
