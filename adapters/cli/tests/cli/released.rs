//! What is said of a release that found less than it should have.

use std::fs;

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;

use super::output::unix_millis;
use super::support::{Marks, run_script};

const WAITS: &str = "touch ready; while [ -e ready ] && [ ! -e done ]; do sleep 0.02; done";

#[test]
fn a_lock_that_was_gone_expired_earlier() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let marks = Marks::new();
    let running = run_script(&fleet, &marks, &["--ttl", "60s"], WAITS);
    marks.wait_for("ready");
    for server in fleet.iter() {
        Connection::to(server).call(&["DEL", "key"]);
    }
    fs::write(marks.path("done"), "").unwrap();
    let outcome = running.finish();
    assert_eq!(outcome.code(), 74, "{}", outcome.stderr);
    for words in [
        "expired earlier: it was lost before it was released",
        "gone",
    ] {
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
}

#[test]
fn a_release_without_answers_is_unverified_until_the_lease_ends() {
    let _turn = turn::take();
    for json in [true, false] {
        let fleet = Fleet::start(3);
        let marks = Marks::new();
        let options = if json { &["--json"][..] } else { &[] };
        let options = [&["--ttl", "60s"], options].concat();
        let before = unix_millis();
        let running = run_script(&fleet, &marks, &options, WAITS);
        marks.wait_for("ready");
        fleet[0].pause();
        fleet[1].pause();
        fs::write(marks.path("done"), "").unwrap();
        let outcome = running.finish();
        assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
        if json {
            let released = outcome.event("released");
            assert_eq!(released["verdict"], "unverified");
            let until = released["unverified_until_ms"].as_u64().unwrap();
            let lease = before + 55_000..=unix_millis() + 65_000;
            assert!(lease.contains(&until), "{until} is not in {lease:?}");
        } else {
            let words = "unverified until 2";
            assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
        }
    }
}
