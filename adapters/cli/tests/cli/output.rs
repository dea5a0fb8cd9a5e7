//! What is said on stderr, and what the command finds in its environment.

use core::time::Duration;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::{SystemTime, UNIX_EPOCH};

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;

use super::support::{Marks, Running, outcome, quorlock, run_on};

pub(crate) fn unix_millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

#[test]
fn json_lines_are_objects_with_the_facts() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let urls = fleet.urls();
    let outcome = outcome(run_on(&urls, &["--json", "key", "--", "true"]));
    assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
    assert_eq!(
        outcome.objects().len(),
        outcome.stderr.lines().count(),
        "{}",
        outcome.stderr
    );
    let acquired = outcome.event("acquired");
    assert_eq!(acquired["key"], "key");
    assert_eq!(
        (&acquired["nodes"], &acquired["votes_needed"]),
        (&3.into(), &2.into())
    );
    assert!(acquired["granted"].as_array().unwrap().len() >= 2);
    assert_eq!(acquired["embedded"], false);
    let valid_for = acquired["valid_for_ms"].as_f64().unwrap();
    assert!((9_000.0..=9_898.0).contains(&valid_for), "{valid_for}");
    let released = outcome.event("released");
    assert_eq!(released["verdict"], "verified");
    assert_eq!(released["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(
        released["nodes"][1]["node"],
        urls[1].trim_start_matches("redis://")
    );
}

#[test]
fn a_failure_is_an_object_too() {
    let _turn = turn::take();
    let outcome = outcome(run_on(
        &["redis://127.0.0.1:1".to_owned()],
        &["--json", "--wait", "0", "key", "--", "true"],
    ));
    assert_eq!(outcome.code(), 69);
    let failed = outcome.event("failed");
    assert_eq!(failed["exit"], 69);
    assert!(
        failed["error"].as_str().unwrap().contains("127.0.0.1:1"),
        "{failed}"
    );
}

#[test]
fn text_lines_are_two() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let outcome = outcome(run_on(&fleet.urls(), &["key", "--", "true"]));
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", outcome.stderr);
    assert!(
        lines[0].starts_with("quorlock: acquired \"key\" in "),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with("quorlock: released \"key\" after "),
        "{}",
        lines[1]
    );
    for server in fleet.iter() {
        assert!(
            lines[1].contains(&format!("{} ", server.address())),
            "{}",
            lines[1]
        );
    }
}

#[test]
fn quiet_says_nothing_when_all_is_well() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    for options in [&["--quiet"][..], &["-q", "--json"]] {
        let outcome = outcome(run_on(
            &fleet.urls(),
            &[options, &["key", "--", "true"]].concat(),
        ));
        assert_eq!((outcome.code(), outcome.stderr.as_str()), (0, ""));
    }
    let outcome = outcome(run_on(
        &["redis://127.0.0.1:1".to_owned()],
        &["-q", "--wait", "0", "key", "--", "true"],
    ));
    assert_eq!(outcome.code(), 69);
    assert_ne!(outcome.stderr, "");
}

#[test]
fn logs_come_with_the_verbose_option_or_the_variable() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let mut by_variable = run_on(&fleet.urls(), &["-q", "key", "--", "true"]);
    by_variable.env("RUST_LOG", "quorlock_driver=trace");
    let by_option = run_on(&fleet.urls(), &["-q", "-vvv", "key", "--", "true"]);
    for command in [by_variable, by_option] {
        let outcome = outcome(command);
        assert_eq!(outcome.code(), 0);
        assert!(
            outcome.stderr.contains("quorlock_driver"),
            "{}",
            outcome.stderr
        );
    }
    let mut wrong = run_on(&fleet.urls(), &["key", "--", "true"]);
    wrong.env("RUST_LOG", "quorlock=loud");
    let outcome = outcome(wrong);
    assert_eq!(outcome.code(), 64);
    assert!(outcome.stderr.contains("RUST_LOG"), "{}", outcome.stderr);
}

#[test]
fn the_environment_tells_the_key_the_owner_and_the_time() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script = r#"echo "$QUORLOCK_KEY,$QUORLOCK_OWNER,$QUORLOCK_VALID_UNTIL_MS" > part; mv part seen
        while [ -e seen ] && [ ! -e done ]; do sleep 0.02; done"#;
    let mut command = run_on(
        &fleet.urls(),
        &["--ttl", "20s", "a key/ü", "--", "sh", "-c", script],
    );
    command.current_dir(marks.directory());
    let before = unix_millis();
    let running = Running::start(command);
    let seen = marks.wait_for("seen");
    let stored = Connection::to(&fleet[0]).call(&["GET", "a key/ü"]);
    std::fs::write(marks.path("done"), "").unwrap();
    assert_eq!(running.finish().code(), 0);
    let [key, owner, until] = seen
        .trim()
        .split(',')
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!(key, "a key/ü");
    assert_eq!(stored.value(), quorlock_resp::Value::Bulk(owner.as_bytes()));
    let until: u64 = until.parse().unwrap();
    let lease = before..=unix_millis() + 20_000;
    assert!(
        until > before + 15_000 && lease.contains(&until),
        "{until} is not in {lease:?}"
    );
}

#[test]
fn a_key_of_any_bytes_is_the_key_on_the_server() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let key = b"\xff\x01\"'\n%s";
    let mut command = run_on(&fleet.urls(), &[]);
    command.arg(OsStr::from_bytes(key)).args([
        "--",
        "sh",
        "-c",
        "touch ready; while [ -e ready ] && [ ! -e done ]; do sleep 0.02; done",
    ]);
    command.current_dir(marks.directory());
    let running = Running::start(command);
    marks.wait_for("ready");
    let reply = Connection::to(&fleet[0]).call(&[&b"EXISTS"[..], key]);
    std::fs::write(marks.path("done"), "").unwrap();
    let outcome = running.finish();
    assert_eq!(reply.value(), quorlock_resp::Value::Integer(1));
    assert_eq!(outcome.code(), 0);
    assert_eq!(outcome.stderr.lines().count(), 2, "{}", outcome.stderr);
}

#[test]
fn nodes_come_from_the_environment_too() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let urls = fleet.urls();
    let mut command = quorlock();
    command.env(
        "QUORLOCK_NODES",
        format!("{}, {}\n{}", urls[0], urls[1], urls[2]),
    );
    command.args(["run", "--quorum", "all", "--json", "key", "--", "true"]);
    let outcome = outcome(command);
    assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
    assert_eq!(
        outcome.event("acquired")["granted"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert!(outcome.took < Duration::from_secs(20));
}
