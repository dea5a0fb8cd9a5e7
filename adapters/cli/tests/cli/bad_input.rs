//! Bad input: each a clear error that names the value and the node, and nothing left
//! on the servers.

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Fleet, Options};
use quorlock_tests::turn;

use super::support::{assert_empty, named, outcome, quorlock, run_on};

/// Runs it, checks status and words, and gives what it said; a panic would be in there.
fn refuses(urls: &[String], arguments: &[&str], code: i32, words: &[&str]) -> String {
    let outcome = outcome(run_on(urls, arguments));
    let said = outcome.stderr.clone();
    assert_eq!(outcome.code(), code, "{urls:?} {arguments:?}: {said}");
    assert_eq!(outcome.stdout, "", "{urls:?} {arguments:?}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn options_that_can_not_work() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let urls = fleet.urls();
    let long = "k".repeat(5_000);
    let table: [(&[&str], &[&str]); 18] = [
        (&["--ttl", "0", "key", "--", "echo"], &["'0'", "--ttl"]),
        (&["--ttl", "0s", "key", "--", "echo"], &["'0s'", "--ttl"]),
        (
            &["--ttl", "2ms", "key", "--", "echo"],
            &["2ms", "--ttl", "200ms"],
        ),
        (&["--ttl", "-5s", "key", "--", "echo"], &["-5"]),
        (
            &["--ttl", "9999d", "key", "--", "echo"],
            &["9999d", "too long"],
        ),
        (
            &["--ttl", "1m", "--max-ttl", "30s", "key", "--", "echo"],
            &["--ttl 60s", "--max-ttl 30s"],
        ),
        (&["--ttl", "ten", "key", "--", "echo"], &["ten"]),
        (
            &["--wait", "never", "key", "--", "echo"],
            &["'never'", "--wait"],
        ),
        (
            &["--kill-after", "5", "key", "--", "echo"],
            &["'5'", "--kill-after", "unit"],
        ),
        (&["--quorum", "1", "key", "--", "echo"], &["1", "3 nodes"]),
        (&["--quorum", "4", "key", "--", "echo"], &["4", "3 nodes"]),
        (
            &["--quorum", "half", "key", "--", "echo"],
            &["'half'", "--quorum"],
        ),
        (
            &["--replicas", "0", "key", "--", "echo"],
            &["0 is not in 1..=255", "--replicas"],
        ),
        (
            &["--replicas=1", "--replica-timeout=5s", "key", "--", "echo"],
            &["replicas can't be waited for during 5s"],
        ),
        (&["", "--", "echo"], &["KEY", "not empty"]),
        (&[&long, "--", "echo"], &["5000", "4096"]),
        (&["key"], &["CMD"]),
        (&["--frobnicate", "key", "--", "echo"], &["--frobnicate"]),
    ];
    for (arguments, words) in table {
        refuses(&urls, arguments, 64, words);
    }
    assert_empty(&fleet);
}

#[test]
fn nodes_that_can_not_be() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let good = fleet.urls().remove(0);
    let table = [
        ("http://127.0.0.1:6379", "http"),
        ("127.0.0.1:6379", "127.0.0.1:6379"),
        ("redis://127.0.0.1:0", "port 0"),
        ("redis://127.0.0.1:70000", "70000"),
        ("redis://127.0.0.1/x", "redis://127.0.0.1/x"),
        ("rediss://127.0.0.1", "TLS"),
        ("unix://", "unix://"),
        ("redis://", "redis://"),
        ("redis://127.0.0.1?timeout=5", "timeout"),
        (&good, good.trim_start_matches("redis://")),
    ];
    for (bad, word) in table {
        refuses(
            &[good.clone(), bad.to_owned()],
            &["key", "--", "echo"],
            64,
            &[word],
        );
    }
    assert_empty(&fleet);
}

#[test]
fn a_password_in_a_bad_url_is_not_shown() {
    let _turn = turn::take();
    for url in [
        "redis://user:hunter2@127.0.0.1:0",
        "rediss://:hunter2@h",
        "redis://u:hunter2@h:99999",
        "redsi://u:hunter2@h",
    ] {
        let outcome = outcome(run_on(&[url.to_owned()], &["key", "--", "echo"]));
        assert_eq!(outcome.code(), 64, "{}", outcome.stderr);
        assert!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    }
}

#[test]
fn too_many_nodes_or_none() {
    let _turn = turn::take();
    let many: Vec<_> = (1..=65)
        .map(|port| format!("redis://127.0.0.1:{port}"))
        .collect();
    refuses(&many, &["key", "--", "echo"], 64, &["65 nodes", "64"]);
    refuses(
        &[],
        &["key", "--", "echo"],
        64,
        &["--node", "QUORLOCK_NODES", "--embedded"],
    );
    refuses(
        &[],
        &["--embedded", "0", "key", "--", "echo"],
        64,
        &["'0'", "--embedded"],
    );
    refuses(
        &[],
        &["--embedded", "65", "key", "--", "echo"],
        64,
        &["'65'", "--embedded"],
    );
    refuses(
        &many[..1],
        &["--embedded", "1", "key", "--", "echo"],
        64,
        &["--embedded", "--node"],
    );
    let outcome = outcome(quorlock());
    assert_eq!(outcome.code(), 64);
    assert!(outcome.stderr.contains("run"), "{}", outcome.stderr);
}

#[test]
fn a_key_that_holds_a_list() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    for server in fleet.iter() {
        Connection::to(server).call(&["RPUSH", "key", "element"]);
    }
    let arguments = ["key", "--", "echo"];
    let said = refuses(&fleet.urls(), &arguments, 69, &["WRONGTYPE", "key"]);
    assert!(named(&fleet, &said) >= 2, "{said}");
    for server in fleet.iter() {
        let kept = Connection::to(server).call(&["LLEN", "key"]);
        assert_eq!(kept.value(), quorlock_resp::Value::Integer(1));
    }
}

#[test]
fn a_list_on_a_minority_costs_a_vote_and_no_more() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    Connection::to(&fleet[2]).call(&["RPUSH", "key", "element"]);
    let outcome = outcome(run_on(&fleet.urls(), &["key", "--", "echo", "ran"]));
    assert_eq!(
        (outcome.code(), outcome.stdout.as_str()),
        (0, "ran\n"),
        "{}",
        outcome.stderr
    );
    assert_empty(&fleet[..2]);
    let kept = Connection::to(&fleet[2]).call(&["LLEN", "key"]);
    assert_eq!(kept.value(), quorlock_resp::Value::Integer(1));
}

#[test]
fn a_user_without_the_right_to_the_key() {
    let _turn = turn::take();
    let line = "user worker on >secret ~other:* +@all";
    let fleet = Fleet::start_with(3, &Options::new().with_line(line));
    let urls: Vec<_> = fleet
        .urls()
        .iter()
        .map(|url| url.replace("//", "//worker:secret@"))
        .collect();
    let said = refuses(&urls, &["key", "--", "echo"], 69, &["permission"]);
    assert!(named(&fleet, &said) >= 2, "{said}");
    let outcome = outcome(run_on(&urls, &["other:key", "--", "echo", "ran"]));
    assert_eq!(
        (outcome.code(), outcome.stdout.as_str()),
        (0, "ran\n"),
        "{}",
        outcome.stderr
    );
    assert_empty(&fleet);
}
