//! Locks of several keys on real servers: all or none on each of them, whatever the order in which they are wanted.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

use core::time::Duration;
use std::thread;

use quorlock_driver::{AcquireError, Client, Verdict};
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::deployment::deployed;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Fleet, Options};
use quorlock_tests::turn;

const PATIENCE: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(10);
/// How often each of two clients wants both keys.
const TIMES: usize = 50;

on_each_make!(
    a_key_that_is_held_leaves_the_others_free,
    a_node_that_has_lost_one_key_gets_it_again,
    crossed_keys_are_had_by_one_after_the_other,
    releases_of_both_keys_wake_who_waits_for_them,
    tokens_rise_whether_a_key_is_locked_alone_or_not,
);

fn client(servers: &Fleet) -> Client {
    let builder = deployed(quorlock_smol::builder()).nodes(servers.urls());
    builder.unwrap().build().unwrap()
}

/// Nothing of any client is on any server.
fn assert_empty(servers: &Fleet) {
    for server in servers.iter() {
        assert!(keys(server).is_empty(), "{:?}", keys(server));
    }
}

fn crossed_keys_are_had_by_one_after_the_other(plain: &Options) {
    let _turn = turn::take();
    let servers = Fleet::start_with(3, plain);
    thread::scope(|scope| {
        for order in [["a", "b"], ["b", "a"]] {
            let client = client(&servers);
            scope.spawn(move || {
                smol::block_on(async {
                    for _ in 0..TIMES {
                        let lock = client.lock_all(order).ttl(LEASE);
                        let guard = lock.acquire_within(PATIENCE).await.unwrap();
                        let released = guard.release().await;
                        assert_eq!(released.verdict, Verdict::Verified, "{released}");
                    }
                    client.close(PATIENCE).await;
                });
            });
        }
    });
    assert_empty(&servers);
}

fn a_key_that_is_held_leaves_the_others_free(plain: &Options) {
    let _turn = turn::take();
    let servers = Fleet::start_with(3, plain);
    let [holder, both, single] = [(); 3].map(|()| client(&servers));
    smol::block_on(async {
        let held = holder.lock("b").acquire_within(PATIENCE).await.unwrap();
        let lock = both.lock_all(["a", "b"]);
        let refused = lock.acquire_within(Duration::from_millis(300)).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, AcquireError::Contended { .. }), "{error}");
        assert!(
            error.to_string().starts_with("lock `a` + `b` not"),
            "{error}"
        );
        let free = single.lock("a").acquire_within(PATIENCE).await.unwrap();
        free.release().await;
        held.release().await;
        for client in [holder, both, single] {
            client.close(PATIENCE).await;
        }
    });
    assert_empty(&servers);
}

fn a_node_that_has_lost_one_key_gets_it_again(plain: &Options) {
    let _turn = turn::take();
    let servers = Fleet::start_with(3, plain);
    let client = client(&servers);
    smol::block_on(async {
        let lock = client.lock_all(["a", "b"]).ttl(LEASE);
        let guard = lock.acquire_within(PATIENCE).await.unwrap();
        let names: Vec<_> = guard.keys().iter().cloned().collect();
        assert_eq!(
            (guard.key(), &names[..]),
            (&names[0], &["a".into(), "b".into()][..])
        );
        let mut third = Connection::to(&servers[2]);
        while keys(&servers[2]) != ["a", "b"] {
            smol::Timer::after(Duration::from_millis(1)).await;
        }
        third.call(&["DEL", "b"]);
        guard.extend(LEASE).await.unwrap();
        while keys(&servers[2]) != ["a", "b"] {
            smol::Timer::after(Duration::from_millis(1)).await;
        }
        // a key that is another's now: the others are given back all the same
        third.order(&["SET", "b", "somebody", "PX", "60000"]);
        let released = guard.release().await;
        assert_eq!(released.verdict, Verdict::Verified, "{released}");
        client.close(PATIENCE).await;
        assert_eq!(keys(&servers[2]), ["b"]);
        third.call(&["DEL", "b"]);
    });
    assert_empty(&servers);
}

fn releases_of_both_keys_wake_who_waits_for_them(plain: &Options) {
    let _turn = turn::take();
    let servers = Fleet::start_with(3, plain);
    let [one, other, both] = [(); 3].map(|()| client(&servers));
    smol::block_on(async {
        let hold = |client: &Client, key| client.lock(key).ttl(LEASE).acquire_within(PATIENCE);
        let a = hold(&one, "a").await.unwrap();
        let b = hold(&other, "b").await.unwrap();
        let waiter = smol::spawn(both.lock_all(["a", "b"]).acquire_within(PATIENCE));
        for guard in [a, b] {
            smol::Timer::after(Duration::from_millis(100)).await;
            assert!(!waiter.is_finished());
            guard.release().await;
        }
        let guard = waiter.await.unwrap();
        let patience = guard.grant().waited;
        assert!(
            patience < LEASE / 2,
            "not told, but by the end of a lease: {patience:?}"
        );
        guard.release().await;
        for client in [one, other, both] {
            client.close(PATIENCE).await;
        }
    });
    assert_empty(&servers);
}

fn tokens_rise_whether_a_key_is_locked_alone_or_not(plain: &Options) {
    let _turn = turn::take();
    let servers = Fleet::start_with(3, plain);
    let clients = [(); 2].map(|()| client(&servers));
    smol::block_on(async {
        let mut last = None;
        for keys in [
            &["a"][..],
            &["a", "b"],
            &["b"],
            &["b", "c"],
            &["a", "c"],
            &["c"],
        ] {
            let client = &clients[keys.len() - 1];
            let lock = client.lock_all(keys.iter().copied());
            let guard = lock.acquire_within(PATIENCE).await.unwrap();
            assert!(
                guard.token() > last,
                "{keys:?}: {:?} after {last:?}",
                guard.token()
            );
            last = guard.token();
            guard.release().await;
        }
        for client in clients {
            client.close(PATIENCE).await;
        }
    });
    assert_empty(&servers);
}
