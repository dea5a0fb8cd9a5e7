//! Locks on keys of several shards: one is lost, one is down, nobody wants them any more.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_driver::{
    AcquireError, ExtendError, KeysError, LostCause, MultiRequest, PlacementError, Verdict,
};

use super::Adapter;
use super::bench::{Bench, HANG, all_keys, block_on, poll_once, shards, wait_until};
use crate::servers::{Fleet, Server};

/// One key of the first shard, two of the second.
const KEYS: [&str; 3] = ["key-0", "key-1", "key-3"];

/// When one shard stops answering, its part is lost by its own time, and with it the whole; the others are told apart.
pub fn one_lost_part_is_the_loss_of_all(adapter: &dyn Adapter) {
    let fleets = [Fleet::start(1), Fleet::start(1)];
    let bench = Bench::new(adapter);
    let shards = shards(&bench, &fleets);
    let [short, long] = [500, 1_000].map(Duration::from_millis);
    let request = shards.lock_all(KEYS).unwrap().ttl(short);
    let guard = block_on(request.acquire_within(HANG)).unwrap();
    assert_eq!(guard.parts().len(), 2);
    assert_eq!(guard.tokens().count(), 3);
    let extended = block_on(guard.extend(long)).unwrap();
    assert!(extended <= guard.valid_until());
    assert!(guard.parts().iter().all(|part| part.ttl() == long));
    fleets[1][0].pause();
    let until = guard.valid_until();
    let lost = block_on(guard.run(core::future::pending::<()>())).unwrap_err();
    let told = Instant::now();
    fleets[1][0].resume();
    assert_eq!(lost.shard.as_deref(), Some("shard-1"));
    assert!(lost.keys.iter().eq(["key-1", "key-3"]));
    assert_eq!(lost.told.cause, LostCause::Expired);
    // one extension may have been under way
    assert!(lost.told.valid_until >= until && told < lost.told.valid_until + HANG / 4);
    assert!(!guard.is_held() && guard.remaining().is_zero());
    assert!(guard.parts()[0].is_held(), "the other shard is well");
    let extend = block_on(guard.extend(long)).unwrap_err();
    assert_eq!(extend.shard, lost.shard);
    assert_eq!(extend.told, ExtendError::Lost(lost.told));
    let release = block_on(guard.release());
    assert_eq!(release.verdict, Verdict::ExpiredEarlier);
    let verdicts: Vec<_> = release.parts.iter().map(|it| it.told.verdict).collect();
    assert_eq!(verdicts, [Verdict::Verified, Verdict::ExpiredEarlier]);
    assert!(
        release
            .to_string()
            .contains("`key-1` + `key-3` of shard \"shard-1\": lost before")
    );
    for fleet in &fleets {
        wait_until("nothing is left", || all_keys(fleet).is_empty());
    }
}

/// While a shard is down, what needs it fails by the deadline with the shard's name, and nothing is kept of the others.
pub fn a_shard_that_is_down_keeps_nothing_of_the_others(adapter: &dyn Adapter) {
    const PATIENCE: Duration = Duration::from_secs(1);
    let fleets = [Fleet::start(3), Fleet::start(3)];
    let bench = Bench::new(adapter);
    let shards = shards(&bench, &fleets);
    fleets[1].iter().for_each(Server::pause);
    let began = Instant::now();
    let mut acquire = Box::pin(shards.lock_all(KEYS).unwrap().acquire_within(PATIENCE));
    let mut was_held = false;
    let mut was_free_again = false;
    let error = loop {
        if let core::task::Poll::Ready(outcome) = poll_once(&mut acquire) {
            break outcome.unwrap_err();
        }
        assert!(began.elapsed() < HANG / 4, "the deadline is over");
        let is_held = !all_keys(&fleets[0]).is_empty();
        was_free_again |= was_held && !is_held;
        was_held |= is_held;
    };
    let took = began.elapsed();
    fleets[1].iter().for_each(Server::resume);
    assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.shard.as_deref(), Some("shard-1"));
    assert_eq!(refusal.problems.len(), 3, "{error}");
    assert!(refusal.waited >= PATIENCE, "{error}");
    assert!(took >= PATIENCE, "{took:?}");
    assert!(
        was_held && was_free_again,
        "given back before it is waited for"
    );
    for fleet in &fleets {
        wait_until("nothing is left", || all_keys(fleet).is_empty());
    }
}

/// Dropped at whatever moment, acquisitions and guards leave nothing behind on any shard.
pub fn cancelled_over_several_shards(adapter: &dyn Adapter) {
    let fleets = [Fleet::start(1), Fleet::start(1)];
    let bench = Bench::new(adapter);
    let shards = shards(&bench, &fleets);
    // every other one waits for this, and has given back the rest
    let holder = block_on(shards.lock("key-0").unwrap().acquire()).unwrap();
    for step in 0..60 {
        let keys = if step % 2 == 0 {
            KEYS
        } else {
            ["key-1", "key-2", "key-3"]
        };
        let mut acquire = Box::pin(shards.lock_all(keys).unwrap().acquire());
        let mut held = None;
        for _ in 0..step {
            if let core::task::Poll::Ready(guard) = poll_once(&mut acquire) {
                held = Some(guard.unwrap());
                break;
            }
            thread::sleep(Duration::from_micros(50));
        }
        drop(acquire);
        drop(held);
    }
    drop(holder);
    for fleet in &fleets {
        wait_until("nothing is left", || all_keys(fleet).is_empty());
    }
    let guard = block_on(shards.lock_all(KEYS).unwrap().try_acquire()).unwrap();
    assert_eq!(block_on(guard.release()).verdict, Verdict::Verified);
}

/// A part that is lost while another one is on its way is not counted as held.
pub fn a_part_that_is_lost_meanwhile_is_missing(adapter: &dyn Adapter) {
    let fleets = [Fleet::start(1), Fleet::start(1)];
    let bench = Bench::new(adapter);
    let shards = shards(&bench, &fleets);
    fleets[1][0].pause();
    let mut acquire = Box::pin(shards.lock_all(KEYS).unwrap().acquire());
    wait_until("the first part is granted", || {
        assert!(poll_once(&mut acquire).is_pending());
        !all_keys(&fleets[0]).is_empty()
    });
    thread::sleep(Duration::from_millis(50));
    assert!(poll_once(&mut acquire).is_pending());
    let (_, first) = shards.shard(b"key-0").unwrap();
    block_on(first.close(HANG));
    fleets[1][0].resume();
    assert_eq!(block_on(acquire).unwrap_err(), AcquireError::Closed);
    for fleet in &fleets {
        wait_until("nothing is left", || all_keys(fleet).is_empty());
    }
}

/// No keys, a key that is wanted twice, one that has no place.
pub fn keys_that_are_no_lock(adapter: &dyn Adapter) {
    let fleets = [Fleet::start(1), Fleet::start(1)];
    let bench = Bench::new(adapter);
    let shards = shards(&bench, &fleets);
    let (_, client) = shards.shard(b"key-1").unwrap();
    let twice = MultiRequest::new([client.lock("key-1"), client.lock_all(["key-3", "key-1"])]);
    for (request, error) in [
        (shards.lock_all([""; 0]).unwrap(), KeysError::None),
        (twice, KeysError::Repeated("key-1".into())),
        (
            shards.lock_all(["key-2", "key-1", "key-2"]).unwrap(),
            KeysError::Repeated("key-2".into()),
        ),
    ] {
        let refused = block_on(request.try_acquire()).unwrap_err();
        assert_eq!(refused, AcquireError::BadKeys(error));
    }
    let placed = shards.lock_all(["key-1", "key"]);
    assert_eq!(placed.unwrap_err(), PlacementError::NoNumber);
}
