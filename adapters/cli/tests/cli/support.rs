//! Starts `quorlock` and looks at what it and its command do.

use core::time::Duration;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Instant;

use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::servers::{Fleet, Server};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The `quorlock` under test, with nothing of our environment that it would read.
pub(crate) fn quorlock() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorlock"));
    command
        .env_remove("QUORLOCK_FAIR")
        .env_remove("QUORLOCK_NODES")
        .env_remove("QUORLOCK_SHARDS")
        .env_remove("QUORLOCK_SHARD_BY")
        .env_remove("RUST_LOG")
        // the servers have just been started
        .env("QUORLOCK_GUARD", "off")
        .env("QUORLOCK_MAX_TTL", "1h")
        .stdin(Stdio::null());
    command
}

/// `quorlock run` with a node option for each URL.
pub(crate) fn run_on(urls: &[String], arguments: &[&str]) -> Command {
    quorlock_on("run", urls, arguments)
}

/// Starts `quorlock run` with these options for the lock `key`; its command is a shell
/// with `script`, in the directory of the marks.
pub(crate) fn run_script(fleet: &Fleet, marks: &Marks, options: &[&str], script: &str) -> Running {
    let command = ["key", "--", "sh", "-c", script];
    let mut command = run_on(&fleet.urls(), &[options, &command].concat());
    command.current_dir(marks.directory());
    Running::start(command)
}

/// `quorlock` with this subcommand and a node option for each URL.
pub(crate) fn quorlock_on(subcommand: &str, urls: &[String], arguments: &[&str]) -> Command {
    let mut command = quorlock();
    command.arg(subcommand);
    for url in urls {
        command.args(["--node", url]);
    }
    command.args(arguments);
    command
}

/// A `quorlock` that was started; its outputs go to files, so that a process which
/// outlives it can't hold a pipe open.
pub(crate) struct Running {
    process: Child,
    started: Instant,
    directory: TempDir,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        let directory = TempDir::new().unwrap();
        let out = |name| File::create(directory.path().join(name)).unwrap();
        command.stdout(out("stdout")).stderr(out("stderr"));
        let started = Instant::now();
        Self {
            process: command.spawn().unwrap(),
            started,
            directory,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Outcome {
        let status = wait_until("the end of quorlock", || self.process.try_wait().unwrap());
        let took = self.started.elapsed();
        let read = |name| fs::read_to_string(self.directory.path().join(name)).unwrap();
        Outcome {
            status,
            stdout: read("stdout"),
            stderr: read("stderr"),
            took,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // a test has failed where it still runs; its command dies with it
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Outcome {
    pub(crate) fn code(&self) -> i32 {
        let signal = self.status.signal();
        self.status
            .code()
            .unwrap_or_else(|| panic!("quorlock was killed by {signal:?}: {}", self.stderr))
    }

    /// The JSON objects on stderr, in order.
    pub(crate) fn objects(&self) -> Vec<Value> {
        objects_in(&self.stderr)
    }

    /// The JSON objects on stdout, in order: the answer of `quorlock status` or `arm`.
    pub(crate) fn answers(&self) -> Vec<Value> {
        objects_in(&self.stdout)
    }

    /// The first JSON object of this event.
    pub(crate) fn event(&self, name: &str) -> Value {
        let found = self
            .objects()
            .into_iter()
            .find(|object| object["event"] == name);
        found.unwrap_or_else(|| panic!("no {name} in: {}", self.stderr))
    }
}

fn objects_in(text: &str) -> Vec<Value> {
    let objects = text.lines().filter(|line| line.starts_with('{'));
    objects
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Starts it and waits for the end.
pub(crate) fn outcome(command: Command) -> Outcome {
    Running::start(command).finish()
}

/// Asks every millisecond until there is an answer; panics after [`PATIENCE`].
pub(crate) fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A directory where a command under test leaves marks. A command that loops does so
/// while its mark is there: where a test fails, it ends with the test.
pub(crate) struct Marks(TempDir);

impl Marks {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `quorlock`'s command is to run in here.
    pub(crate) fn directory(&self) -> &Path {
        self.0.path()
    }

    /// Waits until the command has made the file `name`, and reads it. The command
    /// writes `name.part` and renames it, so that a file is never seen half written;
    /// a file that is only touched may be made in place.
    pub(crate) fn wait_for(&self, name: &str) -> String {
        wait_until(name, || fs::read_to_string(self.path(name)).ok())
    }

    /// The process number in the file `name`.
    pub(crate) fn pid(&self, name: &str) -> Pid {
        let text = self.wait_for(name);
        Pid::from_raw(text.trim().parse().unwrap()).unwrap()
    }
}

/// Whether a process is there and not yet dead; a zombie is dead.
pub(crate) fn lives(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    let state = stat
        .ok()
        .and_then(|stat| stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned()));
    test_kill_process(pid).is_ok() && state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}

/// When the process was first seen dead, by a look every millisecond.
pub(crate) fn wait_for_death(pid: Pid) -> Instant {
    wait_until("a process to die", || (!lives(pid)).then(Instant::now))
}

/// What is left of `key`'s time on a server, in milliseconds; negative where there is
/// no key.
pub(crate) fn pttl(server: &Server, key: &str) -> i64 {
    let reply = Connection::to(server).call(&["PTTL", key]);
    let quorlock_resp::Value::Integer(left) = reply.value() else {
        panic!("PTTL answered {:?}", reply.value())
    };
    left
}

/// Panics when a server has any key.
pub(crate) fn assert_empty(servers: &[Server]) {
    for server in servers {
        assert_eq!(keys(server), [""; 0], "on {}", server.address());
    }
}

/// How many of the servers are named in what was said. Two of three are enough to
/// refuse a lock, whichever they are.
pub(crate) fn named(servers: &[Server], said: &str) -> usize {
    let names = servers.iter().map(|server| server.address().to_string());
    names.filter(|name| said.contains(name)).count()
}
