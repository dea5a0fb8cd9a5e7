//! Many who want two keys each, in whatever order: nobody is stuck, and no key has two holders.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::env;
use std::thread;
use std::time::Instant;

use quorlock_driver::{MultiGuard, Shards, Verdict};

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, shards, wait_until};
use crate::servers::Fleet;
use crate::stats::{median, quantile};

const CLIENTS: u64 = 50;
const KEYS: usize = 10;

/// How long the crowds go on, unless `QUORLOCK_CROWD_SECONDS` says otherwise.
const SECONDS: u64 = 3;

/// How long one of a crowd waits. It has to be far beyond what it takes: an acquisition that fails by its deadline was
/// stuck.
const PATIENCE: Duration = Duration::from_secs(15);

/// A deadline is kept so well.
const LATE: Duration = Duration::from_secs(2);

/// Two clients want the same two keys of two shards, one in the other's order, again and again.
pub fn crossed_keys_of_two_shards(adapter: &dyn Adapter) {
    let fleets = [Fleet::start(3), Fleet::start(3)];
    let crossed = |client, _: &mut _| if client == 0 { [0, 1] } else { [1, 0] };
    crowd(adapter, &fleets, 2, crossed);
}

/// Fifty clients on pairs of ten keys that are spread over three shards.
pub fn pairs_of_keys_over_three_shards(adapter: &dyn Adapter) {
    crowd(adapter, &[1; 3].map(Fleet::start), CLIENTS, any_pair);
}

/// The same where all keys are on one group of three servers.
pub fn pairs_of_keys_on_one_group(adapter: &dyn Adapter) {
    crowd(adapter, &[Fleet::start(3)], CLIENTS, any_pair);
}

fn any_pair(_: u64, random: &mut fastrand::Rng) -> [usize; 2] {
    let one = random.usize(..KEYS);
    [one, (one + random.usize(1..KEYS)) % KEYS]
}

/// So many clients take and release the keys that each `wants` next.
fn crowd(
    adapter: &dyn Adapter,
    fleets: &[Fleet],
    clients: u64,
    wants: impl Fn(u64, &mut fastrand::Rng) -> [usize; 2] + Sync,
) {
    let seconds = env::var("QUORLOCK_CROWD_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let bench = Bench::new(adapter);
    let visitors = [const { AtomicBool::new(false) }; KEYS];
    let all_shards: Vec<Shards> = (0..clients).map(|_| shards(&bench, fleets)).collect();
    let start = Instant::now();
    let waited: Vec<Vec<Duration>> = thread::scope(|scope| {
        let client = |(client, shards): (u64, Shards)| {
            let (visitors, wants) = (&visitors, &wants);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(client);
                let mut waited = Vec::new();
                while start.elapsed().as_secs() < seconds {
                    let keys = wants(client, &mut random).map(|id| format!("key-{id}"));
                    let asked = Instant::now();
                    let request = shards.lock_all(keys).unwrap();
                    let guard = block_on(request.acquire_within(PATIENCE)).unwrap();
                    waited.push(asked.elapsed());
                    visit(&guard, visitors);
                    assert_eq!(block_on(guard.release()).verdict, Verdict::Verified);
                }
                block_on(shards.close(Duration::from_secs(5)));
                waited
            })
        };
        let threads: Vec<_> = (0..).zip(all_shards).map(client).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let took = start.elapsed();
    let fewest = waited.iter().map(Vec::len).min().unwrap();
    let all = waited.concat();
    println!(
        "{clients} clients: {} times both keys in {took:.1?}, {} a second, each at least {fewest} times; waited {:?}, at most {:?}",
        all.len(),
        all.len() as u128 * 1_000 / took.as_millis(),
        median(&all),
        quantile(&all, 1.0),
    );
    assert!(quantile(&all, 1.0) < PATIENCE + LATE);
    for fleet in fleets {
        wait_until("nothing is left behind", || all_keys(fleet).is_empty());
    }
}

/// Nobody else is at any of the keys.
fn visit(guard: &MultiGuard, visitors: &[AtomicBool; KEYS]) {
    let at = |key: &[u8]| {
        let last = key.last().map_or(0, |digit| usize::from(digit - b'0'));
        &visitors[last]
    };
    for (key, token) in guard.tokens() {
        assert!(token.is_some());
        let taken = at(key).swap(true, Ordering::SeqCst);
        assert!(!taken, "two have {key:?}");
    }
    assert!(guard.is_held());
    for (key, _) in guard.tokens() {
        at(key).store(false, Ordering::SeqCst);
    }
}
