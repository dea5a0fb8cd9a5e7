//! The example of the core in threads of one's own, against real servers.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::process::Command;

use quorlock_tests::connection::keys;
use quorlock_tests::servers::Fleet;

#[test]
fn the_core_in_threads_holds_and_releases_a_lock_over_three_servers() {
    let fleet = Fleet::start(3);
    let addresses = fleet
        .addresses()
        .into_iter()
        .map(|address| address.to_string());
    let output = Command::new(env!("CARGO"))
        .args([
            "run",
            "-q",
            "-p",
            "quorlock-core",
            "--example",
            "threads",
            "--",
            "key",
        ])
        .args(addresses)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains("Acquired(") && text.contains("verdict: Verified"),
        "{text}"
    );
    for server in fleet.iter() {
        assert!(keys(server).is_empty());
    }
}
