//! What happens to the command's family when one of it dies.

use std::fs;

use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;
use rustix::process::{Signal, kill_process};

use super::support::{Marks, lives, pttl, run_script, wait_for_death, wait_until};

#[test]
fn the_command_dies_with_quorlock() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script =
        "trap '' TERM HUP INT; echo $$ > part; mv part pid; while [ -e pid ]; do sleep 0.05; done";
    let running = run_script(&fleet, &marks, &[], script);
    let pid = marks.pid("pid");
    assert!(lives(pid));
    running.signal(Signal::KILL);
    wait_for_death(pid);
}

#[test]
fn the_whole_group_gets_the_signal() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script = "sleep 60 & echo $! > part; mv part pid; wait";
    let running = run_script(&fleet, &marks, &[], script);
    let grandchild = marks.pid("pid");
    running.signal(Signal::TERM);
    wait_for_death(grandchild);
    assert_eq!(running.finish().code(), 143);
}

#[test]
fn a_lost_lock_ends_the_grandchildren_that_ignore_it() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    // the command ends by SIGTERM, what it started does not
    let script = "sh -c 'trap \"\" TERM; echo $$ > part; mv part pid; while [ -e pid ]; do sleep 0.05; done' & wait";
    let options = ["--ttl", "1s", "--kill-after", "200ms"];
    let running = run_script(&fleet, &marks, &options, script);
    let grandchild = marks.pid("pid");
    fleet[0].pause();
    assert_eq!(running.finish().code(), 74);
    // killed before quorlock ended; init may take a moment to reap it
    wait_for_death(grandchild);
}

#[test]
fn a_quorlock_that_was_stopped_too_long_kills_at_once() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script = "trap 'touch told' TERM; echo $$ > part; mv part pid; while [ -e pid ]; do sleep 0.05; done";
    let running = run_script(&fleet, &marks, &["--ttl", "1s"], script);
    let pid = marks.pid("pid");
    running.signal(Signal::STOP);
    wait_until("the end of the lease", || {
        quorlock_tests::connection::keys(&fleet[0])
            .is_empty()
            .then_some(())
    });
    assert!(lives(pid));
    running.signal(Signal::CONT);
    wait_for_death(pid);
    assert_eq!(running.finish().code(), 74);
    assert!(
        !marks.path("told").exists(),
        "it was asked to end when it was too late to ask"
    );
}

#[test]
fn a_command_that_is_stopped_is_killed_in_time_too() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script = "echo $$ > part; mv part pid; while [ -e pid ]; do sleep 0.05; done";
    let running = run_script(&fleet, &marks, &["--ttl", "1s"], script);
    let pid = marks.pid("pid");
    kill_process(pid, Signal::STOP).unwrap();
    fleet[0].pause();
    wait_for_death(pid);
    assert_eq!(running.finish().code(), 74);
}

#[test]
fn a_quorlock_that_was_stopped_for_a_moment_goes_on() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script = "trap 'touch told' TERM; echo $$ > part; mv part pid; \
        while [ -e pid ] && [ ! -e done ]; do sleep 0.05; done; exit 7";
    let running = run_script(&fleet, &marks, &["--ttl", "6s"], script);
    marks.pid("pid");
    // the first extension is due after two seconds, half of the lease is three
    running.signal(Signal::STOP);
    wait_until("the extension to be late", || {
        (pttl(&fleet[0], "key") < 3_600).then_some(())
    });
    running.signal(Signal::CONT);
    wait_until("the extension", || {
        (pttl(&fleet[0], "key") > 5_000).then_some(())
    });
    fs::write(marks.path("done"), "").unwrap();
    assert_eq!(running.finish().code(), 7);
    assert!(!marks.path("told").exists());
}
