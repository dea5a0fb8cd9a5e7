//! A lock that is extended by itself is held for as long as its holder lives; one that is not, for its lease.

use core::time::Duration;
use std::time::Instant;

use futures_lite::future;
use quorlock_driver::{RestartGuard, Verdict};
use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;

use crate::cluster::{KEY, PATIENCE, client_of};

const LEASE: Duration = Duration::from_millis(400);

#[test]
fn a_lock_is_extended_for_as_long_as_it_is_held() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let client = || client_of(fleet.iter(), &[0, 1, 2], RestartGuard::Off);
    let (first, second) = (client(), client());
    smol::block_on(async {
        let request = first.lock(KEY).ttl(LEASE);
        let guard = request.acquire_within(PATIENCE).await.unwrap();
        let other = second.lock(KEY).ttl(LEASE);
        other.acquire_within(4 * LEASE).await.unwrap_err();
        assert!(guard.is_held());
        assert!(guard.extension().count >= 6, "{:?}", guard.extension());
        let released = guard.release().await;
        assert_eq!(released.verdict, Verdict::Verified, "{released}");
    });
}

/// Its holder hears of the end, before another one gets it.
#[test]
fn a_lock_that_is_not_extended_ends_with_its_lease() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let client = || client_of(fleet.iter(), &[0, 1, 2], RestartGuard::Off);
    let (first, second) = (client(), client());
    smol::block_on(async {
        let request = first.lock(KEY).ttl(LEASE).auto_extend(false);
        let guard = request.acquire_within(PATIENCE).await.unwrap();
        let other = second.lock(KEY).ttl(LEASE);
        let lost = async {
            guard.lost().await;
            Instant::now()
        };
        let (lost, other) = future::zip(lost, other.acquire_within(PATIENCE)).await;
        assert!(lost < guard.valid_until());
        assert!(Instant::now() > guard.valid_until());
        other.unwrap().release().await;
    });
}
