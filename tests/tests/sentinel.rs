//! Locks on a primary that real sentinels watch: found, and followed when another one takes its place.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on fails where it stands"
)]

use core::time::Duration;

use quorlock_driver::{Backoff, Client, RestartGuard, Timing, Verdict};
use quorlock_tests::connection::keys;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Sentinels, Server};
use quorlock_tests::turn;

on_each_make!(
    a_client_follows_when_the_primary_dies,
    a_primary_that_is_silent_is_left_when_it_is_replaced,
);

const KEY: &str = "key";

/// Longer than a failover, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// A silent node is never given up for its silence.
const TIMING: Timing = Timing {
    reconnect: Backoff {
        first: Duration::from_millis(20),
        longest: Duration::from_millis(200),
    },
    stall_limit: Duration::from_hours(1),
    ..Timing::DEFAULT
};

fn client_of(url: &str) -> Client {
    let builder = quorlock_smol::builder().timing(TIMING);
    let builder = builder.guard(RestartGuard::Off).nodes([url]).unwrap();
    builder.build().unwrap()
}

/// Locks and releases; the key is on that server meanwhile.
async fn lock_on(client: &Client, server: &Server) {
    let guard = client.lock(KEY).acquire_within(PATIENCE).await.unwrap();
    assert_eq!(keys(server), [KEY]);
    let release = guard.release().await;
    assert_eq!(release.verdict, Verdict::Verified, "{release}");
}

fn a_client_follows_when_the_primary_dies(plain: &Options) {
    let _turn = turn::take();
    let watched = Sentinels::start(plain);
    // the others are asked
    watched.sentinels[0].pause();
    let client = client_of(&watched.url());
    smol::block_on(async {
        lock_on(&client, &watched.primary).await;
        watched.primary.kill();
        lock_on(&client, &watched.replica).await;
    });
}

/// Its connections stay open, and nothing is read from them: only the sentinels tell.
fn a_primary_that_is_silent_is_left_when_it_is_replaced(plain: &Options) {
    let _turn = turn::take();
    let watched = Sentinels::start(plain);
    let client = client_of(&watched.url());
    smol::block_on(async {
        lock_on(&client, &watched.primary).await;
        watched.primary.pause();
        watched.await_failover();
        lock_on(&client, &watched.replica).await;
    });
    watched.primary.resume();
}
