//! Nodes that are asked in their own words, and what a user without scripts can do.

use crate::support::wire::{HELLO, Wire, info};
use crate::support::{config, node};
use quorlock_core::{
    AcquireRequest, Config, Event, Fencing, Problem, RestartGuard, Verdict, script,
};

const NO_SCRIPTS: &str = "-NOPERM this user has no permissions to run the 'evalsha' command\r\n";
const UNKNOWN: &str = "-ERR unknown command\r\n";

/// Connected to a server that answers so to the trials of EVALSHA, DELIFEQ and DELEX.
fn connected(config: Config, trials: [&str; 3]) -> Wire {
    let mut wire = Wire::new(config);
    wire.connect();
    wire.sent();
    wire.receive(HELLO);
    wire.sent();
    let common = info(&"a".repeat(40));
    let common = common.split_once("-NOSCRIPT").unwrap().0;
    wire.receive(&format!("{common}{}", trials.concat()));
    wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
    wire.events();
    wire
}

/// The words of the commands that were sent.
fn words(wire: &mut Wire) -> String {
    let sent = wire.sent();
    let words = sent.split("\r\n").filter(|it| !it.starts_with(['*', '$']));
    words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

fn held(wire: &mut Wire) -> (quorlock_core::LockId, String) {
    let Event::Acquired(acquired) = &wire.events()[0] else {
        panic!("granted")
    };
    (acquired.lock, acquired.owner.to_string())
}

#[test]
fn a_server_that_compares_is_asked_in_its_own_words() {
    for (trials, release) in [
        ([NO_SCRIPTS, ":0\r\n", UNKNOWN], "DELIFEQ key OWNER"),
        (["-NOSCRIPT\r\n", UNKNOWN, ":0\r\n"], "DELEX key IFEQ OWNER"),
    ] {
        let mut wire = connected(config(1), trials);
        wire.acquire();
        let sent = words(&mut wire);
        wire.receive("+OK\r\n");
        let (lock, owner) = held(&mut wire);
        assert_eq!(sent, format!("SET key {owner} NX PX 1000"));
        let ttl = quorlock_core::Ttl::from_millis(1_000);
        wire.client.extend(wire.now, lock, ttl).unwrap();
        assert_eq!(
            words(&mut wire),
            format!("SET key {owner} IFEQ {owner} PX 1000")
        );
        wire.receive("+OK\r\n");
        assert!(matches!(wire.events()[..], [Event::Extended(_)]));
        wire.client.release(wire.now, lock).unwrap();
        assert_eq!(words(&mut wire), release.replace("OWNER", &owner));
        wire.receive(":1\r\n");
        let [Event::Released(released)] = wire.events()[..] else {
            panic!("released")
        };
        assert_eq!(released.verdict, Verdict::Verified);
    }
}

#[test]
fn tokens_and_guards_need_scripts() {
    let fenced = Config {
        fencing: Fencing::DEFAULT,
        ..config(1)
    };
    let strict = Config {
        guard: RestartGuard::Strict,
        ..config(1)
    };
    for config in [fenced, strict] {
        let wire = connected(config, [NO_SCRIPTS, ":0\r\n", UNKNOWN]);
        let problem = wire.client.problem(node(0));
        assert_eq!(problem, Some(Problem::NeedsScripts));
    }
}

/// Without scripts on a server that can't compare.
fn transacting() -> (Wire, quorlock_core::LockId, String) {
    let mut wire = connected(config(1), [NO_SCRIPTS, UNKNOWN, UNKNOWN]);
    wire.acquire();
    assert!(words(&mut wire).starts_with("SET key "));
    wire.receive("+OK\r\n");
    let (lock, owner) = held(&mut wire);
    (wire, lock, owner)
}

#[test]
fn a_transaction_compares_and_acts() {
    let (mut wire, lock, owner) = transacting();
    let ttl = quorlock_core::Ttl::from_millis(1_000);
    wire.client.extend(wire.now, lock, ttl).unwrap();
    assert_eq!(words(&mut wire), "WATCH key GET key");
    wire.receive(&format!("+OK\r\n$49\r\n{owner}\r\n"));
    assert_eq!(words(&mut wire), "MULTI PEXPIRE key 1000 EXEC");
    wire.receive("+OK\r\n+QUEUED\r\n*1\r\n:1\r\n");
    assert!(matches!(wire.events()[..], [Event::Extended(_)]));
    wire.client.release(wire.now, lock).unwrap();
    wire.sent();
    wire.receive(&format!("+OK\r\n$49\r\n{owner}\r\n"));
    assert_eq!(words(&mut wire), "MULTI DEL key EXEC");
    // touched between: once more
    wire.receive("+OK\r\n+QUEUED\r\n_\r\n");
    assert_eq!(words(&mut wire), "WATCH key GET key");
    wire.receive("+OK\r\n_\r\n");
    assert_eq!(words(&mut wire), "UNWATCH");
    let [Event::Released(released)] = wire.events()[..] else {
        panic!("released")
    };
    assert_eq!(released.verdict, Verdict::ExpiredEarlier);
    assert!(!released.report.gone.is_empty());
}

#[test]
fn another_owners_key_is_left_alone() {
    let (mut wire, lock, _) = transacting();
    wire.client.release(wire.now, lock).unwrap();
    wire.sent();
    wire.receive("+OK\r\n$5\r\nother\r\n");
    assert_eq!(words(&mut wire), "UNWATCH");
    let [Event::Released(released)] = wire.events()[..] else {
        panic!("released")
    };
    assert!(!released.report.foreign.is_empty());
}

#[test]
fn one_comparison_at_a_time_and_none_is_lost_with_the_connection() {
    let (mut wire, first, owner) = transacting();
    let again = AcquireRequest::new("key", quorlock_core::Ttl::from_millis(1_000));
    wire.client.acquire(wire.now, again).unwrap();
    wire.sent();
    wire.client.release(wire.now, first).unwrap();
    wire.receive("+OK\r\n");
    let (second, _) = held(&mut wire);
    wire.client.release(wire.now, second).unwrap();
    assert_eq!(words(&mut wire), "WATCH key GET key", "the second waits");
    wire.receive(&format!("+OK\r\n$49\r\n{owner}\r\n"));
    assert_eq!(words(&mut wire), "MULTI DEL key EXEC");
    wire.client.handle_disconnected(wire.now, node(0), "cut");
    wire.receive("");
    wire.to(crate::support::at(200));
    assert!(wire.client.poll_action().is_some());
    wire.client.handle_connected(wire.now, node(0));
    wire.input.clear();
    wire.sent();
    wire.receive(HELLO);
    wire.sent();
    let common = info(&"b".repeat(40));
    let common = common.split_once("-NOSCRIPT").unwrap().0;
    wire.receive(&format!("{common}{NO_SCRIPTS}{UNKNOWN}{UNKNOWN}"));
    wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
    assert_eq!(words(&mut wire), "WATCH key GET key", "both are owed again");
    wire.receive("+OK\r\n_\r\n");
    assert_eq!(words(&mut wire), "UNWATCH WATCH key GET key");
}

#[test]
fn a_key_that_is_touched_again_and_again_is_an_error_that_passes() {
    let (mut wire, lock, owner) = transacting();
    wire.client.release(wire.now, lock).unwrap();
    for _ in 0..8 {
        assert_eq!(words(&mut wire), "WATCH key GET key");
        wire.receive(&format!("+OK\r\n$49\r\n{owner}\r\n"));
        wire.sent();
        wire.receive("+OK\r\n+QUEUED\r\n_\r\n");
    }
    assert_eq!(words(&mut wire), "");
    wire.to(crate::support::at(100));
    assert_eq!(
        words(&mut wire),
        "WATCH key GET key",
        "repeated after a pause"
    );
}
