//! Keys spread over independent groups of servers, one of which is down.

use core::time::Duration;
use std::collections::BTreeMap;
use std::time::Instant;

use quorlock_driver::{AcquireError, Client, Placement, Shards};

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, wait_ready};
use crate::servers::Fleet;
use crate::stats::median;

/// How many shards, of three servers each.
const SHARDS: usize = 5;

/// The shard whose servers are stopped.
const DOWN: &str = "shard-3";

/// How long an acquisition may take.
const PATIENCE: Duration = Duration::from_millis(300);

/// Five shards of three servers, one shard frozen: its keys fail by their deadline, and say whose they are; those of
/// the other four are locked as fast as before.
pub fn a_shard_that_is_down_is_its_own_trouble(adapter: &dyn Adapter) {
    let fleets: Vec<Fleet> = (0..SHARDS).map(|_| Fleet::start(3)).collect();
    let bench = Bench::new(adapter);
    let clients: Vec<Client> = fleets.iter().map(|it| bench.client(&it.urls())).collect();
    clients.iter().for_each(wait_ready);
    for placement in [
        Placement::HashSlot,
        Placement::Modulo,
        Placement::Rendezvous,
    ] {
        let named = (0..)
            .map(|index| format!("shard-{index}"))
            .zip(clients.clone());
        let shards = Shards::new(placement, named).unwrap();
        let before = lock_all(&shards);
        assert!(
            before
                .keys()
                .map(String::as_str)
                .eq(shards.iter().map(|(name, _)| name))
        );
        assert!(
            before.values().all(|it| it.refused.is_empty()),
            "{before:?}"
        );
        for server in fleets[3].iter() {
            server.pause();
        }
        let during = lock_all(&shards);
        for server in fleets[3].iter() {
            server.resume();
        }
        clients.iter().for_each(wait_ready);
        for (name, keys) in &during {
            if name == DOWN {
                assert!(keys.latencies.is_empty() && !keys.refused.is_empty());
                for (message, took) in &keys.refused {
                    assert!(message.contains("of shard \"shard-3\""), "{message}");
                    assert!(*took < PATIENCE + Duration::from_millis(250), "{took:?}");
                }
                continue;
            }
            assert!(keys.refused.is_empty(), "{name}: {keys:?}");
            let (usual, now) = (median(&before[name].latencies), median(&keys.latencies));
            println!(
                "{placement:?} {name}: {usual:?} a lock with all shards, {now:?} without {DOWN}"
            );
            // what a frozen shard must not cost is its deadline, a hundred times as much
            assert!(
                now < usual * 3 + Duration::from_millis(5),
                "{name}: {usual:?}, then {now:?}"
            );
        }
    }
    for client in &clients {
        block_on(client.close(Duration::from_secs(5)));
    }
    for fleet in &fleets {
        assert_eq!(all_keys(fleet), [""; 0]);
    }
}

/// What the keys of a shard came to.
#[derive(Debug, Default)]
struct Keys {
    /// Of the locks that were granted.
    latencies: Vec<Duration>,
    refused: Vec<(String, Duration)>,
}

/// Locks and releases some keys, one after the other; by the name of the shard.
fn lock_all(shards: &Shards) -> BTreeMap<String, Keys> {
    let mut outcome = BTreeMap::<String, Keys>::new();
    for id in 0..40 {
        let key = format!("invoice-{id}");
        let (name, _) = shards.shard(key.as_bytes()).unwrap();
        let keys = outcome.entry(name.to_string()).or_default();
        let began = Instant::now();
        match block_on(shards.lock(key).unwrap().acquire_within(PATIENCE)) {
            Ok(guard) => {
                keys.latencies.push(began.elapsed());
                block_on(guard.release());
            }
            Err(error @ (AcquireError::Unreachable { .. } | AcquireError::Deadline { .. })) => {
                assert_eq!(error.refusal().unwrap().shard.as_deref(), Some(&**name));
                keys.refused.push((error.to_string(), began.elapsed()));
            }
            Err(error) => panic!("{error}"),
        }
    }
    outcome
}
