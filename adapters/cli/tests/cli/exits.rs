//! One exit status for each way to end.

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Fleet, Options};
use quorlock_tests::{ports, turn};

use super::support::{Running, assert_empty, named, outcome, pttl, quorlock, run_on, wait_until};

#[test]
fn the_childs_status_is_passed_on() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let table = [
        ("exit 0", 0),
        ("exit 3", 3),
        ("exit 255", 255),
        ("kill -KILL $$", 137),
        ("kill -TERM $$", 143),
    ];
    for (script, code) in table {
        let outcome = outcome(run_on(&fleet.urls(), &["key", "--", "sh", "-c", script]));
        assert_eq!(outcome.code(), code, "{script}: {}", outcome.stderr);
        assert_empty(&fleet);
    }
}

#[test]
fn a_command_that_can_not_run_ends_as_in_a_shell() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let table = [
        ("/nonexistent/command", 127),
        ("no-such-command-anywhere", 127),
        ("/etc/passwd", 126),
        ("/", 126),
    ];
    for (command, code) in table {
        let outcome = outcome(run_on(&fleet.urls(), &["key", "--", command]));
        assert_eq!(outcome.code(), code, "{command}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(command), "{}", outcome.stderr);
        assert_empty(&fleet);
    }
}

#[test]
fn help_and_version_are_no_error() {
    let _turn = turn::take();
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"]] {
        let mut command = quorlock();
        command.args(arguments);
        let outcome = outcome(command);
        assert_eq!(outcome.code(), 0, "{arguments:?}");
        assert!(outcome.stdout.contains("quorlock") && outcome.stderr.is_empty());
    }
}

#[test]
fn no_quorum_reachable_is_69() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let refused = [ports::free(), ports::free()].map(|port| format!("redis://127.0.0.1:{port}"));
    let urls = [&fleet.urls()[..], &refused].concat();
    for wait in ["0", "300ms"] {
        let outcome = outcome(run_on(&urls, &["--wait", wait, "key", "--", "echo", "ran"]));
        assert_eq!(outcome.code(), 69, "--wait {wait}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        for url in &refused {
            let name = url.trim_start_matches("redis://");
            assert!(
                outcome.stderr.contains(name),
                "{name} is not in: {}",
                outcome.stderr
            );
        }
        assert_empty(&fleet);
    }
}

#[test]
fn nodes_that_reject_for_good_are_69_at_once() {
    let _turn = turn::take();
    let fleet = Fleet::start_with(3, &Options::new().with_password("right"));
    let urls = fleet
        .urls()
        .into_iter()
        .map(|url| url.replace("right", "wr0ng-secret"))
        .collect::<Vec<_>>();
    let outcome = outcome(run_on(&urls, &["key", "--", "echo", "ran"]));
    assert_eq!(outcome.code(), 69, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("WRONGPASS"), "{}", outcome.stderr);
    assert!(named(&fleet, &outcome.stderr) >= 2, "{}", outcome.stderr);
    assert!(
        !outcome.stderr.contains("wr0ng-secret"),
        "a password is shown: {}",
        outcome.stderr
    );
    assert!(
        outcome.took.as_secs() < 10,
        "waited {:?} of 60 s for nothing",
        outcome.took
    );
    assert_eq!(outcome.stdout, "");
}

#[test]
fn a_lock_that_others_hold_is_75() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    for server in fleet.iter() {
        Connection::to(server).call(&["SET", "key", "somebody", "PX", "600000"]);
    }
    for wait in ["0", "300ms"] {
        let outcome = outcome(run_on(
            &fleet.urls(),
            &["--wait", wait, "key", "--", "echo", "ran"],
        ));
        assert_eq!(outcome.code(), 75, "--wait {wait}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        for server in fleet.iter() {
            let reply = Connection::to(server).call(&["GET", "key"]);
            assert_eq!(reply.value(), quorlock_resp::Value::Bulk(b"somebody"));
        }
    }
}

#[test]
fn a_free_lock_is_had_in_one_try() {
    let _turn = turn::take();
    let fleet = Fleet::start(5);
    for _ in 0..10 {
        let outcome = outcome(run_on(
            &fleet.urls(),
            &["--wait", "0", "key", "--", "echo", "ran"],
        ));
        assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "ran\n");
    }
    assert_empty(&fleet);
}

#[test]
fn a_lock_that_was_deleted_under_the_command_is_74() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let running = Running::start(run_on(
        &fleet.urls(),
        &["--ttl", "60s", "key", "--", "sleep", "1"],
    ));
    wait_until("the lock", || (pttl(&fleet[0], "key") > 0).then_some(()));
    Connection::to(&fleet[0]).call(&["DEL", "key"]);
    let outcome = running.finish();
    assert_eq!(outcome.code(), 74, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("gone"), "{}", outcome.stderr);
}

#[test]
fn embedded_nodes_need_no_server() {
    let _turn = turn::take();
    let mut command = quorlock();
    let script = r#"echo "holding $QUORLOCK_KEY""#;
    command.args(["run", "--embedded", "5", "demo", "--", "sh", "-c", script]);
    let outcome = outcome(command);
    assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "holding demo\n");
    assert!(
        outcome.stderr.contains("exclude nobody outside"),
        "{}",
        outcome.stderr
    );
}
