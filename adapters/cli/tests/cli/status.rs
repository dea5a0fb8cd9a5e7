//! `quorlock status`: who votes and who holds a lock, with or without a quorum.

use core::time::Duration;

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Fleet;
use quorlock_tests::{ports, turn};
use serde_json::Value;

use super::support::{Marks, Outcome, outcome, quorlock_on, run_script};

fn status(urls: &[String], arguments: &[&str]) -> Outcome {
    outcome(quorlock_on("status", urls, arguments))
}

/// The answers of this event.
fn all<'a>(event: &str, answers: &'a [Value]) -> Vec<&'a Value> {
    let of_it = answers.iter().filter(|answer| answer["event"] == event);
    of_it.collect()
}

#[test]
fn nodes_that_vote_and_the_sum() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let told = status(&fleet.urls(), &[]);
    assert_eq!((told.code(), told.stderr.as_str()), (0, ""));
    for server in fleet.iter() {
        let line = format!("node {}: ready\n", server.address());
        assert!(told.stdout.contains(&line), "{}", told.stdout);
    }
    assert!(
        told.stdout.ends_with("3 of 3 nodes vote, 2 needed\n"),
        "{}",
        told.stdout
    );
}

#[test]
fn it_needs_no_quorum_and_ends_in_time() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    fleet[0].pause();
    fleet[1].kill();
    let told = status(&fleet.urls(), &["--wait", "1s", "--json", "key"]);
    assert_eq!(told.code(), 69, "{}", told.stdout);
    assert!(told.took < Duration::from_secs(5), "{:?}", told.took);
    let answers = told.answers();
    let states: Vec<_> = all("node", &answers)
        .iter()
        .map(|node| node["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["unusable", "unusable", "ready"]);
    let refused = all("node", &answers)[1]["problem"].as_str().unwrap();
    assert!(refused.contains("refused"), "{refused}");
    let quorum = all("quorum", &answers)[0];
    assert_eq!((&quorum["votes"], &quorum["nodes"]), (&1.into(), &3.into()));
    assert_eq!(all("key", &answers)[0]["state"], "unknown");
}

#[test]
fn a_young_node_is_in_quarantine() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let told = status(&fleet.urls(), &["--guard", "uptime"]);
    assert_eq!(told.code(), 69, "{}", told.stdout);
    for words in ["in quarantine for 36", "the server started", "0 of 1"] {
        assert!(told.stdout.contains(words), "{}", told.stdout);
    }
    let armed = outcome(quorlock_on("arm", &fleet.urls(), &["--bootstrap"]));
    assert_eq!(armed.code(), 0, "{}", armed.stdout);
    let told = status(&fleet.urls(), &["--guard", "strict"]);
    assert_eq!(told.code(), 0, "{}", told.stdout);
}

#[test]
fn the_holder_of_a_lock_on_each_node_and_in_sum() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let marks = Marks::new();
    let script = r#"echo "$QUORLOCK_OWNER $QUORLOCK_TOKEN" > part; mv part seen
        while [ -e seen ] && [ ! -e done ]; do sleep 0.02; done"#;
    let running = run_script(&fleet, &marks, &["--ttl", "30s"], script);
    let seen = marks.wait_for("seen");
    let (owner, token) = seen.trim().split_once(' ').unwrap();
    let held = status(&fleet.urls(), &["--json", "key"]);
    std::fs::write(marks.path("done"), "").unwrap();
    assert_eq!(running.finish().code(), 0);
    assert_eq!(held.code(), 0, "{}", held.stdout);
    let answers = held.answers();
    let sum = all("key", &answers)[0];
    assert_eq!(
        (&sum["state"], &sum["owner"]),
        (&"held".into(), &owner.into())
    );
    let nodes = all("node", &answers);
    let mine = nodes.iter().filter(|node| node["lock"]["owner"] == owner);
    let mine: Vec<_> = mine.collect();
    let voted = mine.iter().filter(|node| node["lock"]["token"] == token);
    assert!(voted.count() >= 2, "{}", held.stdout);
    for node in mine {
        // a node that connected too late to vote was healed: it has the lock, and no token
        let stored = &node["lock"]["token"];
        assert!(stored.is_null() || stored == token, "{}", held.stdout);
        let left = node["lock"]["left_ms"].as_f64().unwrap();
        assert!((15_000.0..=30_000.0).contains(&left), "{node}");
    }
    let free = status(&fleet.urls(), &["key"]);
    assert!(
        free.stdout.contains("the lock: free, last token"),
        "{}",
        free.stdout
    );
    assert!(
        free.stdout
            .ends_with("lock \"key\": no owner has a quorum\n"),
        "{}",
        free.stdout
    );
}

#[test]
fn odd_keys_are_told_as_they_are() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let mut connection = Connection::to(&fleet[0]);
    connection.call(&["RPUSH", "list", "element"]);
    connection.order(&["SET", "for ever", "somebody"]);
    for (key, words) in [
        ("list", "the lock: WRONGTYPE"),
        ("for ever", "held by somebody, without a TTL"),
        ("nothing", "the lock: free\n"),
    ] {
        let told = status(&fleet.urls(), &[key]);
        assert_eq!(told.code(), 0, "{}", told.stdout);
        assert!(told.stdout.contains(words), "{}", told.stdout);
    }
}

#[test]
fn what_can_not_be_is_a_usage_error() {
    let _turn = turn::take();
    let nobody = [format!("redis://127.0.0.1:{}", ports::free())];
    for (urls, arguments, word) in [
        (&[][..], &[][..], "QUORLOCK_NODES"),
        (&nobody, &["--quorum", "2"], "2"),
        (&nobody, &["--guard", "some"], "strict"),
        (&["http://a".to_owned()], &["key"], "http"),
    ] {
        let told = status(urls, arguments);
        assert_eq!(told.code(), 64, "{}", told.stderr);
        assert!(told.stderr.contains(word), "{}", told.stderr);
    }
}
