//! Closing a client, and losing the runtime under it.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_driver::{AcquireError, ExtendError, LostCause, NodeVerdict, Verdict};

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, poll_once, proxies, url, wait_ready};
use crate::proxy::{Direction, Link};
use crate::servers::Fleet;

/// A node that does not answer keeps the close for as long as was asked for, and is named in the report; all clones
/// and a second call get the same one.
pub fn close_reports_a_slow_node(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    wait_ready(&client);
    let guard = block_on(client.lock("k").try_acquire()).unwrap();
    let lost = guard.lost();
    proxies[1].switch(Direction::ToServer, Link::Stall);
    let mut waiting = Box::pin(client.lock("k").acquire());
    assert!(poll_once(&mut waiting).is_pending());
    let time = Duration::from_millis(400);
    let clone = client.clone();
    let start = Instant::now();
    let other = thread::spawn(move || block_on(clone.close(time)));
    thread::sleep(Duration::from_millis(50));
    let second = block_on(client.close(Duration::from_mins(1)));
    let first = other.join().unwrap();
    let took = start.elapsed();
    assert_eq!(first, second);
    let name = proxies[1].address().to_string();
    assert_eq!(
        first.unconfirmed.iter().collect::<Vec<_>>(),
        [name.as_str()]
    );
    assert!(
        took >= time && took < time + Duration::from_millis(250),
        "{took:?}"
    );
    assert_eq!(block_on(lost).cause, LostCause::Closed);
    assert!(!guard.is_held());
    assert_eq!(block_on(waiting).unwrap_err(), AcquireError::Closed);
    assert_eq!(
        block_on(client.lock("k").acquire()).unwrap_err(),
        AcquireError::Closed
    );
    assert_eq!(block_on(guard.release()).verdict, Verdict::Verified);
}

/// A node that comes back within the time of the close gets its release.
pub fn close_waits_for_a_node_that_comes_back(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let client = bench.client(&servers.urls());
    wait_ready(&client);
    let guard = block_on(client.lock("k").try_acquire()).unwrap();
    servers[2].pause();
    let mut close = Box::pin(client.close(Duration::from_secs(10)));
    assert!(poll_once(&mut close).is_pending());
    thread::sleep(Duration::from_millis(200));
    assert!(poll_once(&mut close).is_pending());
    servers[2].resume();
    let report = block_on(close);
    assert!(report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(all_keys(&servers), [""; 0]);
    drop(guard);
}

/// A runtime that is dropped with locks held and waited for leaves nobody hanging.
pub fn dropped_runtime(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let bench = Bench::new(adapter);
    let client = bench.client(&servers.urls());
    wait_ready(&client);
    let held = block_on(client.lock("held").try_acquire()).unwrap();
    let extended = block_on(client.lock("extended").try_acquire()).unwrap();
    // each waits on a thread of its own, so that it has to be woken
    let (lost, pending) = (held.lost(), client.lock("held").acquire());
    let lost = thread::spawn(move || block_on(lost));
    let pending = thread::spawn(move || block_on(pending).unwrap_err());
    thread::sleep(Duration::from_millis(100));
    bench.stop();
    assert_eq!(pending.join().unwrap(), AcquireError::Closed);
    assert_eq!(lost.join().unwrap().cause, LostCause::Abandoned);
    assert_eq!(block_on(extended.lost()).cause, LostCause::Abandoned);
    let error = block_on(extended.extend(Duration::from_secs(1))).unwrap_err();
    assert!(
        matches!(error, ExtendError::Lost(lost) if lost.cause == LostCause::Abandoned),
        "{error}"
    );
    assert_eq!(
        block_on(held.run(async {})).unwrap_err().cause,
        LostCause::Abandoned
    );
    let release = block_on(held.release());
    assert!(
        matches!(release.verdict, Verdict::Unverified { .. }),
        "{release}"
    );
    assert!(
        release
            .nodes
            .iter()
            .all(|(_, verdict)| *verdict == NodeVerdict::Unknown),
        "{release}"
    );
    assert_eq!(
        block_on(client.lock("k").acquire()).unwrap_err(),
        AcquireError::Closed
    );
    let report = block_on(client.close(Duration::from_secs(1)));
    assert_eq!(report.unconfirmed.len(), 3);
    for address in servers.addresses() {
        assert!(
            report
                .unconfirmed
                .contains(url(address).trim_start_matches("redis://"))
        );
    }
    drop(extended);
}
