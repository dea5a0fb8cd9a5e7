//! Locks of several keys on real servers: all or none on each of them, whatever the order in which they are wanted.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

use core::time::Duration;
use std::thread;

use quorlock_core::counter_key;
use quorlock_core::script::ACQUIRE_ALL;
use quorlock_driver::{AcquireError, Client, Verdict};
use quorlock_resp::Value;
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::deployment::deployed;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Fleet, Options, Server};
use quorlock_tests::turn;

const PATIENCE: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(10);
/// How often each of two clients wants both keys.
const TIMES: usize = 50;

on_each_make!(
    a_key_that_is_held_leaves_the_others_free,
    a_node_that_has_lost_one_key_gets_it_again,
    a_token_has_to_be_above_every_counter,
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
        // long before the lease of `both` would have ended
        let free = single.lock("a").acquire_within(LEASE / 2).await.unwrap();
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
        // a node that was connected behind the grant gets its keys with an extension
        while servers.iter().any(|server| keys(server) != ["a", "b"]) {
            guard.extend(LEASE).await.unwrap();
            smol::Timer::after(Duration::from_millis(5)).await;
        }
        third.call(&["DEL", "b"]);
        guard.extend(LEASE).await.unwrap();
        let mut tries = 0;
        while keys(&servers[2]) != ["a", "b"] {
            smol::Timer::after(Duration::from_millis(1)).await;
            tries += 1;
            assert!(tries < 5_000, "it is not healed");
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

fn a_token_has_to_be_above_every_counter(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    let counters = ["a", "b"].map(|key| String::from_utf8(counter_key(key.as_bytes())).unwrap());
    let time = connection.call(&["TIME"]);
    let Value::Array(mut time) = time.value() else {
        panic!("{time:?}")
    };
    let Some(Value::Bulk(seconds)) = time.next() else {
        panic!("no seconds")
    };
    let highest = format!("{}000000", String::from_utf8_lossy(seconds));
    connection.order(&["SET", &counters[1], &highest]);
    let mut acquire = |token: &str| {
        let [a, b] = &counters;
        let keys = [ACQUIRE_ALL.text, "4", "a", "b", a, b];
        let arguments = ["owner", "1000", "0", "", token, "250000", "1000", "2"];
        let words: Vec<&str> = ["EVAL"].into_iter().chain(keys).chain(arguments).collect();
        let reply = connection.call(&words);
        let Value::Array(items) = reply.value() else {
            panic!("{reply:?}")
        };
        items.take(2).collect::<Vec<_>>() == [Value::Integer(1), Value::Integer(0)]
    };
    assert!(!acquire(&highest), "the counter of b");
    let next = format!("{}1", &highest[..highest.len() - 1]);
    assert!(acquire(&next));
    assert_eq!(keys(&server), ["a", "b"]);
    for counter in &counters {
        let stored = connection.call(&["GET", counter]);
        assert_eq!(stored.value(), Value::Bulk(next.as_bytes()));
    }
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
        // and the release of both wakes who waits for either
        let waiters =
            [(&one, "a"), (&other, "b")].map(|(client, key)| smol::spawn(hold(client, key)));
        smol::Timer::after(Duration::from_millis(100)).await;
        guard.release().await;
        for waiter in waiters {
            let guard = waiter.await.unwrap();
            let patience = guard.grant().waited;
            assert!(patience < LEASE / 2, "{patience:?}");
            guard.release().await;
        }
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
