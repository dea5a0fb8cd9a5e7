//! Nodes of a cluster: what they serve, what they pass on, and what becomes of who listens.
#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::{Bytes, BytesMut};
use quorlock_core::{Endpoint, HashSlot, script};
use quorlock_embedded::{ClusterView, Config, ConnectionId, Node, ServerTime};
use quorlock_resp::encode;

/// In slot 12,182.
const FOO: &str = "foo";

/// In slot 5,061.
const BAR: &str = "bar";

const NOW: ServerTime = ServerTime::from_micros(1_700_000_000_000_000);

/// Of the first node, which has the slots below 8,192, and of the second, which has the others.
fn endpoints() -> [Endpoint; 2] {
    [7_000, 7_001].map(|port| Endpoint::new("10.0.0.1", port))
}

/// A node with a connection to it.
struct Peer {
    node: Node,
    connection: ConnectionId,
}

impl Peer {
    fn pair() -> [Self; 2] {
        let endpoints = endpoints();
        endpoints.clone().map(|me| {
            let mut node = Node::new(Config::default(), NOW);
            let mut view = ClusterView::new(me);
            view.assign(0..=8_191, &endpoints[0]);
            view.assign(8_192..=u16::MAX, &endpoints[1]);
            node.set_cluster(view);
            let connection = node.connect().unwrap();
            Self { node, connection }
        })
    }

    fn ask(&mut self, words: &str) -> String {
        let words: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        encode::command(&mut input, &words);
        let connection = self.connection;
        self.node
            .handle_input(NOW, connection, &mut input, &mut output);
        String::from_utf8(output.to_vec()).unwrap()
    }

    /// What the node is told, as by its cluster's bus.
    fn learn(&mut self, change: impl FnOnce(&mut ClusterView)) {
        let mut view = self.node.cluster().unwrap().clone();
        change(&mut view);
        self.node.set_cluster(view);
    }
}

/// The slot of `foo` is on its way from the second node to the first.
fn moving() -> [Peer; 2] {
    let [mut to, mut from] = Peer::pair();
    let slot = HashSlot::of(FOO.as_bytes());
    to.learn(|view| view.expect(slot));
    from.learn(|view| view.send(slot, endpoints()[0].clone()));
    [to, from]
}

#[test]
fn a_node_serves_its_own_slots_and_names_who_has_the_others() {
    let [mut first, mut second] = Peer::pair();
    assert_eq!(first.ask("SET bar 1"), "+OK\r\n");
    let moved = "-MOVED 12182 10.0.0.1:7001\r\n";
    for command in [
        "GET foo",
        "EVALSHA aaaa 1 foo",
        "SPUBLISH foo hi",
        "DEL {foo}a {foo}b",
    ] {
        assert_eq!(first.ask(command), moved, "{command}");
    }
    assert_eq!(second.ask("GET foo"), "$-1\r\n");
    assert_eq!(first.ask("PUBLISH foo hi"), ":0\r\n", "goes everywhere");
    assert_eq!(
        first.ask("EVALSHA aaaa 0"),
        "-NOSCRIPT No matching script. Please use EVAL.\r\n"
    );
    let crossed = "-CROSSSLOT Keys in request don't hash to the same slot\r\n";
    assert_eq!(first.ask("DEL foo bar"), crossed);
    assert_eq!(
        first.ask("SELECT 1"),
        "-ERR SELECT is not allowed in cluster mode\r\n"
    );
    let slots = "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$8\r\n10.0.0.1\r\n:7000\r\n\
         *3\r\n:8192\r\n:16383\r\n*2\r\n$8\r\n10.0.0.1\r\n:7001\r\n";
    assert_eq!(second.ask("CLUSTER SLOTS"), slots);
}

#[test]
fn a_key_that_is_not_here_any_more_is_asked_for_where_its_slot_goes() {
    let [mut to, mut from] = moving();
    assert_eq!(from.ask("GET foo"), "-ASK 12182 10.0.0.1:7000\r\n");
    let moved = "-MOVED 12182 10.0.0.1:7001\r\n";
    assert_eq!(to.ask("GET foo"), moved, "without ASKING");
    assert_eq!(to.ask("ASKING"), "+OK\r\n");
    assert_eq!(to.ask("SET foo 1 NX PX 1000"), "+OK\r\n");
    assert_eq!(to.ask("GET foo"), moved, "it is for one command");
    to.ask("ASKING");
    to.ask("PING");
    assert_eq!(to.ask("GET foo"), moved, "whichever that is");
    from.ask("ASKING");
    assert_eq!(from.ask("SET foo 2"), "-ASK 12182 10.0.0.1:7000\r\n");
}

#[test]
fn keys_of_which_some_have_moved_are_to_be_tried_again() {
    let [mut to, mut from] = Peer::pair();
    let pair = "DEL {foo}a {foo}b";
    from.ask("SET {foo}a 1");
    let slot = HashSlot::of(FOO.as_bytes());
    to.learn(|view| view.expect(slot));
    from.learn(|view| view.send(slot, endpoints()[0].clone()));
    let again = "-TRYAGAIN Multiple keys request during rehashing of slot\r\n";
    assert_eq!(from.ask(pair), again);
    to.ask("ASKING");
    assert_eq!(to.ask(pair), again);
    to.ask("ASKING");
    assert_eq!(to.ask("SET {foo}b 1"), "+OK\r\n");
    let name = Bytes::from_static(b"{foo}a");
    assert!(from.node.migrate(NOW, &name, (&mut to.node, NOW)));
    assert!(
        !from.node.migrate(NOW, &name, (&mut to.node, NOW)),
        "it is gone"
    );
    to.ask("ASKING");
    assert_eq!(to.ask(pair), ":2\r\n");
}

/// A slot is there when it is assigned, and not before; then nothing of it is on its way.
#[test]
fn a_slot_has_moved_when_the_nodes_are_told_so() {
    let [mut to, mut from] = moving();
    let slot = HashSlot::of(FOO.as_bytes()).number();
    let [first, _] = endpoints();
    to.learn(|view| view.assign(slot..=slot, &first));
    assert_eq!(to.ask("GET foo"), "$-1\r\n");
    from.learn(|view| view.assign(slot..=slot, &first));
    assert_eq!(from.ask("GET foo"), "-MOVED 12182 10.0.0.1:7000\r\n");
    let told = from.ask("CLUSTER SLOTS");
    assert!(told.contains(":8192\r\n:12181\r\n"), "{told}");
    assert!(told.contains(":12182\r\n:12182\r\n"), "{told}");
}

#[test]
fn a_key_lives_on_by_the_clock_of_the_node_that_gets_it() {
    let [mut to, mut from] = Peer::pair();
    let there = NOW.after(core::time::Duration::from_secs(40));
    from.ask("SET foo 1 PX 1000");
    from.ask("SET {foo}b 1");
    let moved = |from: &mut Peer, to: &mut Peer, name: &'static str| {
        let name = Bytes::from_static(name.as_bytes());
        from.node.migrate(NOW, &name, (&mut to.node, there));
        to.node.look(there, &name).unwrap().expires
    };
    let slot = HashSlot::of(FOO.as_bytes());
    let keys: Vec<_> = from.node.keys_in(NOW, slot).cloned().collect();
    assert_eq!(keys, [FOO, "{foo}b"]);
    assert_eq!(
        moved(&mut from, &mut to, FOO),
        Some(there.as_millis() + 1_000)
    );
    assert_eq!(moved(&mut from, &mut to, "{foo}b"), None, "for ever");
    assert_eq!(from.node.keys_in(NOW, slot).count(), 0);
}

#[test]
fn who_listens_is_told_when_the_slot_goes() {
    let [_, mut from] = Peer::pair();
    from.ask("HELLO 3");
    from.ask("SSUBSCRIBE foo");
    from.ask("SSUBSCRIBE {foo}2");
    from.ask("SUBSCRIBE foo");
    let slot = HashSlot::of(FOO.as_bytes());
    let [first, _] = endpoints();
    from.learn(|view| view.send(slot, first.clone()));
    assert_eq!(from.node.poll_push(), None, "not before it has gone");
    from.learn(|view| view.assign(slot.number()..=slot.number(), &first));
    let (connection, told) = from.node.poll_push().unwrap();
    assert_eq!(connection, from.connection);
    let expected = ">3\r\n$12\r\nsunsubscribe\r\n$3\r\nfoo\r\n:1\r\n\
         >3\r\n$12\r\nsunsubscribe\r\n$6\r\n{foo}2\r\n:0\r\n";
    assert_eq!(told, expected);
    assert_eq!(from.ask("SSUBSCRIBE foo"), "-MOVED 12182 10.0.0.1:7000\r\n");
    assert!(
        from.ask("PUBLISH foo hi").starts_with(":1\r\n"),
        "that one stays"
    );
}

#[test]
fn a_cluster_that_is_down_serves_nobody() {
    let [mut first, _] = Peer::pair();
    first.learn(|view| view.set_down(true));
    assert_eq!(first.ask("GET bar"), "-CLUSTERDOWN The cluster is down\r\n");
    assert_eq!(first.ask("PING"), "+PONG\r\n");
    first.learn(|view| view.set_down(false));
    assert_eq!(first.ask("GET bar"), "$-1\r\n");
}

#[test]
fn another_node_takes_the_place_of_one() {
    let [mut first, _] = Peer::pair();
    let [_, old] = endpoints();
    let new = Endpoint::new("::1", 7_005);
    first.learn(|view| view.replace(&old, &new));
    let seen = first.node.cluster().unwrap().clone();
    assert_eq!(
        seen.seen_from(new.clone())
            .owner(HashSlot::of(FOO.as_bytes())),
        Some(&new)
    );
    assert_eq!(first.ask("GET foo"), "-MOVED 12182 ::1:7005\r\n");
    first.node.restart(NOW, quorlock_embedded::Keys::Lost);
    first.connection = first.node.connect().unwrap();
    assert_eq!(
        first.ask("GET foo"),
        "-MOVED 12182 ::1:7005\r\n",
        "it has that in a file"
    );
}

#[test]
fn keys_of_a_slot_that_is_lost_are_deleted() {
    let [mut to, mut from] = moving();
    to.ask("ASKING");
    to.ask("SET foo 1");
    to.ask("SET bar 1");
    to.learn(|_| {});
    assert_eq!(to.ask("DBSIZE"), ":2\r\n", "it is on its way here");
    from.learn(|view| {
        let [first, second] = endpoints();
        view.assign(0..=u16::MAX, &first);
        view.assign(0..=0, &second);
    });
    let [_, second] = endpoints();
    to.learn(|view| view.assign(0..=u16::MAX, &second));
    assert_eq!(to.ask("DBSIZE"), ":0\r\n");
    let elsewhere = from.node.cluster().unwrap().clone();
    to.node
        .set_cluster(elsewhere.seen_from(endpoints()[0].clone()));
    assert_eq!(to.ask("GET bar"), "$-1\r\n");
}

/// A script on a key that is there may touch no other one of another node.
#[test]
fn a_script_stays_on_its_node() {
    let [_, mut second] = Peer::pair();
    second.ask("SET foo owner PX 1000");
    let release = |second: &mut Peer, key: &str| {
        let connection = second.connection;
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        let text = script::RELEASE.text.as_bytes();
        let words = [b"EVAL", text, b"1", key.as_bytes(), b"owner", b"channel"];
        encode::command(&mut input, &words);
        second
            .node
            .handle_input(NOW, connection, &mut input, &mut output);
        String::from_utf8(output.to_vec()).unwrap()
    };
    assert_eq!(release(&mut second, BAR), "-MOVED 5061 10.0.0.1:7000\r\n");
    assert_eq!(release(&mut second, FOO), ":1\r\n");
}

#[test]
fn a_slot_that_nobody_has_is_not_served() {
    let mut node = Node::new(Config::default(), NOW);
    let connection = node.connect().unwrap();
    let mut lone = Peer { node, connection };
    let disabled = "-ERR This instance has cluster support disabled\r\n";
    assert_eq!(lone.ask("ASKING"), disabled);
    assert_eq!(lone.ask("CLUSTER SLOTS"), disabled);
    let [first, _] = endpoints();
    lone.node.set_cluster(ClusterView::new(first.clone()));
    assert_eq!(lone.ask("GET foo"), "-CLUSTERDOWN Hash slot not served\r\n");
    assert_eq!(lone.ask("CLUSTER SLOTS"), "*0\r\n");
    lone.learn(|view| view.assign(HashSlot::COUNT..=u16::MAX, &first));
    assert_eq!(lone.ask("CLUSTER SLOTS"), "*0\r\n");
}
