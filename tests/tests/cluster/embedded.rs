//! Embedded nodes that are told what the nodes of a real cluster know answer what those answer, word for word.

use bytes::{Bytes, BytesMut};
use quorlock_core::{Endpoint, HashSlot};
use quorlock_embedded::{ClusterView, Config, ConnectionId, Node, ServerTime};
use quorlock_resp::encode;
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Cluster, Options, PRIMARIES, Server, home_of};
use quorlock_tests::turn;

/// The keys that move.
const TAG: &str = "foo";

const NOW: ServerTime = ServerTime::from_micros(1_700_000_000_000_000);

/// Asked of each node, one after the other.
const QUESTIONS: &[&str] = &[
    "GET foo",
    "SET bar 1",
    "GET bar",
    "DEL foo bar",
    "EXISTS {foo}a",
    "EXISTS {foo}a {foo}b",
    "EXISTS {foo}b {foo}c",
    "SPUBLISH foo hi",
    "SUNSUBSCRIBE foo bar",
    "PUBLISH foo hi",
    "EVALSHA aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1 foo",
    "EVALSHA aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 2 foo bar",
    "EVALSHA aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0",
    "SELECT 1",
    "ASKING",
    "GET {foo}b",
    "GET {foo}b",
    "ASKING",
    "PING",
    "GET {foo}b",
    "ASKING",
    "EXISTS {foo}a {foo}b",
    "ASKING",
    "EXISTS {foo}b {foo}c",
    "ASKING",
    "SPUBLISH foo hi",
];

/// A node and its twin.
struct Pair {
    real: Connection,
    twin: Node,
    connection: ConnectionId,
}

impl Pair {
    fn of(servers: &[Server], place: usize) -> Self {
        let mut twin = Node::new(Config::default(), NOW);
        let mut view = ClusterView::new(endpoint(&servers[place]));
        for (home, server) in servers.iter().take(PRIMARIES).enumerate() {
            let mut slots = (0..HashSlot::COUNT).filter(|slot| home_of(*slot) == home);
            let first = slots.next().unwrap();
            view.assign(
                first..=slots.next_back().unwrap_or(first),
                &endpoint(server),
            );
        }
        twin.set_cluster(view);
        Self {
            real: Connection::to(&servers[place]),
            connection: twin.connect().unwrap(),
            twin,
        }
    }

    fn agree(&mut self, question: &str) {
        let words: Vec<&str> = question.split(' ').collect();
        let real = self.real.call(&words);
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        encode::command(&mut input, &words);
        self.twin
            .handle_input(NOW, self.connection, &mut input, &mut output);
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(told(&output), told(real.bytes()), "{question}");
    }

    fn learn(&mut self, change: impl FnOnce(&mut ClusterView)) {
        let mut view = self.twin.cluster().unwrap().clone();
        change(&mut view);
        self.twin.set_cluster(view);
    }
}

fn endpoint(server: &Server) -> Endpoint {
    Endpoint::new("127.0.0.1", server.port())
}

fn all_agree(pairs: &mut [Pair]) {
    for pair in pairs {
        for question in QUESTIONS {
            pair.agree(question);
        }
    }
}

#[test]
fn embedded_nodes_pass_questions_on_as_real_ones_do() {
    let _turn = turn::take();
    let cluster = Cluster::start(&Options::new());
    let slot = HashSlot::of(TAG.as_bytes());
    let from = home_of(slot.number());
    let to = (from + 1) % PRIMARIES;
    let mut pairs: Vec<Pair> = (0..PRIMARIES)
        .map(|place| Pair::of(&cluster, place))
        .collect();
    pairs[from].agree("SET {foo}a 1");
    all_agree(&mut pairs);
    pairs[to].learn(|view| view.expect(slot));
    let there = endpoint(&cluster[to]);
    pairs[from].learn(|view| view.send(slot, there.clone()));
    cluster.move_slot(slot.number(), [from, to], || all_agree(&mut pairs));
    let name = Bytes::from_static(b"{foo}a");
    let [source, target] = pairs.get_disjoint_mut([from, to]).unwrap();
    assert!(source.twin.migrate(NOW, &name, (&mut target.twin, NOW)));
    for pair in [source, target] {
        pair.learn(|view| view.assign(slot.number()..=slot.number(), &there));
        for question in QUESTIONS {
            pair.agree(question);
        }
    }
}
