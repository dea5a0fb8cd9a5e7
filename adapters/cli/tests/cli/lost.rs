//! The command is dead before the validity ends, and is left alone while it can be.

use core::time::Duration;
use std::fs;
use std::io::Write;
use std::thread;
use std::time::Instant;

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Fleet, Server};
use quorlock_tests::turn;
use rustix::process::Pid;

use super::support::{Marks, Running, pttl, run_on, run_script, wait_for_death, wait_until};

/// Ignores SIGTERM but leaves a mark of it.
const STUBBORN: &str =
    "trap 'touch told' TERM; echo $$ > part; mv part pid; while [ -e pid ]; do sleep 0.02; done";

/// What a command takes to a server on this machine, at most: a lease counts from when
/// it was sent, the servers from when it came.
const WIRE: Duration = Duration::from_millis(10);

/// A lease as it can be told from outside: not later than in truth, and earlier by
/// [`WIRE`] at most.
struct Lease {
    started: Instant,
    valid_until: Instant,
}

/// Waits until `key` was extended a moment ago on all servers, and works out its lease
/// from their clocks. The next extension is a third of the lease away.
fn fresh_lease(servers: &[Server], key: &str, ttl: Duration) -> Lease {
    wait_until("a fresh extension", || {
        let mut expiries = Vec::new();
        for server in servers {
            let asked = Instant::now();
            let left = u64::try_from(pttl(server, key)).ok()?;
            expiries.push(asked + Duration::from_millis(left));
        }
        let expiry = expiries.into_iter().min()?.checked_sub(WIRE).unwrap();
        let fresh = expiry > Instant::now() + ttl * 9 / 10;
        // as in the core: 1 % and 2 ms
        let allowance = ttl / 100 + Duration::from_millis(2);
        fresh.then(|| Lease {
            started: expiry.checked_sub(ttl).unwrap(),
            valid_until: expiry.checked_sub(allowance).unwrap(),
        })
    })
}

fn start(
    fleet: &Fleet,
    marks: &Marks,
    ttl: &str,
    kill_after: &str,
    script: &str,
) -> (Running, Pid) {
    let options = ["--json", "--ttl", ttl, "--kill-after", kill_after];
    let running = run_script(fleet, marks, &options, script);
    (running, marks.pid("pid"))
}

#[test]
fn dead_before_the_end_of_validity_when_all_nodes_are_stopped() {
    let _turn = turn::take();
    for (nodes, ttl, kill_after) in [
        (1, "1s", "300ms"),
        (3, "2s", "5s"),
        (5, "3s", "1s"),
        (5, "3s", "0s"),
    ] {
        let fleet = Fleet::start(nodes);
        let marks = Marks::new();
        let (running, pid) = start(&fleet, &marks, ttl, kill_after, STUBBORN);
        let length = humantime::parse_duration(ttl).unwrap();
        let lease = fresh_lease(&fleet, "key", length);
        fleet.iter().for_each(Server::pause);
        let dead = wait_for_death(pid);
        let used = dead.duration_since(lease.started);
        let left = lease.valid_until.saturating_duration_since(dead);
        println!("{nodes} nodes, ttl {ttl}, kill after {kill_after}: dead {left:?} before the end");
        assert!(
            dead < lease.valid_until,
            "{:?} too late",
            dead.duration_since(lease.valid_until)
        );
        assert!(used >= length / 2, "killed after {used:?} of {ttl}");
        assert_eq!(
            marks.path("told").exists(),
            kill_after != "0s",
            "SIGTERM first, if there is time"
        );
        let outcome = running.finish();
        assert_eq!(outcome.code(), 74, "{}", outcome.stderr);
        let own = outcome.event("lost")["ended_before_ms"].as_f64().unwrap();
        assert!(own > 0.0, "{own} ms by its own account");
    }
}

#[test]
fn asked_to_end_not_before_half_of_the_lease() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let marks = Marks::new();
    // kill-after asks for more time than there is: SIGTERM comes at half of the lease
    let script =
        "trap 'exit 0' TERM; echo $$ > part; mv part pid; while [ -e pid ]; do sleep 0.02; done";
    let (running, pid) = start(&fleet, &marks, "3s", "60s", script);
    let lease = fresh_lease(&fleet, "key", Duration::from_secs(3));
    fleet.iter().for_each(Server::pause);
    let dead = wait_for_death(pid);
    let used = dead.duration_since(lease.started);
    println!("ended after {used:?} of 3 s");
    assert!(
        used >= Duration::from_millis(1_500),
        "after {used:?} of 3 s"
    );
    assert!(dead < lease.valid_until);
    // it ended well by itself, but it was told to because the lock was going
    assert_eq!(running.finish().code(), 74);
}

#[test]
fn an_outage_within_half_of_the_lease_goes_unnoticed() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let marks = Marks::new();
    let script = "trap 'touch told' TERM; echo $$ > part; mv part pid; \
        while [ -e pid ] && [ ! -e done ]; do sleep 0.02; done; exit 5";
    let (running, _) = start(&fleet, &marks, "6s", "5s", script);
    let lease = fresh_lease(&fleet, "key", Duration::from_secs(6));
    // the next extension falls into the outage
    let outage = lease.started + Duration::from_millis(1_700);
    thread::sleep(outage.saturating_duration_since(Instant::now()));
    fleet.iter().for_each(Server::pause);
    thread::sleep(Duration::from_secs(1));
    fleet.iter().for_each(Server::resume);
    let next = fresh_lease(&fleet, "key", Duration::from_secs(6));
    assert!(
        next.started > lease.started + Duration::from_secs(2),
        "extended after the outage"
    );
    thread::sleep(Duration::from_secs(1));
    fs::write(marks.path("done"), "").unwrap();
    let outcome = running.finish();
    assert!(!marks.path("told").exists(), "{}", outcome.stderr);
    assert_eq!(outcome.code(), 5, "{}", outcome.stderr);
    assert_eq!(
        outcome.event("released")["verdict"],
        "verified",
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_minority_that_stops_is_no_loss() {
    let _turn = turn::take();
    let fleet = Fleet::start(5);
    let marks = Marks::new();
    let script = "echo $$ > part; mv part pid; sleep 3; exit 6";
    let (running, _) = start(&fleet, &marks, "1s", "300ms", script);
    // a node that connects after the grant gets the lock with an extension
    wait_until("the lock on all nodes", || {
        fleet
            .iter()
            .all(|server| pttl(server, "key") > 0)
            .then_some(())
    });
    fleet[1].pause();
    fleet[4].pause();
    let outcome = running.finish();
    assert_eq!(outcome.code(), 6, "{}", outcome.stderr);
    let released = outcome.event("released");
    assert_eq!(released["verdict"], "verified", "{}", outcome.stderr);
    let words: Vec<_> = released["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| &node["verdict"])
        .collect();
    assert_eq!(
        words,
        ["released", "unknown", "released", "released", "unknown"]
    );
    assert!(
        released["extensions"].as_u64().unwrap() >= 3,
        "{}",
        outcome.stderr
    );
    // the releases wait in the stopped servers' sockets
    fleet.iter().for_each(Server::resume);
    wait_until("no key left", || {
        fleet
            .iter()
            .all(|server| quorlock_tests::connection::keys(server).is_empty())
            .then_some(())
    });
}

#[test]
fn overtaken_ends_the_command_at_once() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let marks = Marks::new();
    let script = "trap 'exit 0' TERM; echo $$ > part; mv part pid; \
        while [ -e pid ]; do sleep 0.02; done";
    let (running, _) = start(&fleet, &marks, "3s", "1s", script);
    for server in fleet.iter() {
        Connection::to(server).call(&["SET", "key", "thief", "PX", "60000"]);
    }
    let outcome = running.finish();
    assert_eq!(outcome.code(), 74, "{}", outcome.stderr);
    let lost = outcome.event("lost");
    assert_eq!(lost["cause"], "another owner has it");
    // told by the first extension, after a third of the lease
    let before = lost["ended_before_ms"].as_f64().unwrap();
    assert!(before > 1_500.0, "dead only {before} ms before the end");
    for server in fleet.iter() {
        let kept = Connection::to(server).call(&["GET", "key"]);
        assert_eq!(kept.value(), quorlock_resp::Value::Bulk(b"thief"));
    }
}

#[test]
fn a_stderr_that_nobody_reads_keeps_no_command_alive() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let (_unread, mut full) = std::io::pipe().unwrap();
    // what a pipe takes on Linux, see pipe(7)
    full.write_all(&vec![b'.'; 64 * 1024]).unwrap();
    let options = ["-vvv", "--ttl", "2s", "key", "--", "sh", "-c", STUBBORN];
    let mut command = run_on(&fleet.urls(), &options);
    command.current_dir(marks.directory()).stderr(full);
    let mut quorlock = command.spawn().unwrap();
    let pid = marks.pid("pid");
    let lease = fresh_lease(&fleet, "key", Duration::from_secs(2));
    fleet[0].pause();
    let dead = wait_for_death(pid);
    assert!(dead < lease.valid_until);
    assert_eq!(quorlock.wait().unwrap().code(), Some(74));
}
