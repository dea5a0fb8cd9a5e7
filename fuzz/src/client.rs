//! A client with open locks between three nodes that answer honestly and anything else: the half of
//! `session` that has locks.

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use core::time::Duration;
use quorlock_core::{
    Action, Client, ClientId, Config, Event, Instant, NodeConfig, NodeId, NodeNews, NodeSet,
    Problem, RestartGuard,
};
use quorlock_embedded::{Config as ServerConfig, ConnectionId, Node, RunId, ServerTime};

use crate::intent::{Intent, millis};
use crate::lifecycle::Lifecycles;
use crate::tree::Tree;

const NODES: usize = 3;

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    /// Bytes from a node, in pieces of the length given.
    Bytes(u8, u8, &'a [u8]),
    /// The transport that was asked for stands.
    Connect(u8),
    /// The transport breaks.
    Cut(u8),
    Intent(Intent),
    /// A well-formed reply from a node, whatever was asked.
    Reply(u8, Tree),
    /// An honest server answers at most so many of the bytes that wait.
    Serve(u8, u8),
    /// Sleeps until the next timeout.
    Sleep,
    /// Milliseconds pass.
    Wait(u16),
}

/// The most that may wait to be written to a node that reads nothing: the handshake with its script
/// texts, and the commands within the limits below.
const UNWRITTEN: usize = 64 * 1024;

/// Runs the steps against a client of three nodes. Asserts that
/// - events come in the order that their documentation promises;
/// - the next timeout is always ahead of now once everything due is done;
/// - transports are asked for and dropped in turn;
/// - the replies of a server that has only been honest are those that were asked for;
/// - neither what waits to be written nor what waits to be read grows without bound;
/// - after `close` every lock ends, every transport is dropped, and nothing is left to wait for.
pub(crate) fn run(source: &mut Unstructured<'_>) {
    let mut run = Run::new();
    run.settle();
    while !source.is_empty()
        && let Ok(step) = Step::arbitrary(source)
    {
        run.step(step);
        run.settle();
    }
    run.finish();
}

struct Run {
    client: Client,
    now: Instant,
    lives: Lifecycles,
    /// Nodes whose transport was asked for and not dropped.
    wanted: NodeSet,
    links: [Link; NODES],
}

/// One node: its transport as the adapter has it, and an honest server behind.
struct Link {
    server: Node,
    /// The server's side of a transport that stands.
    connection: Option<ConnectionId>,
    unwritten: BytesMut,
    unread: BytesMut,
    /// Written, and not yet taken as whole requests by the server.
    requests: BytesMut,
    /// Something else than the server's answers came over this transport.
    forged: bool,
}

impl Run {
    fn new() -> Self {
        let mut config = Config::new(["a", "b", "c"].map(NodeConfig::new), ClientId(1), 7);
        config.guard = RestartGuard::Off;
        config.limits.locks = 8;
        config.limits.in_flight = 16;
        config.limits.decoder.frame = 4_096;
        let now = Instant::ORIGIN + Duration::from_secs(1);
        let link = |seed| Link {
            server: Node::new(
                ServerConfig {
                    run_id: RunId::from_seed(seed),
                    ..ServerConfig::default()
                },
                server_time(now),
            ),
            connection: None,
            unwritten: BytesMut::new(),
            unread: BytesMut::new(),
            requests: BytesMut::new(),
            forged: false,
        };
        Self {
            client: Client::new(config, now).expect("a good configuration"),
            now,
            lives: Lifecycles::default(),
            wanted: NodeSet::EMPTY,
            links: [link(1), link(2), link(3)],
        }
    }

    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::Bytes(choice, length, bytes) => {
                self.link(choice).forged = true;
                for piece in bytes.chunks(usize::from(length) + 1) {
                    self.receive(choice, piece);
                }
            }
            Step::Connect(choice) => self.connect(choice),
            Step::Cut(choice) => self.cut(choice),
            Step::Intent(intent) => intent.apply(&mut self.client, self.now, &mut self.lives),
            Step::Reply(choice, tree) => {
                let mut reply = BytesMut::new();
                tree.write(&mut reply);
                self.link(choice).forged = true;
                self.receive(choice, &reply);
            }
            Step::Serve(choice, length) => self.serve(choice, usize::from(length) * 16),
            Step::Sleep => {
                if let Some(at) = self.client.poll_timeout() {
                    self.now = self.now.max(at);
                }
            }
            Step::Wait(span) => self.now += millis(span),
        }
    }

    fn connect(&mut self, choice: u8) {
        let (node, link) = (node(choice), self.link(choice));
        if link.connection.is_none() {
            link.connection = link.server.connect().ok();
            link.forged = false;
            if self.wanted.contains(node) {
                self.client.handle_connected(self.now, node);
            } else {
                self.link(choice).drop_transport();
            }
        }
    }

    fn cut(&mut self, choice: u8) {
        let node = node(choice);
        if self.wanted.remove(node) {
            self.link(choice).drop_transport();
            self.client.handle_disconnected(self.now, node, "cut");
        }
    }

    fn receive(&mut self, choice: u8, bytes: &[u8]) {
        let (node, now) = (node(choice), self.now);
        let Some(link) = self.links.get_mut(node.index()) else {
            return;
        };
        if link.connection.is_some() {
            link.unread.extend_from_slice(bytes);
            self.client.handle_input(now, node, &mut link.unread);
            self.settle();
        }
    }

    /// The server reads up to `length` bytes and answers.
    fn serve(&mut self, choice: u8, length: usize) {
        let now = server_time(self.now);
        let link = self.link(choice);
        let Some(connection) = link.connection else {
            return;
        };
        let length = length.min(link.unwritten.len());
        let written = link.unwritten.split_to(length);
        link.requests.extend_from_slice(&written);
        let mut replies = BytesMut::new();
        let _progress = link
            .server
            .handle_input(now, connection, &mut link.requests, &mut replies);
        self.receive(choice, &replies);
    }

    /// Polls until all is quiet, with the timeouts that are due.
    fn settle(&mut self) {
        self.drain();
        if self.client.poll_timeout().is_some_and(|at| at <= self.now) {
            self.client.handle_timeout(self.now);
            self.drain();
        }
        let next = self.client.poll_timeout();
        assert!(
            next.is_none_or(|at| at > self.now),
            "{next:?} is due again at {:?}",
            self.now
        );
        self.lives.assert_leases(self.now);
    }

    fn drain(&mut self) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Connect(node) => {
                    assert!(self.wanted.insert(node), "{node} connected twice");
                }
                Action::Disconnect(node) => {
                    assert!(self.wanted.remove(node), "{node} disconnected twice");
                    self.links[node.index()].drop_transport();
                }
            }
        }
        for (place, link) in self.links.iter_mut().enumerate() {
            let node = node_at(place);
            if self.client.poll_transmit(node, &mut link.unwritten) {
                assert!(link.connection.is_some(), "bytes for {node}, unconnected");
            }
            let (unwritten, unread) = (link.unwritten.len(), link.unread.len());
            assert!(unwritten <= UNWRITTEN, "{unwritten} bytes for {node}");
            let frame = self.client.config().limits.decoder.frame;
            assert!(unread <= frame, "{unread} bytes from {node}");
        }
        while let Some(event) = self.client.poll_event() {
            self.assert_in_step(&event);
            self.lives.on_event(self.now, &event);
        }
    }

    /// No connection ends for a reply that is not the next one, unless it was forged.
    fn assert_in_step(&self, event: &Event) {
        if let Event::Node(NodeNews {
            node,
            problem: Some(Problem::Disconnected(reason)),
            ..
        }) = event
            && !self.links[node.index()].forged
        {
            assert!(!reason.contains("reply"), "{node}: {reason}");
        }
    }

    /// Closes and waits; no node does anything any more.
    fn finish(mut self) {
        if !self.lives.is_closed() {
            self.client
                .close(self.now, self.now + Duration::from_secs(100));
            self.lives.closing();
            self.settle();
        }
        for _ in 0..1_000 {
            let Some(at) = self.client.poll_timeout() else {
                break;
            };
            self.now = at;
            self.settle();
        }
        assert_eq!(self.client.poll_timeout(), None, "never comes to rest");
        assert_eq!(self.wanted, NodeSet::EMPTY, "transports left");
        self.lives.assert_ended();
    }

    fn link(&mut self, choice: u8) -> &mut Link {
        &mut self.links[node(choice).index()]
    }
}

impl Link {
    fn drop_transport(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.server.disconnect(connection);
        }
        self.unwritten.clear();
        self.unread.clear();
        self.requests.clear();
    }
}

fn node(choice: u8) -> NodeId {
    node_at(usize::from(choice) % NODES)
}

fn node_at(place: usize) -> NodeId {
    NodeId::new(place).expect("below 64")
}

fn server_time(now: Instant) -> ServerTime {
    ServerTime::from_micros(1_700_000_000_000_000 + now.as_nanos() / 1_000)
}
