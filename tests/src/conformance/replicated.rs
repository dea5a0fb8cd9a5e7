//! Primaries with replicas: waited for, and followed when sentinels name another one.

use core::time::Duration;

use quorlock_driver::{Problem, Replication, RestartGuard, Verdict};

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, client, wait_ready};
use crate::connection::keys;
use crate::servers::{Options, Sentinels, Server};

/// Longer than a failover, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// A grant counts while the replica hears of it, and is taken back when it does not.
pub fn a_grant_needs_the_replica(adapter: &dyn Adapter) {
    let plain = Options::new();
    let [primary, replica] = [(); 2].map(|()| Server::start(&plain));
    replica.follow(&primary);
    let bench = Bench::new(adapter);
    let client = client(&bench.runtime, &[primary.url()], |builder| {
        // the guard strict would be in the replica's way
        let builder = builder.guard(RestartGuard::Off);
        builder.replicas(Replication::new(1))
    });
    wait_ready(&client);
    let guard = block_on(client.lock("key").acquire_within(PATIENCE)).unwrap();
    assert_eq!(keys(&replica), ["key"]);
    let release = block_on(guard.release());
    assert_eq!(release.verdict, Verdict::Verified, "{release}");
    replica.pause();
    let error = block_on(client.lock("key").try_acquire()).unwrap_err();
    replica.resume();
    let problems = &error.refusal().unwrap().problems;
    assert!(
        matches!(problems[0].1, Problem::TooFewReplicas { got: 0, wanted: 1 }),
        "{error}"
    );
    let report = block_on(client.close(Duration::from_secs(5)));
    assert!(report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(all_keys(&[primary]), [""; 0]);
}

/// The primary dies; the lock is taken on the one that the sentinels have put in its place.
pub fn the_sentinels_are_followed(adapter: &dyn Adapter) {
    let watched = Sentinels::start(&Options::new());
    let bench = Bench::new(adapter);
    let client = client(&bench.runtime, &[watched.url()], |builder| {
        builder.guard(RestartGuard::Off)
    });
    let lock = || block_on(client.lock("key").acquire_within(PATIENCE)).unwrap();
    let guard = lock();
    assert_eq!(keys(&watched.primary), ["key"]);
    block_on(guard.release());
    watched.primary.kill();
    let guard = lock();
    assert_eq!(keys(&watched.replica), ["key"]);
    assert_eq!(block_on(guard.release()).verdict, Verdict::Verified);
}
