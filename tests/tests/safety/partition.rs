//! A network that falls apart, in the middle or in one direction, and nodes that are down.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{AcquireError, Client, LostCause, Quorum, RestartGuard, Verdict};
use quorlock_tests::connection::keys;
use quorlock_tests::history::History;
use quorlock_tests::proxy::{Cut, Direction, Door, Link, Proxy};
use quorlock_tests::servers::{Fleet, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, PATIENCE, builder, built, client_of, votes};

const LEASE: Duration = Duration::from_millis(600);

/// Five servers behind proxies, and a client that reaches all of them.
struct Behind {
    fleet: Fleet,
    proxies: Vec<Proxy>,
    client: Client,
}

impl Behind {
    fn start() -> Self {
        let fleet = Fleet::start(5);
        let proxies: Vec<_> = fleet.addresses().into_iter().map(Proxy::start).collect();
        let urls = proxies.iter().map(|it| format!("redis://{}", it.address()));
        let builder = builder(RestartGuard::Off).nodes(urls.collect::<Vec<_>>());
        let client = built(builder.unwrap());
        smol::block_on(votes(&client, 5));
        Self {
            fleet,
            proxies,
            client,
        }
    }
}

/// The holder is cut off from three of five nodes. It hears of the loss in time and gets nothing; on the other side the
/// lock is free when its lease has ended.
#[test]
fn a_holder_in_the_minority_loses_the_lock() {
    let _turn = turn::take();
    let Behind {
        fleet,
        proxies,
        client,
    } = Behind::start();
    let other = client_of(fleet.iter(), &[2, 3, 4], RestartGuard::Off);
    smol::block_on(async {
        let lock = client.lock(KEY).ttl(LEASE);
        let guard = lock.clone().acquire_within(PATIENCE).await.unwrap();
        for proxy in &proxies[2..] {
            proxy.switch_door(Door::Refuse);
            proxy.cut(Cut::Reset);
        }
        let lost = guard.lost().await;
        assert_eq!(lost.cause, LostCause::Expired);
        assert!(Instant::now() < guard.valid_until());
        let second = other.lock(KEY).ttl(LEASE).acquire_within(PATIENCE).await;
        let second = second.unwrap();
        assert!(Instant::now() > guard.valid_until());
        let error = lock.acquire_within(LEASE / 2).await.unwrap_err();
        assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
        assert!(second.is_held());
    });
}

/// A quorum of a minority is refused. Clients that disagree in the nodes come to the same: each has its majority.
#[test]
fn where_a_minority_is_enough_both_sides_hold() {
    let _turn = turn::take();
    let fleet = Fleet::start(5);
    let minority = builder(RestartGuard::Off).nodes(fleet.urls()).unwrap();
    let error = minority.quorum(Quorum::Votes(2)).build().unwrap_err();
    assert!(error.to_string().contains("is no quorum"), "{error}");

    let one = client_of(&fleet[..2], &[0, 1], RestartGuard::Off);
    let other = client_of(&fleet[2..], &[0, 1, 2], RestartGuard::Off);
    smol::block_on(async {
        let hold = |client: &Client| client.lock(KEY).ttl(LEASE).acquire_within(PATIENCE);
        let (one, other) = (hold(&one).await.unwrap(), hold(&other).await.unwrap());
        assert!(one.is_held() && other.is_held(), "two at one time");
    });
}

/// Requests pass, replies don't: nothing is granted, and nothing is left.
#[test]
fn a_lock_whose_grants_are_lost_is_not_granted() {
    let Behind {
        fleet,
        proxies,
        client,
    } = Behind::start();
    smol::block_on(async {
        for proxy in &proxies[2..] {
            proxy.switch(Direction::ToClient, Link::Drop);
        }
        let lock = client.lock(KEY).ttl(LEASE);
        let error = lock.acquire_within(LEASE / 2).await.unwrap_err();
        assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
        for proxy in &proxies[2..] {
            proxy.cut(Cut::Reset);
            proxy.heal();
        }
        let report = client.close(PATIENCE).await;
        assert!(report.unconfirmed.is_empty(), "{report:?}");
    });
    for server in fleet.iter() {
        assert_eq!(keys(server), [""; 0], "{}", server.url());
    }
}

/// Three of five are killed while the lock is held: its holder hears of the loss, others are told in time that no quorum
/// is there, and with the nodes the lock comes back.
#[test]
fn a_majority_that_is_down_grants_nothing() {
    let _turn = turn::take();
    let fleet = Fleet::start(5);
    let client = client_of(fleet.iter(), &[0, 1, 2, 3, 4], RestartGuard::Off);
    smol::block_on(async {
        votes(&client, 5).await;
        let lock = client.lock(KEY).ttl(LEASE);
        let guard = lock.clone().acquire_within(PATIENCE).await.unwrap();
        fleet[..3].iter().for_each(Server::kill);
        assert_eq!(guard.lost().await.cause, LostCause::Expired);
        assert!(Instant::now() < guard.valid_until());
        let start = Instant::now();
        let error = lock.clone().acquire_within(LEASE / 2).await.unwrap_err();
        assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
        assert!(start.elapsed() < LEASE, "told after {:?}", start.elapsed());
        fleet[..3].iter().for_each(Server::restart);
        let guard = lock.acquire_within(PATIENCE).await.unwrap();
        let released = guard.release().await;
        assert_eq!(released.verdict, Verdict::Verified, "{released}");
    });
}

/// Connections that are reset every few milliseconds: two clients compete through them, and nothing of theirs is left.
#[test]
fn connections_that_are_reset_all_the_time() {
    const STORM: Duration = Duration::from_millis(1_500);

    let _turn = turn::take();
    let Behind {
        fleet,
        proxies,
        client,
    } = Behind::start();
    let other = client_of(fleet.iter(), &[0, 1, 2, 3, 4], RestartGuard::Off);
    let history = History::new();
    let end = Instant::now() + STORM;
    let compete = |client: &Client, name: &str| {
        while Instant::now() < end {
            let lock = client.lock(KEY).ttl(LEASE);
            let Ok(guard) = smol::block_on(lock.acquire_within(LEASE / 4)) else {
                continue;
            };
            let id = history.acquired(KEY, name, Instant::now(), guard.valid_until());
            std::thread::sleep(Duration::from_millis(3));
            history.ended(id, Instant::now());
            smol::block_on(guard.release());
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| compete(&client, "through the storm"));
        scope.spawn(|| compete(&other, "beside it"));
        while Instant::now() < end {
            proxies[fastrand::usize(0..5)].cut(Cut::Reset);
            std::thread::sleep(Duration::from_millis(fastrand::u64(1..10)));
        }
    });
    history.assert_exclusive();
    assert!(history.len() >= 20, "only {} tenures", history.len());
    for client in [client, other] {
        let report = smol::block_on(client.close(PATIENCE));
        assert!(report.unconfirmed.is_empty(), "{report:?}");
    }
    for server in fleet.iter() {
        assert_eq!(keys(server), [""; 0], "{}", server.url());
    }
}
