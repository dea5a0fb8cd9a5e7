//! What the cases share: a runtime, clients on it, and a way to wait that can't hang.

use core::future::Future;
use core::net::SocketAddr;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, mpsc};
use std::task::Wake;
use std::thread::{self, Thread};
use std::time::Instant;

use quorlock_driver::{Builder, Client, Placement, Runtime, Shards};

use super::{Adapter, Background};
use crate::connection::keys;
use crate::deployment::deployed;
use crate::proxy::Proxy;
use crate::servers::{Fleet, Server};

/// Longer than anything here takes; who waits longer hangs.
pub(super) const HANG: Duration = Duration::from_secs(20);

/// A running adapter.
pub(super) struct Bench {
    background: Box<dyn Background>,
    pub(super) runtime: Arc<dyn Runtime>,
}

impl Bench {
    pub(super) fn new(adapter: &dyn Adapter) -> Self {
        let background = adapter.start();
        let runtime = background.runtime();
        Self {
            background,
            runtime,
        }
    }

    /// A client of the servers.
    pub(super) fn client<U: AsRef<str>>(&self, urls: &[U]) -> Client {
        client(&self.runtime, urls, |builder| builder)
    }

    /// A client that reaches the servers through the proxies.
    pub(super) fn client_through(&self, proxies: &[Proxy]) -> Client {
        self.client(&urls(proxies))
    }

    /// Runs `tasks` on the runtime; their results in the order in which they end.
    pub(super) fn run_all<T, F>(&self, tasks: impl IntoIterator<Item = F>) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (sender, results) = mpsc::channel();
        let mut count = 0;
        for task in tasks {
            let sender = sender.clone();
            count += 1;
            self.runtime.spawn(Box::pin(async move {
                let result = task.await;
                // the case may have failed meanwhile
                let _ = sender.send(result);
            }));
        }
        let results: Vec<T> = (0..count)
            .map_while(|_| results.recv_timeout(HANG).ok())
            .collect();
        assert_eq!(results.len(), count, "{} tasks hang", count - results.len());
        results
    }

    /// Ends the runtime under its tasks.
    pub(super) fn stop(self) {
        self.background.stop();
    }
}

/// A client on any runtime.
pub(super) fn client<U: AsRef<str>>(
    runtime: &Arc<dyn Runtime>,
    urls: &[U],
    adjust: impl FnOnce(Builder) -> Builder,
) -> Client {
    let runtime = Arc::clone(runtime);
    let builder = Builder::new(move || Ok(runtime))
        .nodes(urls)
        .expect("the servers' URLs");
    adjust(deployed(builder)).build().expect("a client")
}

/// Shards of these servers, `shard-0` and so on, with all nodes ready; keys are placed by their number.
pub(super) fn shards(bench: &Bench, fleets: &[Fleet]) -> Shards {
    let clients = fleets.iter().map(|fleet| bench.client(&fleet.urls()));
    let named = (0..).map(|index| format!("shard-{index}")).zip(clients);
    let shards = Shards::new(Placement::Modulo, named).expect("names that differ");
    shards.iter().for_each(|(_, client)| wait_ready(client));
    shards
}

/// One proxy before each server.
pub(super) fn proxies(servers: &[Server]) -> Vec<Proxy> {
    servers
        .iter()
        .map(|server| Proxy::start(server.address()))
        .collect()
}

pub(super) fn urls(proxies: &[Proxy]) -> Vec<String> {
    proxies.iter().map(|proxy| url(proxy.address())).collect()
}

pub(super) fn url(address: SocketAddr) -> String {
    format!("redis://{address}")
}

/// Waits until every node is in use.
pub(super) fn wait_ready(client: &Client) {
    wait_until("all nodes ready", || {
        client.nodes().iter().all(|node| node.problem.is_none())
    });
}

/// Waits until a condition holds, which nothing announces.
pub(super) fn wait_until(what: &str, condition: impl FnMut() -> bool) {
    assert!(holds_within(HANG, condition), "{what}: not within {HANG:?}");
}

/// Whether a condition comes true within `limit`.
pub(super) fn holds_within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !condition() {
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

/// All keys on all servers.
pub(super) fn all_keys(servers: &[Server]) -> Vec<String> {
    servers.iter().flat_map(keys).collect()
}

/// Polls `future` on this thread until it is ready. Panics when it hangs.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    let end = Instant::now() + HANG;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "a future hangs");
        thread::park_timeout(left);
    }
}

/// Polls `future` once, as a task does that is dropped afterwards.
pub(super) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
