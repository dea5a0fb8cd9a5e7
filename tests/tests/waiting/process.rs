//! Another process with a client of its own.

use core::time::Duration;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Instant, SystemTime};

use quorlock_driver::{Client, Fairness};
use quorlock_tests::deployment::deployed;

use super::KEY;

/// What the process is to do; stands in the environment of one.
const WORK: &str = "QUORLOCK_WAITING_WORK";
const NODES: &str = "QUORLOCK_WAITING_NODES";
/// Marks the lines that are for us, among those of the test harness.
const MARK: &str = "> ";
/// How long a crowd takes and releases.
const CROWD: Duration = Duration::from_secs(3);
const WAITERS: usize = 8;

/// What another process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Takes the lock whenever it is free, tells when, and gives it back.
    Alternate,
    /// Takes the lock and is gone.
    Crash,
    /// Eight tasks that take and release for some seconds, and tell when each asked and how long it waited.
    Crowd,
    /// The same in the order in which they came.
    FairCrowd,
    /// Waits for the lock, in the order in which they came, and tells when it has it.
    FairWait,
}

/// A running one. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(work: Work, nodes: &[String]) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["worker", "--exact", "--nocapture", "--test-threads=1"])
            .env(WORK, format!("{work:?}"))
            .env(NODES, nodes.join(" "))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starting this program again");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// The next line that it says.
    pub(crate) fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            let length = self.output.read_line(&mut line).unwrap();
            assert!(length > 0, "the other process has ended");
            // the harness may have begun the line
            if let Some((_, said)) = line.split_once(MARK) {
                return said.trim_end().to_owned();
            }
        }
    }

    /// Lets a crowd begin.
    pub(crate) fn go(&mut self) {
        self.input.write_all(b"\n").unwrap();
    }

    /// Kills it with SIGKILL: it can't clean up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.wait();
    }

    /// Until it has ended.
    pub(crate) fn wait(&mut self) {
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client whose nodes are all there.
pub(crate) fn client<U: AsRef<str>>(urls: &[U], fairness: Fairness) -> Client {
    let builder = deployed(quorlock_smol::builder()).nodes(urls).unwrap();
    let client = builder.fairness(fairness).build().unwrap();
    let limit = Instant::now() + Duration::from_secs(10);
    while client.nodes().iter().any(|node| node.problem.is_some()) {
        assert!(Instant::now() < limit, "the nodes are not there");
        thread::sleep(Duration::from_millis(1));
    }
    client
}

/// A clock that processes share, in µs.
pub(crate) fn micros_now() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

fn say(line: impl core::fmt::Display) {
    println!("{MARK}{line}");
}

/// Does what the environment says, if it does.
pub(crate) fn work() {
    let Ok(work) = env::var(WORK) else {
        return;
    };
    let nodes = env::var(NODES).unwrap();
    let nodes: Vec<&str> = nodes.split(' ').collect();
    let client = |fairness| client(&nodes, fairness);
    match work.as_str() {
        "Alternate" => alternate(&client(Fairness::Off)),
        "Crash" => crash(&client(Fairness::Off)),
        "Crowd" => crowd(&client(Fairness::Off)),
        "FairCrowd" => crowd(&client(Fairness::QUEUE)),
        "FairWait" => wait(&client(Fairness::QUEUE)),
        other => panic!("no work {other}"),
    }
}

/// Until it is killed.
fn alternate(client: &Client) {
    loop {
        let guard = smol::block_on(client.lock(KEY).acquire()).unwrap();
        say(micros_now());
        thread::sleep(Duration::from_millis(2));
        smol::block_on(guard.release());
        // the other one is to have it now
        thread::sleep(Duration::from_millis(5));
    }
}

fn crash(client: &Client) {
    let lock = client.lock(KEY).ttl(Duration::from_millis(300));
    let guard = smol::block_on(lock.acquire()).unwrap();
    say("held");
    core::mem::forget(guard);
    std::process::abort();
}

fn wait(client: &Client) {
    say("ready");
    let guard = smol::block_on(client.lock(KEY).acquire()).unwrap();
    say("held");
    smol::block_on(guard.release());
}

fn crowd(client: &Client) {
    say("ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let end = Instant::now() + CROWD;
    let tasks: Vec<_> = (0..WAITERS)
        .map(|_| {
            let client = client.clone();
            smol::spawn(async move {
                let mut waits = Vec::new();
                while Instant::now() < end {
                    let (asked, start) = (micros_now(), Instant::now());
                    let guard = client.lock(KEY).acquire().await.unwrap();
                    waits.push(format!("{asked}+{}", start.elapsed().as_micros()));
                    drop(guard);
                }
                waits
            })
        })
        .collect();
    let waits: Vec<String> = tasks.into_iter().flat_map(smol::block_on).collect();
    // the last release is on its way
    smol::block_on(client.close(Duration::from_secs(5)));
    say(waits.join(" "));
}
