//! `quorlock arm`: who votes under the strict guard, and from when on.

use core::time::Duration;
use std::thread;

use quorlock_tests::servers::{Fleet, Options};
use quorlock_tests::{ports, turn};
use serde_json::Value;

use super::support::{Outcome, outcome, quorlock_on, run_on};

fn arm(urls: &[String], arguments: &[&str]) -> Outcome {
    outcome(quorlock_on("arm", urls, arguments))
}

/// The outcome of each node, in order.
fn outcomes(answers: &[Value]) -> Vec<&str> {
    answers
        .iter()
        .map(|answer| answer["outcome"].as_str().unwrap())
        .collect()
}

#[test]
fn bootstrap_lets_new_nodes_vote_at_once() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let options = ["--max-ttl", "30s", "--bootstrap"];
    // the second time they are armed already
    for _ in 0..2 {
        let armed = arm(&fleet.urls(), &options);
        assert_eq!(armed.code(), 0, "{}", armed.stdout);
        for server in fleet.iter() {
            let line = format!("{}: armed, it votes\n", server.address());
            assert!(armed.stdout.contains(&line), "{}", armed.stdout);
        }
    }
    let strict = ["--guard", "strict", "--max-ttl", "30s", "--wait", "0"];
    let command = ["key", "--", "echo", "ran"];
    let ran = outcome(run_on(&fleet.urls(), &[&strict[..], &command].concat()));
    assert_eq!(ran.stdout, "ran\n", "{}", ran.stderr);
}

#[test]
fn without_it_a_node_sits_out_the_longest_lease() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let options = ["--max-ttl", "1s", "--json"];
    let armed = arm(&fleet.urls(), &options);
    assert_eq!(armed.code(), 75, "{}", armed.stdout);
    assert_eq!(outcomes(&armed.answers()), ["quarantined"]);
    let left = armed.answers()[0]["left_ms"].as_f64().unwrap();
    assert!((900.0..=1_000.0).contains(&left), "{left}");
    // it has a guard now: nobody knows what it had granted before
    let armed = arm(&fleet.urls(), &["--max-ttl", "1s", "--bootstrap"]);
    assert_eq!(armed.code(), 75, "{}", armed.stdout);
    assert!(armed.stdout.contains("does not apply"), "{}", armed.stdout);
    thread::sleep(Duration::from_millis(1_100));
    let armed = arm(&fleet.urls(), &options);
    assert_eq!(
        (armed.code(), outcomes(&armed.answers())),
        (0, vec!["votes"])
    );
}

#[test]
fn a_node_that_was_restarted_is_not_bootstrapped_by_its_old_guard() {
    let _turn = turn::take();
    let fleet = Fleet::start_with(1, &Options::new().with_line("appendonly yes"));
    let options = ["--max-ttl", "1h", "--bootstrap"];
    assert_eq!(arm(&fleet.urls(), &options).code(), 0);
    fleet[0].restart();
    let armed = arm(&fleet.urls(), &options);
    assert_eq!(armed.code(), 75, "{}", armed.stdout);
    assert!(
        armed.stdout.contains("in quarantine for 3"),
        "{}",
        armed.stdout
    );
}

#[test]
fn another_longest_lease_is_refused_with_what_to_do() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    assert_eq!(arm(&fleet.urls(), &["--bootstrap"]).code(), 0);
    let armed = arm(&fleet.urls(), &["--max-ttl", "30s", "--bootstrap"]);
    assert_eq!(armed.code(), 69, "{}", armed.stdout);
    for word in [
        "at most 3600s, not 30s",
        "--max-ttl 3600s",
        "wait 3600s",
        "delete the key quorlock:guard",
    ] {
        assert!(armed.stdout.contains(word), "{}", armed.stdout);
    }
    let strict = ["--guard", "strict", "--max-ttl", "30s", "--wait", "0"];
    let command = ["key", "--", "echo", "ran"];
    let ran = outcome(run_on(&fleet.urls(), &[&strict[..], &command].concat()));
    assert_eq!((ran.code(), ran.stdout.as_str()), (69, ""));
    assert!(ran.stderr.contains("3600000 ms"), "{}", ran.stderr);
}

#[test]
fn every_node_is_told_of_within_the_time_given() {
    let _turn = turn::take();
    let fleet = Fleet::start(2);
    fleet[0].pause();
    let nobody = format!("redis://127.0.0.1:{}", ports::free());
    let urls = [&fleet.urls()[..], &[nobody]].concat();
    let armed = arm(&urls, &["--bootstrap", "--wait", "500ms", "--json"]);
    assert_eq!(armed.code(), 69, "{}", armed.stdout);
    let answers = armed.answers();
    assert_eq!(outcomes(&answers), ["failed", "votes", "failed"]);
    let error = |index: usize| answers[index]["error"].as_str().unwrap();
    assert_eq!(error(0), "no answer in 500ms");
    assert!(error(2).contains("refused"), "{}", error(2));
    assert!(armed.took < Duration::from_secs(5), "{:?}", armed.took);
}

#[test]
fn a_node_that_refuses_us_says_why() {
    let _turn = turn::take();
    let fleet = Fleet::start_with(1, &Options::new().with_password("right"));
    let urls = [fleet.urls()[0].replace("right", "wr0ng-secret")];
    let armed = arm(&urls, &["--bootstrap"]);
    assert_eq!(armed.code(), 69, "{}", armed.stdout);
    assert!(armed.stdout.contains("WRONGPASS"), "{}", armed.stdout);
    assert!(!armed.stdout.contains("wr0ng"), "{}", armed.stdout);
    let none = arm(&[], &["--bootstrap"]);
    assert_eq!(none.code(), 64);
    assert!(none.stderr.contains("QUORLOCK_NODES"), "{}", none.stderr);
    let evicting = Options::new()
        .with_line("maxmemory 100mb")
        .with_line("maxmemory-policy allkeys-lru");
    let fleet = Fleet::start_with(1, &evicting);
    let armed = arm(&fleet.urls(), &["--bootstrap"]);
    assert_eq!(armed.code(), 69, "{}", armed.stdout);
    assert!(armed.stdout.contains("allkeys-lru"), "{}", armed.stdout);
    let armed = arm(&fleet.urls(), &["--bootstrap", "--accept-eviction"]);
    assert_eq!(armed.code(), 0, "{}", armed.stdout);
}
