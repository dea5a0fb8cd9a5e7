//! Ten processes increment a number in a file, with no other lock than ours.

use core::time::Duration;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use quorlock_tests::deployment::deployed;
use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;

use super::support::{Marks, Running, assert_empty, run_on};

const PROCESSES: usize = 10;

/// Increments of each process by `quorlock run`.
const EACH: usize = 20;

/// Reads, dawdles and writes: without a lock increments get lost.
const INCREMENT: &str =
    r"n=$(cat counter); sleep 0.001; echo $((n + 1)) > part.$$; mv part.$$ counter";

fn start_all(marks: &Marks, command: impl Fn() -> Command) -> Vec<Running> {
    fs::write(marks.path("counter"), "0\n").unwrap();
    let start = |_| {
        let mut command = command();
        command.current_dir(marks.directory());
        Running::start(command)
    };
    (0..PROCESSES).map(start).collect()
}

fn finish_all(running: Vec<Running>) {
    for process in running {
        let outcome = process.finish();
        assert_eq!(outcome.code(), 0, "{}{}", outcome.stdout, outcome.stderr);
    }
}

fn counted(marks: &Marks) -> usize {
    fs::read_to_string(marks.path("counter"))
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn through_the_command_none_is_lost() {
    let _turn = turn::take();
    for nodes in [1, 3, 5] {
        let fleet = Fleet::start(nodes);
        let marks = Marks::new();
        let started = Instant::now();
        // a shell of its own repeats `quorlock run`, each time a new process
        let processes = start_all(&marks, || {
            let once = run_on(
                &fleet.urls(),
                &[
                    "-q", "--wait", "60s", "counter", "--", "sh", "-c", INCREMENT,
                ],
            );
            let mut repeated = Command::new("sh");
            let script =
                format!("i=0; while [ $i -lt {EACH} ]; do \"$@\" || exit; i=$((i + 1)); done");
            repeated
                .args(["-c", &script, "sh"])
                .envs(
                    once.get_envs()
                        .filter_map(|(name, value)| Some((name, value?))),
                )
                .arg(once.get_program())
                .args(once.get_args());
            repeated
        });
        finish_all(processes);
        println!(
            "{nodes} servers: {} increments by quorlock run in {:?}",
            counted(&marks),
            started.elapsed()
        );
        assert_eq!(counted(&marks), PROCESSES * EACH, "on {nodes} servers");
        assert_empty(&fleet);
    }
}

#[test]
fn without_a_lock_some_are_lost() {
    let _turn = turn::take();
    let marks = Marks::new();
    let processes = start_all(&marks, || {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("for i in 1 2 3 4 5 6 7 8 9 10; do {INCREMENT}; done"),
        ]);
        command
    });
    finish_all(processes);
    assert!(
        counted(&marks) < PROCESSES * 10,
        "the file alone loses nothing: this test proves nothing"
    );
}

/// Increments of each process that works through the library.
const EACH_WORKER: usize = 200;

/// The variable that makes this test binary one of the processes, see [`worker`].
const WORKER: &str = "QUORLOCK_TEST_COUNTER_NODES";

#[test]
fn through_the_library_none_is_lost() {
    let _turn = turn::take();
    for nodes in [1, 3, 5] {
        let fleet = Fleet::start(nodes);
        let marks = Marks::new();
        let started = Instant::now();
        let processes = start_all(&marks, || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--ignored", "--exact", "counter::worker", "--nocapture"]);
            command.env(WORKER, fleet.urls().join(" "));
            command
        });
        finish_all(processes);
        println!(
            "{nodes} servers: {} increments by the library in {:?}",
            counted(&marks),
            started.elapsed()
        );
        assert_eq!(
            counted(&marks),
            PROCESSES * EACH_WORKER,
            "on {nodes} servers"
        );
        assert_empty(&fleet);
    }
}

/// One process of [`through_the_library_none_is_lost`], which starts this binary anew
/// with [`WORKER`] set.
#[test]
#[ignore = "no test but a process of through_the_library_none_is_lost"]
fn worker() {
    let nodes = std::env::var(WORKER).expect("started by the test");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = deployed(quorlock_tokio::builder())
            .nodes(nodes.split(' '))
            .unwrap()
            .build()
            .unwrap();
        for _ in 0..EACH_WORKER {
            let guard = client
                .lock("counter")
                .acquire_within(Duration::from_mins(2))
                .await
                .unwrap();
            increment(Path::new("counter")).await;
            guard.release().await;
        }
        let report = client.close(Duration::from_secs(5)).await;
        assert!(report.unconfirmed.is_empty(), "{report:?}");
    });
}

async fn increment(path: &Path) {
    let count: usize = fs::read_to_string(path).unwrap().trim().parse().unwrap();
    tokio::time::sleep(Duration::from_micros(200)).await;
    fs::write(path, format!("{}\n", count + 1)).unwrap();
}
