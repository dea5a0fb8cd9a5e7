//! A thousand tasks at once.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use quorlock_driver::Verdict;

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, wait_ready};
use crate::servers::Fleet;

const TASKS: usize = 1_000;

/// A thousand tasks with a key each.
pub fn crowd_on_distinct_keys(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let client = bench.client(&servers.urls());
    wait_ready(&client);
    let verdicts = bench.run_all((0..TASKS).map(|task| {
        let client = client.clone();
        async move {
            let guard = client.lock(format!("key {task}")).acquire().await.unwrap();
            assert!(guard.is_held());
            guard.release().await.verdict
        }
    }));
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Verified));
    let report = block_on(client.close(Duration::from_secs(5)));
    assert!(report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(all_keys(&servers), [""; 0]);
}

/// A thousand tasks of four clients on a hundred keys: each gets its turn, and no two have the same key at a time.
pub fn crowd_on_the_same_keys(adapter: &dyn Adapter) {
    const KEYS: usize = 100;
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let clients: Vec<_> = (0..4).map(|_| bench.client(&servers.urls())).collect();
    clients.iter().for_each(wait_ready);
    let resources: Arc<Vec<Resource>> = Arc::new((0..KEYS).map(|_| Resource::default()).collect());
    bench.run_all((0..TASKS).map(|task| {
        let client = clients[task % clients.len()].clone();
        let resources = Arc::clone(&resources);
        async move {
            let index = task % KEYS;
            let guard = client.lock(format!("key {index}")).acquire().await.unwrap();
            resources[index].visit();
            assert!(guard.is_held());
            resources[index].leave();
            drop(guard);
        }
    }));
    let visits: u32 = resources
        .iter()
        .map(|resource| resource.visits.load(Ordering::SeqCst))
        .sum();
    assert_eq!(visits as usize, TASKS);
    for client in clients {
        block_on(client.close(Duration::from_secs(5)));
    }
    assert_eq!(all_keys(&servers), [""; 0]);
}

/// Orders from two threads outside of the runtime, given at whatever moment of the task's turn: an overlooked one would
/// wait for the next timer, a second or so away.
pub fn no_order_is_overlooked(adapter: &dyn Adapter) {
    const ROUNDS: usize = 1_000;
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let client = bench.client(&servers.urls());
    wait_ready(&client);
    let slowest = |key: &'static str| {
        let client = client.clone();
        thread::spawn(move || {
            let round = || {
                let start = Instant::now();
                let guard = block_on(client.lock(key).try_acquire()).unwrap();
                assert_eq!(block_on(guard.release()).verdict, Verdict::Verified);
                start.elapsed()
            };
            (0..ROUNDS).map(|_| round()).max().unwrap()
        })
    };
    let threads = [slowest("a"), slowest("b")];
    for thread in threads {
        let slowest = thread.join().unwrap();
        assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    }
}

/// What must have one visitor at a time.
#[derive(Default)]
struct Resource {
    taken: AtomicBool,
    visits: AtomicU32,
}

impl Resource {
    fn visit(&self) {
        assert!(
            !self.taken.swap(true, Ordering::SeqCst),
            "two visitors at a time"
        );
        self.visits.fetch_add(1, Ordering::SeqCst);
    }

    fn leave(&self) {
        assert!(self.taken.swap(false, Ordering::SeqCst), "left twice");
    }
}
