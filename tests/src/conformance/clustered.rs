//! A cluster: a slot that moves, and keys of several slots.

use core::time::Duration;
use std::thread;

use quorlock_driver::{Builder, Client, RestartGuard, Verdict};

use super::Adapter;
use super::bench::{Bench, all_keys, block_on};
use crate::servers::{Cluster, Options, PRIMARIES, home_of, slot_of};

const TASKS: usize = 200;

/// So many keys of one slot.
const KEYS: usize = 20;

/// Tasks take and release locks of one slot, which goes around all primaries meanwhile: none of them notices.
pub fn a_slot_moves_and_nobody_notices(adapter: &dyn Adapter) {
    let cluster = Cluster::start(&Options::new());
    let bench = Bench::new(adapter);
    let client = client(&bench, &cluster);
    let slot = slot_of(&cluster[0], "{job} 0");
    let home = home_of(slot);
    let verdicts = thread::scope(|scope| {
        scope.spawn(|| {
            for step in 0..2 * PRIMARIES {
                let [from, to] = [step, step + 1].map(|step| (home + step) % PRIMARIES);
                cluster.move_slot(slot, [from, to], || {
                    thread::sleep(Duration::from_millis(10));
                });
                // whoever follows the slot has to catch up with it
                thread::sleep(Duration::from_millis(300));
            }
        });
        bench.run_all((0..TASKS).map(|task| {
            let client = client.clone();
            async move {
                let lock = client.lock(format!("{{job}} {}", task % KEYS));
                let guard = lock.acquire().await.unwrap();
                assert!(guard.is_held());
                guard.release().await.verdict
            }
        }))
    });
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Verified));
    let report = block_on(client.close(Duration::from_secs(5)));
    assert!(report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(all_keys(&cluster[..PRIMARIES]), [""; 0]);
}

/// Keys of whatever hash slots are one lock, with a token for each slot.
pub fn keys_of_several_slots(adapter: &dyn Adapter) {
    let cluster = Cluster::start(&Options::new());
    let bench = Bench::new(adapter);
    let client = client(&bench, &cluster);
    let keys = ["{a} 1", "{b} 1", "{a} 2", "c", "d", "e"];
    let guard = block_on(client.lock_across(keys).acquire()).unwrap();
    assert_eq!(guard.parts().len(), 5);
    let mut held: Vec<_> = guard.tokens().map(|(key, _)| key.clone()).collect();
    held.sort_unstable();
    assert_eq!(held, ["c", "d", "e", "{a} 1", "{a} 2", "{b} 1"]);
    let other = block_on(client.lock_across(["d", "f"]).try_acquire());
    assert!(other.unwrap_err().to_string().starts_with("lock `d` not"));
    assert_eq!(block_on(guard.release()).verdict, Verdict::Verified);
    block_on(client.close(Duration::from_secs(5)));
    assert_eq!(all_keys(&cluster[..PRIMARIES]), [""; 0]);
}

/// A client of the cluster, which it finds through one of its servers.
fn client(bench: &Bench, cluster: &Cluster) -> Client {
    let runtime = bench.runtime.clone();
    let builder = Builder::new(move || Ok(runtime)).cluster([cluster[0].url()]);
    // its servers are young
    builder.unwrap().guard(RestartGuard::Off).build().unwrap()
}
