//! The lives of a node: what is left after a restart, and what `INFO` tells of it.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on fails where it stands"
)]

use core::time::Duration;

use bytes::{Bytes, BytesMut};
use quorlock_core::script::RELEASE;
use quorlock_embedded::{Config, ConnectionId, Keys, Look, Node, Progress, RunId, ServerTime};
use quorlock_resp::encode;

const NOW: ServerTime = ServerTime::from_micros(1_700_000_000_000_000);

fn node() -> (Node, ConnectionId) {
    let config = Config {
        password: Some("secret".into()),
        run_id: RunId::from_seed(1),
        ..Config::default()
    };
    let mut node = Node::new(config, NOW);
    let connection = login(&mut node);
    (node, connection)
}

fn login(node: &mut Node) -> ConnectionId {
    let connection = node.connect().unwrap();
    assert_eq!(call(node, connection, &[b"AUTH", b"secret"]), "+OK\r\n");
    connection
}

fn call(node: &mut Node, connection: ConnectionId, words: &[&[u8]]) -> String {
    let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
    encode::command(&mut input, words);
    let later = NOW.after(Duration::from_secs(5));
    assert_eq!(
        node.handle_input(later, connection, &mut input, &mut output),
        Progress::Idle
    );
    String::from_utf8(output.to_vec()).unwrap()
}

fn info(node: &mut Node, connection: ConnectionId, field: &str) -> String {
    let text = call(node, connection, &[b"INFO", b"server"]);
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| *name == field).unwrap().1.to_owned()
}

#[test]
fn a_restart_begins_another_life() {
    let (mut node, connection) = node();
    assert_eq!(info(&mut node, connection, "quorlock_first_life"), "1");
    assert_eq!(info(&mut node, connection, "uptime_in_seconds"), "5");
    let mut lives = vec![info(&mut node, connection, "run_id")];
    for second in [3, 4] {
        node.restart(NOW.after(Duration::from_secs(second)), Keys::Lost);
        assert!(!node.is_open(connection));
        assert_eq!(node.poll_closed(), None);
        let connection = login(&mut node);
        assert_eq!(info(&mut node, connection, "quorlock_first_life"), "0");
        let uptime = info(&mut node, connection, "uptime_in_seconds");
        assert_eq!(uptime, (5 - second).to_string());
        lives.push(info(&mut node, connection, "run_id"));
    }
    lives.sort_unstable();
    lives.dedup();
    assert_eq!(lives.len(), 3);
}

#[test]
fn a_node_made_for_clients_that_knew_another_says_so() {
    let config = Config {
        first_life: false,
        ..Config::default()
    };
    let mut node = Node::new(config, NOW);
    let connection = node.connect().unwrap();
    assert_eq!(info(&mut node, connection, "quorlock_first_life"), "0");
}

#[test]
fn keys_outlive_a_restart_where_they_are_kept_and_scripts_never() {
    for (keys, found) in [(Keys::Kept, "$1\r\nv\r\n"), (Keys::Lost, "$-1\r\n")] {
        let (mut node, connection) = node();
        let load: [&[u8]; 3] = [b"SCRIPT", b"LOAD", RELEASE.text.as_bytes()];
        assert!(call(&mut node, connection, &load).starts_with("$40\r\n"));
        assert_eq!(
            call(&mut node, connection, &[b"SET", b"k", b"v"]),
            "+OK\r\n"
        );
        node.restart(NOW, keys);
        let connection = login(&mut node);
        assert_eq!(call(&mut node, connection, &[b"GET", b"k"]), found);
        let run: [&[u8]; 5] = [b"EVALSHA", RELEASE.sha.as_bytes(), b"1", b"k", b"v"];
        assert!(call(&mut node, connection, &run).starts_with("-NOSCRIPT"));
    }
}

#[test]
fn a_snapshot_brings_back_the_keys_of_its_time() {
    let (mut node, connection) = node();
    let lease: [&[u8]; 5] = [b"SET", b"k", b"old", b"PX", b"1000"];
    assert_eq!(call(&mut node, connection, &lease), "+OK\r\n");
    let snapshot = node.snapshot();
    for words in [[&b"SET"[..], b"k", b"new"], [b"SET", b"other", b"v"]] {
        assert_eq!(call(&mut node, connection, &words), "+OK\r\n");
    }
    let [key, other] = [&b"k"[..], b"other"].map(Bytes::from_static);
    assert_eq!(node.look(NOW, &key).and_then(|look| look.expires), None);
    node.restart(NOW, Keys::Lost);
    assert_eq!(node.look(NOW, &key), None);
    node.restore(&snapshot);
    let last_millisecond = NOW.as_millis() + 6_000;
    let old = Look {
        value: Some("old".into()),
        expires: Some(last_millisecond),
    };
    let at_last = NOW.after(Duration::from_secs(6));
    assert_eq!(node.look(at_last, &key), Some(old));
    assert_eq!(
        node.look(at_last.after(Duration::from_millis(1)), &key),
        None
    );
    assert_eq!(node.look(NOW, &other), None);
}
