//! Four clients with three waiters each, five nodes, and the network between them.

use core::cmp::Reverse;
use core::time::Duration;
use std::collections::{BTreeMap, BinaryHeap};

use bytes::BytesMut;
use fastrand::Rng;
use quorlock_core::{
    AcquireRequest, Action, Client, ClientId, Config, Event, Instant, Keys, LockId, NodeConfig,
    NodeId, RestartGuard, Ttl, Wait,
};
use quorlock_embedded::{Config as NodeSettings, ConnectionId, Node, RunId, ServerTime};

const CLIENTS: usize = 4;
const WAITERS: usize = 3;
const NODES: usize = 5;
const EPOCH_MICROS: u64 = 1_700_000_000_000_000;
/// What a waiter may want. All of these share a key, so that one of them has its lock at a time.
pub(crate) type Choice = &'static [&'static [&'static str]];
/// In ns. A lock that stands free for longer has lost a wake-up: the lease is a hundred times as long, connections are
/// back after 60 ms, and a pause between two rounds is 200 ms at most.
const LONGEST_GAP: u64 = 300_000_000;
const TTL: Duration = Duration::from_secs(30);
/// Connections break in bursts, with time between them in which nothing but a message wakes anybody.
const QUIET: u64 = 800_000_000;
const BURST: u64 = 20;

/// What a run has seen.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) hand_overs: u64,
    pub(crate) between_clients: u64,
    pub(crate) cuts: u64,
    pub(crate) messages: u64,
    /// In ns of virtual time.
    pub(crate) longest_gap: u64,
}

enum What {
    Connected(usize, usize, u64),
    Cut,
    Finish(usize, LockId),
    Timer(usize),
    ToClient(usize, usize, u64, BytesMut),
    ToNode(usize, ConnectionId, BytesMut),
}

/// A connection as both of its ends see it.
#[derive(Default)]
struct Link {
    /// Counts connections: what an older one delivers to the client is dropped.
    epoch: u64,
    up: bool,
    id: Option<ConnectionId>,
    input: BytesMut,
    /// When the last bytes of each direction arrive: none overtake others.
    to_node: u64,
    to_client: u64,
}

pub(crate) struct World {
    random: Rng,
    choice: Choice,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, What>,
    count: u64,
    clients: Vec<Client>,
    timers: Vec<Option<u64>>,
    links: Vec<Vec<Link>>,
    nodes: Vec<Node>,
    /// Requests that a node has not got whole.
    inputs: Vec<BTreeMap<ConnectionId, BytesMut>>,
    holder: Option<usize>,
    last_holder: usize,
    free_since: u64,
    told: Told,
}

impl World {
    pub(crate) fn new(seed: u64, choice: Choice) -> Self {
        let now = ServerTime::from_micros(EPOCH_MICROS);
        let node = |index| {
            let settings = NodeSettings {
                run_id: RunId::from_seed(index),
                ..NodeSettings::default()
            };
            Node::new(settings, now)
        };
        let client = |index: usize| {
            let nodes = (0..NODES).map(|node| NodeConfig::new(node.to_string()));
            let mut config = Config::new(nodes, ClientId(index as u128), seed ^ index as u64);
            config.guard = RestartGuard::Off;
            config.hand_overs = 4;
            config.timing.reconnect.longest = Duration::from_millis(50);
            Client::new(config, Instant::ORIGIN).expect("a configuration that can work")
        };
        Self {
            random: Rng::with_seed(seed),
            choice,
            now: 0,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            count: 0,
            clients: (0..CLIENTS).map(client).collect(),
            timers: vec![None; CLIENTS],
            links: (0..CLIENTS)
                .map(|_| (0..NODES).map(|_| Link::default()).collect())
                .collect(),
            nodes: (0..NODES as u64).map(node).collect(),
            inputs: (0..NODES).map(|_| BTreeMap::new()).collect(),
            holder: None,
            last_holder: 0,
            free_since: 0,
            told: Told::default(),
        }
    }

    /// Runs until the lock was handed over so often. Panics when two hold it, or nobody for too long.
    pub(crate) fn run(&mut self, hand_overs: u64) -> &Told {
        for client in 0..CLIENTS {
            for _ in 0..WAITERS {
                self.want(client);
            }
            self.settle(client);
        }
        self.at(QUIET, What::Cut);
        while self.told.hand_overs < hand_overs {
            let Reverse((at, number)) = self.queue.pop().expect("something to do");
            self.now = at;
            let what = self.events.remove(&number).expect("it is told once");
            self.happen(what);
            let gap = self.now - self.free_since;
            if self.holder.is_none() {
                assert!(
                    gap < LONGEST_GAP,
                    "nobody has it at {} ns: {:#?}",
                    self.now,
                    self.told
                );
                self.told.longest_gap = self.told.longest_gap.max(gap);
            }
        }
        &self.told
    }

    fn at(&mut self, at: u64, what: What) {
        self.count += 1;
        self.queue.push(Reverse((at, self.count)));
        self.events.insert(self.count, what);
    }

    fn happen(&mut self, what: What) {
        let now = Instant::from_nanos(self.now);
        match what {
            What::Connected(client, node, epoch) => {
                let link = &mut self.links[client][node];
                if link.epoch == epoch {
                    link.up = true;
                    self.clients[client].handle_connected(now, id(node));
                    self.settle(client);
                }
            }
            What::Cut => {
                self.cut();
                let quiet = self.told.cuts.is_multiple_of(BURST);
                let pause = if quiet {
                    QUIET
                } else {
                    self.random.u64(0..2_000_000)
                };
                self.at(self.now + pause, What::Cut);
            }
            What::Finish(client, lock) => {
                self.holder = None;
                self.free_since = self.now;
                if self.random.bool() {
                    self.clients[client].cancel(now, lock);
                } else {
                    self.clients[client].release(now, lock).expect("it is held");
                }
                self.want(client);
                self.settle(client);
            }
            What::Timer(client) => {
                if self.timers[client] == Some(self.now) {
                    self.timers[client] = None;
                    self.clients[client].handle_timeout(now);
                    self.settle(client);
                }
            }
            What::ToClient(client, node, epoch, bytes) => {
                let link = &mut self.links[client][node];
                if link.epoch == epoch {
                    link.input.extend_from_slice(&bytes);
                    self.clients[client].handle_input(now, id(node), &mut link.input);
                    self.settle(client);
                }
            }
            What::ToNode(node, connection, bytes) => self.serve(node, connection, &bytes),
        }
    }

    /// One more waiter.
    fn want(&mut self, client: usize) {
        let keys = self.choice[self.random.usize(0..self.choice.len())];
        let keys = Keys::new(keys.iter().copied()).expect("keys that differ");
        let request = AcquireRequest {
            wait: Wait::Forever,
            ..AcquireRequest::all(keys, Ttl::new(TTL).expect("a lease"))
        };
        let now = Instant::from_nanos(self.now);
        self.clients[client]
            .acquire(now, request)
            .expect("room for a lock");
    }

    /// Polls a client until it is quiet.
    fn settle(&mut self, client: usize) {
        while let Some(action) = self.clients[client].poll_action() {
            match action {
                Action::Connect(node) => self.connect(client, node.index()),
                Action::Disconnect(node) => self.hang_up(client, node.index()),
            }
        }
        for node in 0..NODES {
            let mut out = BytesMut::new();
            if self.links[client][node].up && self.clients[client].poll_transmit(id(node), &mut out)
            {
                let delay = self.delay();
                let link = &mut self.links[client][node];
                link.to_node = link.to_node.max(self.now + delay);
                let (at, connection) = (link.to_node, link.id.expect("it is up"));
                self.at(at, What::ToNode(node, connection, out));
            }
        }
        while let Some(event) = self.clients[client].poll_event() {
            self.hear(client, &event);
        }
        if let Some(next) = self.clients[client].poll_timeout() {
            let next = next.as_nanos().max(self.now);
            if self.timers[client].is_none_or(|set| next < set) {
                self.timers[client] = Some(next);
                self.at(next, What::Timer(client));
            }
        }
    }

    fn hear(&mut self, client: usize, event: &Event) {
        match event {
            Event::Acquired(acquired) => {
                assert_eq!(self.holder, None, "held twice at {} ns", self.now);
                self.holder = Some(client);
                self.told.hand_overs += 1;
                self.told.between_clients += u64::from(client != self.last_holder);
                self.last_holder = client;
                let hold = self.random.u64(0..400_000);
                self.at(self.now + hold, What::Finish(client, acquired.lock));
            }
            Event::AcquireFailed(_) | Event::Closed(_) | Event::Lost(_) => panic!("{event:?}"),
            Event::ExtendFailed(_) | Event::Extended(_) | Event::Node(_) | Event::Released(_) => {}
        }
    }

    fn serve(&mut self, node: usize, connection: ConnectionId, bytes: &BytesMut) {
        let now = ServerTime::from_micros(EPOCH_MICROS + self.now / 1_000);
        let input = self.inputs[node].entry(connection).or_default();
        input.extend_from_slice(bytes);
        let mut out = BytesMut::new();
        self.nodes[node].handle_input(now, connection, input, &mut out);
        self.deliver(node, connection, out);
        while let Some((listener, message)) = self.nodes[node].poll_push() {
            self.told.messages += 1;
            self.deliver(node, listener, message);
        }
        while self.nodes[node].poll_closed().is_some() {}
    }

    /// Sends what a node says to the client at the other end, if there is one.
    fn deliver(&mut self, node: usize, connection: ConnectionId, bytes: BytesMut) {
        let open = |links: &Vec<Link>| links[node].id == Some(connection);
        let Some(client) = self.links.iter().position(open) else {
            return;
        };
        if !bytes.is_empty() {
            let delay = self.delay();
            let link = &mut self.links[client][node];
            link.to_client = link.to_client.max(self.now + delay);
            let (at, epoch) = (link.to_client, link.epoch);
            self.at(at, What::ToClient(client, node, epoch, bytes));
        }
    }

    fn connect(&mut self, client: usize, node: usize) {
        self.hang_up(client, node);
        let link = &mut self.links[client][node];
        link.id = Some(self.nodes[node].connect().expect("room for a connection"));
        let epoch = link.epoch;
        let delay = self.delay();
        self.at(self.now + delay, What::Connected(client, node, epoch));
    }

    /// The client's end is gone. What it has sent is executed all the same, as long as nobody kills it.
    fn hang_up(&mut self, client: usize, node: usize) {
        let epoch = self.links[client][node].epoch + 1;
        self.links[client][node] = Link {
            epoch,
            ..Link::default()
        };
    }

    /// Breaks a connection; what is on its way to the node is lost, or arrives.
    fn cut(&mut self) {
        let (client, node) = (self.random.usize(0..CLIENTS), self.random.usize(0..NODES));
        self.told.cuts += 1;
        let Link {
            up: true,
            id: Some(connection),
            ..
        } = self.links[client][node]
        else {
            return;
        };
        self.hang_up(client, node);
        if self.random.bool() {
            self.nodes[node].disconnect(connection);
        }
        let now = Instant::from_nanos(self.now);
        self.clients[client].handle_disconnected(now, id(node), "cut");
        self.settle(client);
    }

    /// Mostly short, sometimes long; in ns.
    fn delay(&mut self) -> u64 {
        let longest = if self.random.u8(..20) == 0 {
            3_000_000
        } else {
            100_000
        };
        self.random.u64(0..longest)
    }
}

fn id(node: usize) -> NodeId {
    NodeId::new(node).expect("below 64")
}
