//! The adapters of this repository pass the conformance suite, each in the ways in which it can be run.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

use core::time::Duration;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use quorlock_driver::{Client, Runtime, Verdict};
use quorlock_smol::SmolRuntime;
use quorlock_tests::conformance;
use quorlock_tests::conformance::{Adapter, Background};
use quorlock_tests::deployment::deployed;
use quorlock_tests::servers::{Options, Server};
use quorlock_tokio::TokioRuntime;
use smol::channel::Recv;

conformance!(smol_executor, SmolExecutor);
conformance!(tokio_current_thread, TokioCurrentThread);
conformance!(tokio_multi_thread, TokioMultiThread);

/// Tokio with two worker threads.
struct TokioMultiThread;

impl Adapter for TokioMultiThread {
    fn start(&self) -> Box<dyn Background> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Box::new(Workers(
            builder.worker_threads(2).enable_all().build().unwrap(),
        ))
    }
}

struct Workers(tokio::runtime::Runtime);

impl Background for Workers {
    fn runtime(&self) -> Arc<dyn Runtime> {
        Arc::new(TokioRuntime::with_handle(self.0.handle().clone()))
    }

    fn stop(self: Box<Self>) {
        drop(self.0);
    }
}

/// Tokio on one thread, which does nothing else.
struct TokioCurrentThread;

impl Adapter for TokioCurrentThread {
    fn start(&self) -> Box<dyn Background> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let adapter = Arc::new(TokioRuntime::with_handle(runtime.handle().clone()));
        Box::new(OwnThread::start(adapter, move |stopped| {
            runtime.block_on(stopped).unwrap_err();
        }))
    }
}

/// A smol executor of the test's own, so that it can be dropped; the global one can't.
struct SmolExecutor;

impl Adapter for SmolExecutor {
    fn start(&self) -> Box<dyn Background> {
        let executor = Arc::new(smol::Executor::new());
        let adapter = Arc::new(SmolRuntime::with_executor(&executor));
        Box::new(OwnThread::start(adapter, move |stopped| {
            smol::block_on(executor.run(stopped)).unwrap_err();
        }))
    }
}

/// A runtime that lives on a thread of its own, until its channel is closed.
struct OwnThread {
    adapter: Arc<dyn Runtime>,
    running: smol::channel::Sender<()>,
    thread: JoinHandle<()>,
}

impl OwnThread {
    /// `run` is given what fails when the runtime is to end.
    fn start<F>(adapter: Arc<dyn Runtime>, run: F) -> Self
    where
        F: FnOnce(Recv<'_, ()>) + Send + 'static,
    {
        let (running, stopped) = smol::channel::bounded(1);
        Self {
            adapter,
            running,
            thread: thread::spawn(move || run(stopped.recv())),
        }
    }
}

impl Background for OwnThread {
    fn runtime(&self) -> Arc<dyn Runtime> {
        Arc::clone(&self.adapter)
    }

    fn stop(self: Box<Self>) {
        drop(self.running);
        self.thread.join().unwrap();
    }
}

#[test]
fn the_builders_of_the_adapters_find_their_runtimes() {
    let server = Server::start(&Options::new());
    let smol = || {
        deployed(quorlock_smol::builder())
            .nodes([server.url()])
            .unwrap()
            .build()
    };
    let tokio = || {
        deployed(quorlock_tokio::builder())
            .nodes([server.url()])
            .unwrap()
            .build()
    };
    smol::block_on(hold(smol().unwrap()));
    let error = tokio().unwrap_err().to_string();
    assert!(error.starts_with("no async runtime: "), "{error}");
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(async { hold(tokio().unwrap()).await });
}

async fn hold(client: Client) {
    let lock = client.lock("k");
    let guard = lock.acquire_within(Duration::from_secs(5)).await.unwrap();
    assert_eq!(guard.run(async { 7 }).await, Ok(7));
    assert_eq!(guard.release().await.verdict, Verdict::Verified);
    client.close(Duration::from_secs(1)).await;
}
