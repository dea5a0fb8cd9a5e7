//! A holder that dies: the lease frees its lock, and without a lease nothing would.

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
