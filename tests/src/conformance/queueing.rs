//! Waiters of several clients, served in the order in which they came.

use core::iter;
use core::time::Duration;
use std::sync::{Arc, Mutex};
use std::thread;

use quorlock_driver::{Fairness, Task};

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, client, wait_ready};
use crate::servers::Fleet;

/// They come one after the other, from two clients in turn.
const WAITERS: usize = 8;

/// From one to the next: more than the clients' estimates of the servers' time are apart.
const APART: Duration = Duration::from_millis(50);

/// A lock is held while waiters of two clients come; then each has it in its turn.
pub fn waiters_of_all_clients_are_served_in_order(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let queueing = || {
        let client = client(&bench.runtime, &servers.urls(), |builder| {
            builder.fairness(Fairness::QUEUE)
        });
        wait_ready(&client);
        client
    };
    let clients = [queueing(), queueing(), queueing()];
    let [holder, waiting @ ..] = &clients;
    let guard = block_on(holder.lock("key").acquire()).unwrap();
    let served = Arc::new(Mutex::new(Vec::new()));
    let waiters = (0..WAITERS).map(|number| -> Task {
        thread::sleep(APART);
        let lock = waiting[number % waiting.len()].lock("key");
        let served = Arc::clone(&served);
        Box::pin(async move {
            let guard = lock.acquire().await.unwrap();
            served.lock().unwrap().push(number);
            guard.release().await;
        })
    });
    let release = iter::once_with(|| -> Task {
        thread::sleep(APART);
        Box::pin(async move {
            guard.release().await;
        })
    });
    // each is started when it is its turn to come
    bench.run_all(waiters.chain(release));
    let served = served.lock().unwrap();
    assert!(served.iter().copied().eq(0..WAITERS), "{served:?}");
    for client in clients {
        block_on(client.close(Duration::from_secs(5)));
    }
    assert_eq!(all_keys(&servers), [""; 0]);
}
