//! The event loop: one queue, ordered by true time.

use bytes::BytesMut;
use quorlock_core::{Action, Client, NodeSet};
use quorlock_resp::Decoder;

use super::beliefs::Beliefs;
use super::choice::mix;
use super::client::Participant;
use super::clock::nanos;
use super::cluster::Cluster;
use super::connection::{Connection, End, Link};
use super::due::Due;
use super::invariant::{Checked, Violation};
use super::plan::{Ending, FaultKind, Memory, Plan};
use super::queue::{Queue, What};
use super::recorder::Recorder;
use super::repeats::Repeat;
use super::rest::{self, Moment};
use super::rounds::Rounds;
use super::server::Server;
use super::storage::{Storage, Write};
use super::tally::Tally;
use super::trace::Trace;

/// Spreads each word of a message over the digest: the golden ratio, as an odd number.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Everything there is.
#[derive(Debug)]
pub(super) struct World<'p> {
    pub(super) plan: &'p Plan,
    pub(super) now: u64,
    pub(super) queue: Queue,
    pub(super) clients: Vec<Participant>,
    /// Whose life it is, by number.
    pub(super) lives: Vec<usize>,
    pub(super) servers: Vec<Server>,
    pub(super) connections: Vec<Connection>,
    /// By client, then node.
    pub(super) links: Vec<Link>,
    pub(super) cluster: Cluster,
    pub(super) storage: Storage,
    pub(super) writes: Vec<Write>,
    pub(super) beliefs: Beliefs,
    pub(super) rounds: Rounds,
    pub(super) repeats: Vec<Repeat>,
    pub(super) tally: Tally,
    pub(super) recorder: Option<Recorder>,
    /// Reads what clients send.
    pub(super) decoder: Decoder,
    /// The present one, against worlds that turn in a circle.
    moment: Moment,
}

impl<'p> World<'p> {
    pub(super) fn new(plan: &'p Plan, recorder: Option<Recorder>) -> Self {
        let (clients, nodes) = (plan.client_clocks.len(), plan.node_clocks.len());
        let keys = plan.settings.keys;
        let mut world = Self {
            plan,
            now: 0,
            queue: Queue::default(),
            clients: plan
                .client_clocks
                .iter()
                .copied()
                .map(Participant::new)
                .collect(),
            lives: Vec::new(),
            servers: (0..nodes).map(|node| Server::new(plan, node)).collect(),
            connections: Vec::new(),
            links: vec![Link::default(); clients * nodes],
            cluster: Cluster::new(&plan.settings),
            storage: Storage::new(keys, plan.settings.fenced),
            writes: Vec::new(),
            beliefs: Beliefs::new(keys),
            rounds: Rounds::new(plan.settings.cluster.is_some()),
            repeats: Vec::new(),
            tally: Tally::default(),
            recorder,
            decoder: Decoder::default(),
            moment: Moment::default(),
        };
        world.schedule();
        world
    }

    /// Everything that the plan says goes into the queue.
    fn schedule(&mut self) {
        for (operation, it) in self.plan.operations.iter().enumerate() {
            self.queue.push(nanos(it.at), What::Operation { operation });
        }
        for (fault, it) in self.plan.faults.iter().enumerate() {
            self.queue.push(nanos(it.at), What::Fault { fault });
            if let FaultKind::Restart {
                memory: Memory::Old(age),
                ..
            } = it.kind
            {
                let at = nanos(it.at.saturating_sub(age));
                self.queue.push(at, What::Snapshot { fault });
            }
        }
        if let Ending::Quiet { after } = self.plan.ending {
            self.queue.push(nanos(after), What::Quiet);
        }
    }

    /// Runs to the end, or to the first violation.
    pub(super) fn run(mut self) -> (Tally, Option<Violation>, Option<Trace>) {
        let checked = self.turn();
        let violation = checked.err().map(|broken| Violation {
            invariant: broken.invariant,
            at: core::time::Duration::from_nanos(self.now),
            what: broken.what,
        });
        self.tally.span = core::time::Duration::from_nanos(self.now);
        let (now, violated) = (self.now, violation.as_ref());
        let trace = self
            .recorder
            .map(|recorder| recorder.finish(now, self.beliefs.all(), violated));
        (self.tally, violation, trace)
    }

    fn turn(&mut self) -> Checked {
        for client in 0..self.clients.len() {
            let mut operations = self.plan.operations.iter();
            if operations.any(|operation| operation.client == client) {
                self.start_client(client);
                self.settle(client)?;
            }
        }
        while let Some((at, what)) = self.queue.pop() {
            if let Ending::Stop { at: end } = self.plan.ending
                && at > nanos(end)
            {
                self.now = nanos(end);
                return self.check_told();
            }
            self.now = at;
            self.moment.check_next(at)?;
            match self.due(what) {
                Due::Later(at) => self.queue.push(at, what),
                Due::Never => {}
                Due::Now => {
                    self.tally.events += 1;
                    self.happen(what)?;
                    self.check_told()?;
                }
            }
        }
        self.check_rest()
    }

    fn happen(&mut self, what: What) -> Checked {
        match what {
            What::Broken { connection, .. } => return self.broken(connection),
            What::Close => return self.close(),
            What::Connected { connection } => return self.connected(connection),
            What::Decided { write, .. } => self.send_write(write),
            What::Fault { fault } => self.strike(fault),
            What::Heard {
                node,
                replica,
                offset,
                ..
            } => {
                self.servers[node].hear(replica, offset);
                return self.answer_waiting(node);
            }
            What::Operation { operation } => {
                return self.ask(self.plan.operations[operation], false);
            }
            What::Quiet => return self.calm_down(),
            What::Replicate { node, replica, .. } => self.reach_replica(node, replica),
            What::Repeat { repeat } => return self.execute_again(repeat),
            What::Reshard => self.reshard(),
            What::Snapshot { fault } => self.save(fault),
            What::Start { fault } => return self.start(fault),
            What::Step {
                client, lock, step, ..
            } => return self.step(client, lock, step),
            What::Timer { client } => return self.fire(client),
            What::ToClient { connection } => return self.reach_client(connection),
            What::ToNode { connection } => return self.reach_node(connection),
            What::WaitOver { node } => {
                self.servers[node].timer = u64::MAX;
                return self.answer_waiting(node);
            }
            What::Write { write } => return self.write(write),
        }
        Ok(())
    }

    /// A process of a client starts, and remembers nothing.
    pub(super) fn start_client(&mut self, client: usize) {
        let life = self.lives.len();
        self.lives.push(client);
        let seeds = self.seeds(client);
        self.clients[client].start(self.plan, self.now, (client, life), seeds);
    }

    fn connected(&mut self, connection: usize) -> Checked {
        let it = &mut self.connections[connection];
        it.end = End::Open;
        let (client, peer) = (it.client, it.peer);
        let participant = &mut self.clients[client];
        let now = participant.clock.read(self.now);
        if let Some(core) = &mut participant.core {
            core.handle_connected(now, peer);
        }
        self.settle(client)
    }

    fn broken(&mut self, connection: usize) -> Checked {
        let it = &mut self.connections[connection];
        it.end = End::Closed;
        let (client, peer) = (it.client, it.peer);
        let participant = &mut self.clients[client];
        participant.leave(peer);
        let now = participant.clock.read(self.now);
        if let Some(core) = &mut participant.core {
            core.handle_disconnected(now, peer, "broken");
        }
        self.settle(client)
    }

    /// The timer of a client.
    fn fire(&mut self, client: usize) -> Checked {
        let participant = &mut self.clients[client];
        let now = participant.clock.read(self.now);
        participant.timer = u64::MAX;
        let Some(core) = &mut participant.core else {
            return Ok(());
        };
        core.handle_timeout(now);
        self.settle(client)?;
        let core = self.clients[client].core.as_ref();
        rest::check_timer(client, now, core.and_then(Client::poll_timeout))
    }

    /// Polls a client until it is quiet, and sets its timer.
    pub(super) fn settle(&mut self, client: usize) -> Checked {
        loop {
            let mut moved = false;
            while let Some(action) = self.core(client).and_then(Client::poll_action) {
                moved = true;
                match action {
                    Action::Connect(node) => self.connect(client, node),
                    Action::Disconnect(node) => self.hang_up(client, node),
                }
            }
            let nodes = self
                .core(client)
                .map_or(NodeSet::EMPTY, |core| core.nodes());
            let mut nodes = nodes.iter();
            let backwards = self.plan.settings.backwards;
            let mut next = || {
                if backwards {
                    nodes.next_back()
                } else {
                    nodes.next()
                }
            };
            while let Some(node) = next() {
                let mut out = BytesMut::new();
                if let Some(core) = self.core(client)
                    && core.poll_transmit(node, &mut out)
                {
                    moved = true;
                    self.transmit(client, node, out)?;
                }
            }
            while let Some(event) = self.core(client).and_then(Client::poll_event) {
                moved = true;
                self.tell(client, &event)?;
            }
            if !moved {
                break;
            }
        }
        self.check_answered(client)?;
        let participant = &mut self.clients[client];
        let next = participant.core.as_ref().and_then(Client::poll_timeout);
        let Some(next) = next else { return Ok(()) };
        // what is due already was overtaken by this event
        let due = participant.clock.when(next).max(self.now);
        if due < participant.timer {
            participant.timer = due;
            self.queue.push(due, What::Timer { client });
        }
        Ok(())
    }

    fn core(&mut self, client: usize) -> Option<&mut Client> {
        self.clients[client].core.as_mut()
    }

    fn check_told(&self) -> Checked {
        let stood_until = |client: usize| self.clients[client].paused_until;
        self.beliefs.check_told(self.now, stood_until)
    }

    /// Takes something that happened now into the digest, whatever else happens now.
    pub(super) fn digest(&mut self, [what, client, place]: [u64; 3], bytes: &[u8]) {
        let mut state = mix(self.now ^ what.rotate_left(8) ^ client.rotate_left(16)) ^ mix(place);
        let (words, rest) = bytes.as_chunks();
        for word in words {
            state = (state.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(ODD);
        }
        for byte in rest {
            state = (state.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(ODD);
        }
        self.tally.digest = self.tally.digest.wrapping_add(mix(state));
    }
}
