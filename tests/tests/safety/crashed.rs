//! A holder that dies: the lease frees its lock, and without a lease nothing would.

use std::thread;
use std::time::Instant;

use quorlock_driver::{AcquireError, RestartGuard};
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;
use rustix::process::Signal;

use crate::cluster::{KEY, PATIENCE, client_of};
use crate::worker::{LEASE, Worker, client};

on_each_make!(
    a_holder_that_is_killed_leaves_its_lease,
    a_key_without_a_lease_stays,
    a_watchdog_that_outlives_its_holder_keeps_the_lock,
);

/// The process extended its lease, and the extensions died with it.
fn a_holder_that_is_killed_leaves_its_lease(plain: &Options) {
    let _turn = turn::take();
    let nodes = [(); 3].map(|()| Server::start_young(plain));
    let resource = Server::start_young(plain);
    let urls: Vec<_> = nodes.iter().map(Server::url).collect();
    let mut first = Worker::start(&urls, &resource);
    assert_eq!(first.line(), "holds");
    smol::block_on(async {
        let client = client(&urls);
        let lock = client.lock(KEY).ttl(LEASE);
        let held = lock.clone().acquire_within(3 * LEASE).await.unwrap_err();
        assert!(matches!(held, AcquireError::Contended { .. }), "{held}");
        let before = Instant::now();
        first.signal(Signal::KILL);
        let after = Instant::now();
        let guard = lock.acquire_within(PATIENCE).await.unwrap();
        // it was extended no more than a third of a lease ago, or a little more on a busy machine
        assert!(
            after.elapsed() > LEASE / 3,
            "free after {:?}",
            after.elapsed()
        );
        assert!(
            before.elapsed() < 2 * LEASE,
            "free after {:?}",
            before.elapsed()
        );
        guard.release().await;
    });
}

/// A client that sets the key first and its expiry in a second command, and dies in between: it is not ours, but this is
/// why an acquisition is one command.
fn a_key_without_a_lease_stays(plain: &Options) {
    let server = Server::start_young(plain);
    let mut by_hand = Connection::to(&server);
    by_hand.call(&["SET", KEY, "somebody", "NX"]);
    drop(by_hand);
    let client = client_of([&server], &[0], RestartGuard::Off);
    let lock = client.lock(KEY).ttl(LEASE);
    let error = smol::block_on(lock.acquire_within(2 * LEASE)).unwrap_err();
    let AcquireError::Contended { free_in, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(free_in, None, "nobody knows when");
}

/// A renewal that does not end with the holder's process, here by hand from another one: nobody ever gets the lock.
fn a_watchdog_that_outlives_its_holder_keeps_the_lock(plain: &Options) {
    let _turn = turn::take();
    let nodes = [(); 3].map(|()| Server::start_young(plain));
    let resource = Server::start_young(plain);
    let urls: Vec<_> = nodes.iter().map(Server::url).collect();
    let mut first = Worker::start(&urls, &resource);
    assert_eq!(first.line(), "holds");
    first.signal(Signal::KILL);
    let end = Instant::now() + 3 * LEASE;
    let renew = || {
        let mut connections = nodes.each_ref().map(Connection::to);
        let lease = LEASE.as_millis().to_string();
        while Instant::now() < end {
            for connection in &mut connections {
                connection.call(&["PEXPIRE", KEY, &lease]);
            }
            thread::sleep(LEASE / 10);
        }
    };
    thread::scope(|scope| {
        scope.spawn(renew);
        let client = client(&urls);
        let lock = client.lock(KEY).ttl(LEASE).acquire_within(2 * LEASE);
        let held = smol::block_on(lock).unwrap_err();
        assert!(matches!(held, AcquireError::Contended { .. }), "{held}");
    });
}
