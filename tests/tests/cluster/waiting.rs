//! Who waits for a lock in a cluster is told by the node that has the lock's slot, wherever that goes. Without RESP3 nobody
//! can be told: he asks again by the clock.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_driver::{Client, Guard};
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{
    Cluster, Options, PRIMARIES, Protocol, Server, home_of, slot_of, statistics,
};
use quorlock_tests::turn;

use crate::support::{PATIENCE, client_of};

on_each_make!(
    a_release_wakes_who_waits_and_no_other_node,
    who_waits_follows_the_slot
);

const KEY: &str = "job";

/// Whoever is not told sleeps that long.
const LEASE: Duration = Duration::from_secs(30);

/// What a stall of the machine may take; far less than the lease.
const SOON: Duration = Duration::from_secs(5);

/// A waiter has subscribed and been refused again by then.
const SETTLED: Duration = Duration::from_millis(300);

fn a_release_wakes_who_waits_and_no_other_node(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start(plain);
    let [holder, waiter] = [client_of(&cluster[..1]), client_of(&cluster[..1])];
    let guard = held(&holder);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| acquired(&waiter));
        thread::sleep(SETTLED);
        let released = Instant::now();
        smol::block_on(guard.release());
        let guard = waiting.join().unwrap();
        assert!(released.elapsed() < SOON, "{:?}", released.elapsed());
        smol::block_on(guard.release());
    });
    let home = home_of(slot_of(&cluster[0], KEY));
    for (place, primary) in cluster[..PRIMARIES].iter().enumerate() {
        let listened = calls(primary, "ssubscribe");
        let listens = is_told(plain) && place == home;
        assert_eq!(listened, u64::from(listens), "on primary {place}");
        assert_eq!(calls(primary, "publish"), 0, "on primary {place}");
    }
    assert_eq!(calls(&cluster[home], "spublish"), 2);
}

fn who_waits_follows_the_slot(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start(plain);
    let [holder, waiter] = [client_of(&cluster[..1]), client_of(&cluster[..1])];
    let guard = held(&holder);
    let slot = slot_of(&cluster[0], KEY);
    let from = home_of(slot);
    let to = (from + 1) % PRIMARIES;
    thread::scope(|scope| {
        let waiting = scope.spawn(|| acquired(&waiter));
        thread::sleep(SETTLED);
        cluster.move_slot(slot, [from, to], || {});
        let limit = Instant::now() + SOON;
        while is_told(plain) && calls(&cluster[to], "ssubscribe") == 0 {
            assert!(Instant::now() < limit, "it listens to the old node");
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(SETTLED);
        let released = Instant::now();
        smol::block_on(guard.release());
        let guard = waiting.join().unwrap();
        assert!(released.elapsed() < SOON, "{:?}", released.elapsed());
        smol::block_on(guard.release());
    });
}

fn is_told(plain: &Options) -> bool {
    plain.protocol() == Protocol::Resp3
}

fn held(client: &Client) -> Guard {
    let lock = client.lock(KEY).ttl(LEASE).auto_extend(false);
    smol::block_on(lock.acquire_within(PATIENCE)).unwrap()
}

fn acquired(client: &Client) -> Guard {
    smol::block_on(client.lock(KEY).acquire()).unwrap()
}

fn calls(server: &Server, command: &str) -> u64 {
    let all = statistics(server).into_iter();
    all.filter(|it| it.name == command).map(|it| it.calls).sum()
}
