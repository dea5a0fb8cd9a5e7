//! A task, a reader, a clock that do not get their turn.

use core::time::Duration;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use quorlock_driver::{AcquireError, Limits, LostCause, Runtime};

use super::Adapter;
use super::bench::{
    Bench, all_keys, block_on, client, holds_within, poll_once, proxies, url, urls, wait_ready,
};
use super::troubled::Troubled;
use crate::proxy::{Direction, Link};
use crate::servers::Fleet;

/// More threads than an adapter's runtime has in these tests.
const WORKERS: usize = 4;

/// The client's task is not run any more: `lost()` is ready no later than the validity ends, and not long before.
pub fn lost_in_time_without_the_driver(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let troubled = Troubled::new(&bench.runtime);
    let runtime: Arc<dyn Runtime> = Arc::new(troubled.clone());
    let client = client(&runtime, &servers.urls(), |builder| builder);
    wait_ready(&client);
    for length in [300, 700] {
        let lock = client
            .lock(format!("k{length}"))
            .ttl(Duration::from_millis(length));
        let guard = block_on(lock.try_acquire()).unwrap();
        // let it be extended once or twice, so that the timer has been moved
        let mut lost = guard.lost();
        assert!(poll_once(&mut lost).is_pending());
        assert!(holds_within(Duration::from_secs(5), || guard
            .extension()
            .count
            > 1));
        troubled.freeze();
        let until = guard.valid_until();
        let work = block_on(guard.run(core::future::pending::<()>()));
        let told = Instant::now();
        let lost = block_on(lost);
        assert_eq!(lost.cause, LostCause::Expired);
        assert_eq!(lost.valid_until, until);
        assert_eq!(work, Err(lost));
        let margin = until.checked_duration_since(told);
        assert!(
            margin.is_some_and(|margin| margin < Duration::from_millis(50)),
            "{margin:?} before the end"
        );
        assert!(!guard.is_held());
        assert_eq!(guard.remaining(), Duration::ZERO);
        troubled.thaw();
    }
}

/// Replies that are in the sockets when the deadline passes, unread because the task was not run, still count.
pub fn replies_are_read_before_time_is_up(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let troubled = Troubled::new(&bench.runtime);
    let runtime: Arc<dyn Runtime> = Arc::new(troubled.clone());
    let client = client(&runtime, &urls(&proxies), |builder| builder);
    wait_ready(&client);
    for proxy in &proxies {
        proxy.switch(Direction::ToClient, Link::Delay(Duration::from_millis(100)));
    }
    for round in 0..3 {
        let lock = client.lock(format!("k{round}"));
        let mut acquire = Box::pin(lock.acquire_within(Duration::from_millis(200)));
        assert!(poll_once(&mut acquire).is_pending());
        // the requests go out, the replies are on their way
        thread::sleep(Duration::from_millis(50));
        troubled.freeze();
        thread::sleep(Duration::from_millis(400));
        troubled.thaw();
        let guard = block_on(acquire).unwrap();
        assert_eq!(guard.grant().rounds, 1);
    }
}

/// The same where the runtime as a whole stood still, and with it its view of the sockets: it has to look at them again
/// before time is up, although the client's task was called for meanwhile.
pub fn replies_are_read_when_the_runtime_stood_still(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    wait_ready(&client);
    for proxy in &proxies {
        proxy.switch(Direction::ToClient, Link::Delay(Duration::from_millis(100)));
    }
    let lock = client.lock("k");
    let mut acquire = Box::pin(lock.acquire_within(Duration::from_millis(200)));
    assert!(poll_once(&mut acquire).is_pending());
    thread::sleep(Duration::from_millis(50));
    for _ in 0..WORKERS {
        let block = async { thread::sleep(Duration::from_millis(400)) };
        bench.runtime.spawn(Box::pin(block));
    }
    thread::sleep(Duration::from_millis(300));
    let mut other = Box::pin(client.lock("other").acquire());
    assert!(poll_once(&mut other).is_pending());
    assert_eq!(block_on(acquire).unwrap().grant().rounds, 1);
}

/// A node does not take what we write, as its window is full: what it has sent is read all the same.
pub fn reads_go_on_behind_a_blocked_write(adapter: &dyn Adapter) {
    let servers = Fleet::start(1);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    wait_ready(&client);
    let delay = Duration::from_millis(500);
    proxies[0].switch(Direction::ToClient, Link::Delay(delay));
    let mut first = Box::pin(client.lock("first").acquire());
    assert!(poll_once(&mut first).is_pending());
    // it is granted by the server, and the reply is held up
    assert!(holds_within(delay / 2, || all_keys(&servers) == ["first"]));
    proxies[0].switch(Direction::ToServer, Link::Stall);
    // 24 MB: more than the proxy and all buffers of the operating system take
    let long = "x".repeat(Limits::DEFAULT.key - 8);
    let mut crowd: Vec<_> = (0..6_000)
        .map(|number| Box::pin(client.lock(format!("{number:08}{long}")).acquire()))
        .collect();
    assert!(
        crowd
            .iter_mut()
            .all(|acquire| poll_once(acquire).is_pending())
    );
    let guard = block_on(first).unwrap();
    assert!(guard.is_held());
    assert_eq!(
        all_keys(&servers),
        ["first"],
        "the writes were to be blocked"
    );
    drop(crowd);
    proxies[0].heal();
    let report = block_on(client.close(Duration::from_secs(15)));
    assert!(report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(all_keys(&servers), [""; 0]);
}

/// A peer that sends without end, faster than it can be read, does not keep deadlines from being met.
pub fn flood_does_not_stop_the_clock(adapter: &dyn Adapter) {
    let bench = Bench::new(adapter);
    let flood = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = bench.client(&[url(flood.local_addr().unwrap())]);
    let flood = thread::spawn(move || {
        let (mut client, _) = flood.accept().unwrap();
        // the greeting of RESP3, then pushes, which are legal at any time
        client
            .write_all(b"%2\r\n+proto\r\n:3\r\n+id\r\n:1\r\n")
            .unwrap();
        let pushes = b">1\r\n+none\r\n".repeat(10_000);
        let mut sent = 0_u64;
        while client.write_all(&pushes).is_ok() {
            sent += pushes.len() as u64;
        }
        sent
    });
    let patience = Duration::from_millis(500);
    let start = Instant::now();
    let error = block_on(client.lock("k").acquire_within(patience)).unwrap_err();
    let took = start.elapsed();
    assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
    assert!(took < patience + Duration::from_millis(250), "{took:?}");
    block_on(client.close(Duration::ZERO));
    drop(bench);
    let sent = flood.join().unwrap();
    assert!(sent > 1_000_000, "{sent} bytes are no flood");
}

/// The machine was suspended beyond the lease: the lock is not held, and the holder hears of it within a second or two
/// although no timer is due.
pub fn suspend_ends_the_lease(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let troubled = Troubled::new(&bench.runtime);
    let runtime: Arc<dyn Runtime> = Arc::new(troubled.clone());
    let client = client(&runtime, &servers.urls(), |builder| builder);
    wait_ready(&client);
    let lock = client.lock("k").ttl(Duration::from_mins(1));
    let guard = block_on(lock.try_acquire()).unwrap();
    let lost = guard.lost();
    let waiting = thread::spawn(move || block_on(lost));
    // until every connection has been looked at and found quiet
    thread::sleep(Duration::from_millis(1_500));
    troubled.suspend(Duration::from_secs(30));
    assert!(guard.is_held());
    assert!(
        guard.remaining() < Duration::from_secs(30),
        "{:?}",
        guard.remaining()
    );
    troubled.suspend(Duration::from_secs(30));
    let start = Instant::now();
    assert_eq!(waiting.join().unwrap().cause, LostCause::Expired);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(!guard.is_held());
}
