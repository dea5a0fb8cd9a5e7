//! A slot goes from primary to primary while its keys are locked and released.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::env;
use std::thread;
use std::time::Instant;

use quorlock_driver::{Client, Verdict};
use quorlock_tests::history::History;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Cluster, Options, PRIMARIES, home_of, slot_of};
use quorlock_tests::turn;

use crate::support::{PATIENCE, client_of};

on_each_make!(
    a_slot_moves_under_a_hundred_clients,
    a_lock_moves_with_its_slot
);

/// Clients, each with connections of its own.
const CLIENTS: usize = 100;

/// They contend for so many keys of one slot.
const KEYS: usize = 10;

/// The slot rests for so long. It must not have been all around before a client has followed it: an `ASK` that is
/// older than that leads to a node which the slot is on its way to once more, without the keys that have not come yet.
const REST: Duration = Duration::from_millis(400);

/// How long they do, unless `QUORLOCK_CHAOS_SECONDS` says otherwise.
const SECONDS: u64 = 4;

fn a_slot_moves_under_a_hundred_clients(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start(plain);
    let clients: Vec<_> = (0..CLIENTS).map(|_| client_of(&cluster[..1])).collect();
    let slot = slot_of(&cluster[0], &key(0));
    let history = History::new();
    let stop = AtomicBool::new(false);
    let seconds = env::var("QUORLOCK_CHAOS_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let moves = thread::scope(|scope| {
        let working = scope.spawn(|| {
            let visits = clients.iter().enumerate().map(|(number, client)| {
                let key = key(number % KEYS);
                let (history, stop) = (&history, &stop);
                async move {
                    while !stop.load(Ordering::Relaxed) {
                        visit(client, &key, number, history).await;
                    }
                }
            });
            let executor = smol::LocalExecutor::new();
            let tasks: Vec<_> = visits.map(|visits| executor.spawn(visits)).collect();
            smol::block_on(executor.run(async {
                for task in tasks {
                    task.await;
                }
            }));
        });
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut moves = 0;
        let mut at = home_of(slot);
        while Instant::now() < end {
            let next = (at + 1) % PRIMARIES;
            // a slot with few keys is on its way for some milliseconds
            cluster.move_slot(slot, [at, next], || {
                thread::sleep(Duration::from_millis(20));
            });
            at = next;
            moves += 1;
            thread::sleep(REST);
        }
        stop.store(true, Ordering::Relaxed);
        working.join().unwrap();
        moves
    });
    println!(
        "{} tenures in {seconds} s, over {moves} moves of the slot",
        history.len()
    );
    assert!(moves > 3, "{moves} moves");
    assert!(history.len() > CLIENTS, "{} tenures", history.len());
    history.assert_exclusive();
    assert_eq!(history.disorders(), []);
}

/// Takes the lock once and gives it back; whatever fails is an error that reaches the caller.
async fn visit(client: &Client, key: &str, number: usize, history: &History) {
    let lock = client.lock(key.to_owned()).ttl(Duration::from_secs(20));
    let guard = lock.acquire_within(PATIENCE).await.unwrap();
    let until = guard.valid_until();
    let hold = history.acquired(key, &format!("client {number}"), Instant::now(), until);
    history.fenced(hold, guard.token().unwrap());
    smol::future::yield_now().await;
    history.ended(hold, Instant::now());
    let release = guard.release().await;
    assert_eq!(release.verdict, Verdict::Verified, "{release}");
}

/// A lock is taken before its slot moves, extended while it is on its way, and again and given back behind that.
fn a_lock_moves_with_its_slot(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start(plain);
    let client = client_of(&cluster[1..2]);
    let slot = slot_of(&cluster[0], &key(0));
    let from = home_of(slot);
    let to = (from + 1) % PRIMARIES;
    let lease = Duration::from_secs(20);
    smol::block_on(async {
        let lock = client.lock(key(0)).ttl(lease).auto_extend(false);
        let guard = lock.acquire_within(PATIENCE).await.unwrap();
        assert!(
            guard
                .grant()
                .nodes
                .contains(&cluster[from].address().to_string())
        );
        cluster.move_slot(slot, [from, to], || {
            smol::block_on(guard.extend(lease)).unwrap();
        });
        guard.extend(lease).await.unwrap();
        let rival = client_of(&cluster[2..3]);
        let refused = rival.lock(key(0)).try_acquire().await.unwrap_err();
        let problems = &refused.refusal().unwrap().problems;
        assert_eq!(
            problems[0].0,
            cluster[to].address().to_string(),
            "{refused}"
        );
        let release = guard.release().await;
        assert_eq!(release.verdict, Verdict::Verified, "{release}");
        let guard = rival.lock(key(0)).try_acquire().await.unwrap();
        guard.release().await;
    });
}

/// Keys of one slot.
fn key(number: usize) -> String {
    format!("{{job}} {number}")
}
