//! Futures and guards that are dropped.

use core::time::Duration;
use std::thread;

use super::Adapter;
use super::bench::{
    Bench, all_keys, block_on, holds_within, poll_once, proxies, wait_ready, wait_until,
};
use crate::proxy::{Direction, Link};
use crate::servers::Fleet;

/// An acquisition whose future is dropped at whatever moment leaves no key on any node.
pub fn cancelled_acquire_leaves_no_key(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    wait_ready(&client);
    for proxy in &proxies {
        proxy.switch_both(Link::Delay(Duration::from_millis(2)));
    }
    proxies[2].switch(Direction::ToServer, Link::Delay(Duration::from_millis(8)));
    let mut granted = 0;
    for step in 0..60 {
        let mut acquire = Box::pin(client.lock(format!("k{step}")).acquire());
        if poll_once(&mut acquire).is_ready() {
            granted += 1;
        }
        thread::sleep(Duration::from_micros(200 * step));
        // the late ones are dropped with the grant unread
        drop(acquire);
    }
    assert_eq!(granted, 0, "a grant without a round trip");
    let gone = holds_within(Duration::from_secs(1), || all_keys(&servers).is_empty());
    assert!(gone, "left behind: {:?}", all_keys(&servers));
    block_on(client.close(Duration::from_secs(1)));
}

/// A dropped guard gives its lock back, on every node, without anybody waiting for it.
pub fn dropped_guard_releases(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let client = bench.client(&servers.urls());
    wait_ready(&client);
    for _ in 0..20 {
        let guard = block_on(client.lock("k").try_acquire()).unwrap();
        let lost = guard.lost();
        drop(guard);
        // who listens hears that it is over
        block_on(lost);
        let gone = holds_within(Duration::from_secs(1), || all_keys(&servers).is_empty());
        assert!(gone, "the key is still there");
    }
}

/// With the last handle and the last guard the client's task ends, after it has released what was held.
pub fn last_handle_ends_the_task(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    wait_ready(&client);
    let guard = block_on(client.lock("k").try_acquire()).unwrap();
    drop(client);
    thread::sleep(Duration::from_millis(50));
    assert!(guard.is_held(), "the guard keeps the client open");
    assert!(proxies.iter().all(|proxy| proxy.open() == 1));
    drop(guard);
    wait_until("connections closed", || {
        proxies.iter().all(|proxy| proxy.open() == 0)
    });
    assert_eq!(all_keys(&servers), [""; 0]);
}
