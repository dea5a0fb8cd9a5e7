//! A holder in a process of its own, so that it can be stopped or killed while it holds a lock.

use core::time::Duration;
use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use bytes::BytesMut;
use futures_lite::future;
use quorlock_core::{Applied, Apply};
use quorlock_driver::{Client, FencingToken, RestartGuard};
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Server;
use rustix::process::{Pid, Signal, kill_process};

use crate::cluster::{KEY, MAX_TTL, PATIENCE, builder, built};

/// The lease of the process, and of those who come after it.
pub(crate) const LEASE: Duration = Duration::from_millis(600);

/// The variable that makes this test binary the holder, see [`worker`]: the lock nodes, then the resource.
const WORKER: &str = "QUORLOCK_TEST_WORKER_NODES";

/// How the worker's own lines begin.
const MARK: &str = "worker: ";

/// Whether the resource took the write.
pub(crate) fn fenced_write(resource: &mut Connection, token: FencingToken, value: &str) -> bool {
    let write = Apply {
        key: b"fenced",
        token,
        value: value.as_bytes(),
        expiry: None,
    };
    let mut request = BytesMut::new();
    write.encode_in_full(&mut request);
    resource.send(&request).unwrap();
    let applied = Applied::read(resource.receive().unwrap().value()).unwrap();
    applied == Applied::Written
}

/// A client of these nodes, as the process is one.
pub(crate) fn client<U: AsRef<str>>(urls: &[U]) -> Client {
    built(builder(RestartGuard::Off).nodes(urls).unwrap())
}

/// The process. Killed when dropped, stopped or not.
pub(crate) struct Worker {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts it; the first thing that it says is that it holds the lock.
    pub(crate) fn start(urls: &[String], resource: &Server) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "worker::worker", "--nocapture"]);
        command.env(WORKER, format!("{} {}", urls.join(" "), resource.address()));
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// The next thing that it says; other lines are the test runner's.
    pub(crate) fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            let length = self.output.read_line(&mut line).unwrap();
            assert!(length > 0, "the worker has ended");
            if let Some((_, said)) = line.split_once(MARK) {
                return said.trim_end().to_owned();
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The process of [`Worker`].
#[test]
#[ignore = "no test but the process of others"]
fn worker() {
    let words = env::var(WORKER).expect("started by the test");
    let mut urls: Vec<_> = words.split(' ').collect();
    let resource = urls.pop().unwrap().parse().unwrap();
    let mut resource = Connection::open(resource).unwrap();
    let client = client(&urls);
    smol::block_on(async {
        let lock = client.lock(KEY).ttl(LEASE);
        let guard = lock.acquire_within(PATIENCE).await.unwrap();
        let mut lost = guard.lost();
        println!("{MARK}holds");
        // extends its lease, until it is stopped
        let end = Instant::now() + PATIENCE;
        while guard.is_held() {
            assert!(Instant::now() < end, "nobody stops this process");
            smol::Timer::after(Duration::from_millis(10)).await;
        }
        // nothing was awaited since
        let told = future::poll_once(&mut lost).await.is_some();
        println!("{MARK}lost is ready: {told}");
        let taken = fenced_write(&mut resource, guard.token().unwrap(), "first");
        println!("{MARK}fenced write taken: {taken}");
        resource.order(&["SET", "plain", "first"]);
        let released = guard.release().await;
        println!("{MARK}release: {:?}", released.verdict);
        client.close(MAX_TTL.as_duration()).await;
    });
}
