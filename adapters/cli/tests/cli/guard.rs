//! Nodes that may have lost what they granted: said at once, waited for, never
//! silently.

use core::time::Duration;

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Fleet, Options};
use quorlock_tests::turn;
use serde_json::Value;

use super::support::{Outcome, named, outcome, run_on};

fn run(fleet: &Fleet, options: &[&str]) -> Outcome {
    let command = ["key", "--", "echo", "ran"];
    outcome(run_on(&fleet.urls(), &[options, &command].concat()))
}

/// The nodes of these JSON lines whose state is `state`, as often as it was said.
fn nodes_in(state: &str, objects: &[Value]) -> Vec<String> {
    let told = objects.iter().filter(|object| object["event"] == "node");
    let told = told.filter(|object| object["state"] == state);
    let mut names: Vec<_> = told
        .map(|object| object["node"].as_str().unwrap().to_owned())
        .collect();
    names.sort_unstable();
    names
}

fn names(fleet: &Fleet) -> Vec<String> {
    let mut names: Vec<_> = fleet.addresses().iter().map(ToString::to_string).collect();
    names.sort_unstable();
    names
}

#[test]
fn young_servers_are_told_and_waited_for() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    // a server is young for the longest lease and a second
    let short = ["--max-ttl", "2s", "--ttl", "900ms"];
    let options = [&["--guard", "uptime", "--json"], &short[..]].concat();
    let outcome = run(&fleet, &options);
    assert_eq!(outcome.stdout, "ran\n", "{}", outcome.stderr);
    assert!(outcome.took > Duration::from_millis(500));
    let objects = outcome.objects();
    let granted = objects
        .iter()
        .position(|object| object["event"] == "acquired");
    let before = &objects[..granted.unwrap()];
    assert_eq!(nodes_in("quarantined", before), names(&fleet));
    for object in before.iter().filter(|it| it["state"] == "quarantined") {
        let left = object["left_ms"].as_f64().unwrap();
        assert!((0.0..=3_100.0).contains(&left), "{object}");
        let why = object["problem"].as_str().unwrap();
        assert!(why.contains("the server started"), "{object}");
    }
    // the two that made the quorum at least
    assert!(nodes_in("ready", &objects).len() >= 2, "{}", outcome.stderr);
}

#[test]
fn one_line_per_node_says_how_long_why_and_what_to_do() {
    let _turn = turn::take();
    // the longest lease is an hour unless said otherwise, see `quorlock`
    for options in [
        &["--guard", "uptime", "--wait", "0"][..],
        &["--guard", "uptime", "--wait", "500ms", "--quiet"],
    ] {
        let fleet = Fleet::start(3);
        let outcome = run(&fleet, options);
        assert_eq!(outcome.code(), 69, "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        let lines = outcome
            .stderr
            .lines()
            .filter(|line| line.starts_with("quorlock: node "));
        let lines: Vec<_> = lines.collect();
        // without a wait, two nodes are enough to refuse
        assert!(lines.len() >= 2, "{}", outcome.stderr);
        for line in &lines {
            for word in ["in quarantine for 36", "s more", "started", "--guard off"] {
                assert!(line.contains(word), "{word:?} is not in {line:?}");
            }
        }
        assert_eq!(named(&fleet, &lines.join("\n")), lines.len());
    }
}

#[test]
fn strict_notices_that_nodes_were_flushed() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let short = ["--max-ttl", "1s", "--ttl", "900ms"];
    let strict = [&["--guard", "strict", "--json"], &short[..]].concat();
    for life in ["never armed", "flushed"] {
        let outcome = run(&fleet, &strict);
        assert_eq!(outcome.stdout, "ran\n", "{life}: {}", outcome.stderr);
        assert_eq!(
            nodes_in("quarantined", &outcome.objects()),
            names(&fleet),
            "{life}"
        );
        assert!(outcome.took > Duration::from_secs(1), "{:?}", outcome.took);
        // by now some node may vote a moment later than the quorum
        let outcome = run(&fleet, &strict);
        assert_eq!(outcome.stdout, "ran\n", "{life}: {}", outcome.stderr);
        assert!(nodes_in("quarantined", &outcome.objects()).len() <= 1);
        for server in fleet.iter() {
            Connection::to(server).order(&["FLUSHALL"]);
        }
    }
}

#[test]
fn a_server_that_evicts_is_refused_unless_it_is_accepted() {
    let _turn = turn::take();
    let options = Options::new().with_line("maxmemory 100mb");
    let options = options.with_line("maxmemory-policy allkeys-lru");
    let fleet = Fleet::start_with(1, &options);
    let refused = run(&fleet, &[]);
    assert_eq!(refused.code(), 69, "{}", refused.stderr);
    assert!(refused.stderr.contains("allkeys-lru"), "{}", refused.stderr);
    let accepted = run(&fleet, &["--accept-eviction"]);
    assert_eq!(accepted.stdout, "ran\n", "{}", accepted.stderr);
}

#[test]
fn a_user_who_may_not_end_connections_is_told_so() {
    let _turn = turn::take();
    let line = "user worker on >secret ~* +@all -client|kill";
    let fleet = Fleet::start_with(1, &Options::new().with_line(line));
    let urls = [fleet.urls()[0].replace("//", "//worker:secret@")];
    for (options, told) in [(&[][..], true), (&["--quiet"], false)] {
        let command = ["key", "--", "echo", "ran"];
        let outcome = outcome(run_on(&urls, &[options, &command].concat()));
        assert_eq!(outcome.stdout, "ran\n", "{}", outcome.stderr);
        let said = outcome.stderr.matches("CLIENT KILL is not allowed").count();
        assert_eq!(said, usize::from(told), "{}", outcome.stderr);
    }
}
