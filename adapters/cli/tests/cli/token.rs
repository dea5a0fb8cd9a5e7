//! The fencing token: told, rising, and gone where it was switched off.

use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Fleet, Server};
use quorlock_tests::turn;

use super::support::{outcome, run_on};

const COUNTER: &str = "key:quorlock-token:{key}";

const TELL: [&str; 5] = ["key", "--", "sh", "-c", "echo \"${QUORLOCK_TOKEN-none}\""];

fn counter(server: &Server) -> Option<u64> {
    let reply = Connection::to(server).call(&["GET", COUNTER]);
    let Value::Bulk(digits) = reply.value() else {
        return None;
    };
    Some(str::from_utf8(digits).unwrap().parse().unwrap())
}

#[test]
fn every_tenure_has_a_larger_token() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let mut before = 0;
    for _ in 0..5 {
        let outcome = outcome(run_on(&fleet.urls(), &[&["--json"], &TELL[..]].concat()));
        assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
        let token: u64 = outcome.stdout.trim().parse().unwrap();
        assert_eq!(outcome.event("acquired")["token"], token);
        assert!(token > before, "{token} after {before}");
        let stored = fleet.iter().filter(|node| counter(node) == Some(token));
        assert!(stored.count() >= 2, "{token} is not on a quorum");
        before = token;
    }
}

#[test]
fn text_tells_the_token_too() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let outcome = outcome(run_on(&fleet.urls(), &TELL));
    let told = format!(", token {}", outcome.stdout.trim());
    assert!(outcome.stderr.contains(&told), "{}", outcome.stderr);
}

#[test]
fn switched_off_there_is_none_and_another_locks_is_not_passed_on() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let options = ["--fencing", "off", "--json"];
    let mut command = run_on(&fleet.urls(), &[&options, &TELL[..]].concat());
    // as if the command ran another `quorlock run`
    command.env("QUORLOCK_TOKEN", "17");
    let outcome = outcome(command);
    assert_eq!(outcome.stdout, "none\n", "{}", outcome.stderr);
    assert_eq!(outcome.event("acquired").get("token"), None);
    assert_eq!(counter(&fleet[0]), None);
}
