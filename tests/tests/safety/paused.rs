//! A holder is paused past its lease (SIGSTOP): another one takes over, and what the first one does then is of no effect.

use core::time::Duration;
use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use bytes::BytesMut;
use futures_lite::future;
use quorlock_core::{Applied, Apply};
use quorlock_driver::{Client, FencingToken, RestartGuard, Verdict};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;
use rustix::process::{Pid, Signal, kill_process};

use crate::cluster::{KEY, MAX_TTL, PATIENCE, builder, built};

on_each_make!(a_stale_holder_writes_nothing);

/// The lease of both holders.
const LEASE: Duration = Duration::from_millis(600);

/// The variable that makes this test binary the first holder, see [`worker`]: the lock nodes, then the resource.
const WORKER: &str = "QUORLOCK_TEST_PAUSED_NODES";

/// How the worker's own lines begin.
const MARK: &str = "worker: ";

/// Whether the resource took the write.
fn fenced_write(resource: &mut Connection, token: FencingToken, value: &str) -> bool {
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

fn a_stale_holder_writes_nothing(plain: &Options) {
    let _turn = turn::take();
    let nodes = [(); 3].map(|()| Server::start_young(plain));
    let resource = Server::start_young(plain);
    let urls: Vec<_> = nodes.iter().map(Server::url).collect();
    let mut first = Worker::start(&urls, &resource);
    assert_eq!(first.line(), "holds");
    first.signal(Signal::STOP);

    let client = client(&urls);
    let lock = client.lock(KEY).ttl(LEASE);
    let second = smol::block_on(lock.acquire_within(PATIENCE)).unwrap();
    let mut connection = Connection::to(&resource);
    assert!(fenced_write(
        &mut connection,
        second.token().unwrap(),
        "second"
    ));
    connection.order(&["SET", "plain", "second"]);

    first.signal(Signal::CONT);
    assert_eq!(first.line(), "lost is ready: true");
    assert_eq!(first.line(), "fenced write taken: false");
    assert_eq!(
        first.line(),
        format!("release: {:?}", Verdict::ExpiredEarlier)
    );
    let read = |connection: &mut Connection, key| connection.call(&["GET", key]);
    assert_eq!(
        read(&mut connection, "fenced").value(),
        Value::Bulk(b"second")
    );
    // a resource that does not look at tokens is overwritten
    assert_eq!(
        read(&mut connection, "plain").value(),
        Value::Bulk(b"first")
    );
    let released = smol::block_on(second.release());
    assert_eq!(released.verdict, Verdict::Verified, "{released}");
}

fn client<U: AsRef<str>>(urls: &[U]) -> Client {
    built(builder(RestartGuard::Off).nodes(urls).unwrap())
}

/// The first holder, a process of its own. Killed when dropped, paused or not.
struct Worker {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Worker {
    fn start(urls: &[String], resource: &Server) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "paused::worker", "--nocapture"]);
        command.env(WORKER, format!("{} {}", urls.join(" "), resource.address()));
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// The next thing that it says; other lines are the test runner's.
    fn line(&mut self) -> String {
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
#[ignore = "no test but a process of a_stale_holder_writes_nothing"]
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
