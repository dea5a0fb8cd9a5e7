//! Those who wait: told and not polling, in line, and not forgotten when connections break.

use core::time::Duration;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, poll_once, proxies, wait_ready, wait_until};
use crate::proxy::Cut;
use crate::servers::{Fleet, Server, statistics};

/// Long enough for a waiter who polls to be noticed.
const WHILE: Duration = Duration::from_millis(500);
/// A waiter who is told has the lock by then; one who is not waits for a lease of ten seconds.
const SOON: Duration = Duration::from_secs(2);

/// Scripts that a server has run.
fn scripts(server: &Server) -> u64 {
    let ran = statistics(server).into_iter();
    ran.filter(|it| it.name == "evalsha")
        .map(|it| it.calls)
        .sum()
}

/// A waiter asks twice, and then no more until the holder, in another client, gives the lock back.
pub fn waiter_is_told_of_a_release(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let (holder, waiter) = (bench.client(&servers.urls()), bench.client(&servers.urls()));
    wait_ready(&holder);
    wait_ready(&waiter);
    let guard = block_on(holder.lock("k").try_acquire()).unwrap();
    let before: Vec<u64> = servers.iter().map(scripts).collect();
    let taken = thread::spawn(move || {
        let guard = block_on(waiter.lock("k").acquire()).unwrap();
        (Instant::now(), guard)
    });
    thread::sleep(WHILE);
    for (server, before) in servers.iter().zip(before) {
        // each of the two may be followed by a release
        let asked = scripts(server) - before;
        assert!((1..=4).contains(&asked), "{asked} commands of a waiter");
    }
    let released = Instant::now();
    drop(guard);
    let (taken, guard) = taken.join().unwrap();
    let latency = taken.duration_since(released);
    assert!(latency < SOON, "{latency:?}");
    drop(guard);
}

/// The tasks of one client have a lock one after the other, as they came, with one command to each node for a turn.
pub fn waiters_of_one_client_take_turns(adapter: &dyn Adapter) {
    const TASKS: usize = 40;
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let client = bench.client(&servers.urls());
    wait_ready(&client);
    let guard = block_on(client.lock("k").try_acquire()).unwrap();
    let before: Vec<u64> = servers.iter().map(scripts).collect();
    let order = Arc::new(Mutex::new(Vec::new()));
    // started one by one: a task asks when it is first polled
    let mut waiting: Vec<_> = (0..TASKS)
        .map(|_| Box::pin(client.lock("k").acquire()))
        .collect();
    for future in &mut waiting {
        assert!(poll_once(future).is_pending());
    }
    drop(guard);
    bench.run_all(waiting.into_iter().enumerate().map(|(task, future)| {
        let order = Arc::clone(&order);
        async move {
            let guard = future.await.unwrap();
            order.lock().unwrap().push(task);
            drop(guard);
        }
    }));
    assert!(order.lock().unwrap().is_sorted(), "{order:?}");
    for (server, before) in servers.iter().zip(before) {
        let asked = scripts(server) - before;
        assert!(
            asked <= TASKS as u64 + 10,
            "{asked} commands for {TASKS} turns"
        );
    }
    block_on(client.close(SOON));
    assert_eq!(all_keys(&servers), [""; 0]);
}

/// A waiter whose connections all broke listens again on the new ones.
pub fn waiter_listens_again_on_a_new_connection(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let (holder, waiter) = (
        bench.client(&servers.urls()),
        bench.client_through(&proxies),
    );
    wait_ready(&holder);
    wait_ready(&waiter);
    let guard = block_on(holder.lock("k").try_acquire()).unwrap();
    let asking = waiter.clone();
    let taken = thread::spawn(move || block_on(asking.lock("k").acquire()).unwrap());
    thread::sleep(WHILE / 5);
    for proxy in &proxies {
        proxy.cut(Cut::Reset);
    }
    wait_until("a connection is lost", || {
        waiter.nodes().iter().any(|node| node.problem.is_some())
    });
    wait_ready(&waiter);
    thread::sleep(WHILE / 5);
    let released = Instant::now();
    drop(guard);
    let guard = taken.join().unwrap();
    let latency = released.elapsed();
    assert!(latency < SOON, "{latency:?}");
    drop(guard);
}
