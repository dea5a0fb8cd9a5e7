//! Signals that `quorlock` gets.

use std::process::Command;

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;
use rustix::process::Signal;

use super::support::{Marks, Running, assert_empty, quorlock, run_on, run_script, wait_until};

/// Says that it is ready, and on a signal which one came.
const TRAPS: &str = r"
    trap 'echo INT; exit 11' INT
    trap 'echo TERM; exit 12' TERM
    trap 'echo HUP; exit 13' HUP
    touch ready
    while [ -e ready ]; do sleep 0.05; done
";

#[test]
fn interrupt_terminate_and_hangup_reach_the_command() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let table = [
        (Signal::INT, "INT\n", 11),
        (Signal::TERM, "TERM\n", 12),
        (Signal::HUP, "HUP\n", 13),
    ];
    for (signal, word, code) in table {
        let marks = Marks::new();
        let running = run_script(&fleet, &marks, &[], TRAPS);
        marks.wait_for("ready");
        running.signal(signal);
        let outcome = running.finish();
        assert_eq!(
            (outcome.code(), outcome.stdout.as_str()),
            (code, word),
            "{}",
            outcome.stderr
        );
        assert_empty(&fleet);
    }
}

#[test]
fn a_signal_that_ends_the_command_is_in_the_status() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script = "touch ready; sleep 60; echo went on";
    let running = run_script(&fleet, &marks, &[], script);
    marks.wait_for("ready");
    running.signal(Signal::TERM);
    let outcome = running.finish();
    assert_eq!(outcome.code(), 143, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("released"), "{}", outcome.stderr);
    assert_empty(&fleet);
}

#[test]
fn a_signal_ends_the_wait_and_leaves_nothing() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    // one node is free: there the waiting one gets its vote, again and again
    for server in fleet.iter().take(2) {
        Connection::to(server).call(&["SET", "key", "somebody"]);
    }
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let running = Running::start(run_on(
            &fleet.urls(),
            &["--wait", "forever", "key", "--", "echo", "ran"],
        ));
        wait_until("a try", || (commands(&fleet[0]) > 0).then_some(()));
        running.signal(signal);
        let outcome = running.finish();
        assert_eq!(outcome.code(), code, "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        assert!(
            outcome.stderr.contains("while waiting"),
            "{}",
            outcome.stderr
        );
        assert_empty(&fleet[2..]);
        for server in fleet.iter() {
            Connection::to(server).call(&["CONFIG", "RESETSTAT"]);
        }
    }
}

#[test]
fn under_nohup_a_hangup_is_nothing() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let plain = run_on(
        &fleet.urls(),
        &[
            "key",
            "--",
            "sh",
            "-c",
            "touch ready; sleep 1; echo went on",
        ],
    );
    let mut command = Command::new("sh");
    // without a terminal nohup leaves the outputs as they are
    command
        .args(["-c", r#"exec nohup "$@""#, "nohup"])
        .arg(plain.get_program())
        .args(plain.get_args());
    command.envs(
        quorlock()
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    command
        .env_remove("QUORLOCK_NODES")
        .current_dir(marks.directory());
    let running = Running::start(command);
    marks.wait_for("ready");
    running.signal(Signal::HUP);
    let outcome = running.finish();
    assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "went on\n");
}

/// How many scripts the server has run since its figures were reset.
fn commands(server: &quorlock_tests::servers::Server) -> usize {
    let reply = Connection::to(server).call(&["INFO", "commandstats"]);
    let text = String::from_utf8_lossy(reply.bytes()).into_owned();
    text.lines()
        .filter(|line| line.starts_with("cmdstat_eval"))
        .count()
}
