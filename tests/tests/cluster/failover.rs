//! A primary dies and its replica takes over: what it had heard of is kept, the rest is lost.

use core::time::Duration;

use quorlock_driver::{Client, Guard, Verdict};
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Cluster, Options, PRIMARIES, home_of, slot_of};
use quorlock_tests::turn;

use crate::support::{PATIENCE, client_of};

on_each_make!(
    a_replica_that_has_caught_up_keeps_the_lock,
    a_replica_that_lags_loses_the_lock
);

const KEY: &str = "key";

/// After so long a silent primary is replaced.
const NODE_TIMEOUT: Duration = Duration::from_secs(1);

/// Longer than the cluster takes to fail over.
const LEASE: Duration = Duration::from_secs(25);

/// The key's primary and its replica.
fn home(cluster: &Cluster) -> [usize; 2] {
    let primary = home_of(slot_of(&cluster[0], KEY));
    [primary, primary + PRIMARIES]
}

async fn hold(client: &Client) -> Guard {
    let lock = client.lock(KEY).ttl(LEASE).auto_extend(false);
    lock.acquire_within(PATIENCE).await.unwrap()
}

fn a_replica_that_has_caught_up_keeps_the_lock(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start_with_timeout(plain, NODE_TIMEOUT);
    let [primary, replica] = home(&cluster);
    let client = client_of(&cluster[..]);
    let rival = client_of(&cluster[..]);
    smol::block_on(async {
        let guard = hold(&client).await;
        let heard = Connection::to(&cluster[primary]).call(&["WAIT", "1", "5000"]);
        assert_eq!(heard.bytes(), b":1\r\n");
        cluster[primary].kill();
        cluster.await_promotion(replica);
        assert_eq!(keys(&cluster[replica]), [KEY]);
        let waiting = rival.lock(KEY).acquire_within(PATIENCE);
        let holding = async {
            let mut watch = client.watch_nodes();
            while guard.extend(LEASE).await.is_err() {
                assert!(guard.is_held(), "no extension after the failover");
                watch.changed().await.unwrap();
            }
            guard.release().await
        };
        let (release, waited) = smol::future::zip(holding, waiting).await;
        assert_eq!(release.verdict, Verdict::Verified, "{release}");
        let name = cluster[replica].address().to_string();
        assert!(waited.unwrap().grant().nodes.contains(&name));
    });
}

/// Without `WAIT` a grant is the primary's alone. The twin of the test above: here two hold one lock.
fn a_replica_that_lags_loses_the_lock(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start_with_timeout(plain, NODE_TIMEOUT);
    let [primary, replica] = home(&cluster);
    let client = client_of(&cluster[..]);
    let rival = client_of(&cluster[..]);
    smol::block_on(async {
        // who is connected stays so
        hold(&client).await.release().await;
        cluster.silence(primary);
        let guard = hold(&client).await;
        cluster[primary].kill();
        cluster.await_promotion(replica);
        let second = rival.lock(KEY).acquire_within(PATIENCE).await.unwrap();
        assert!(guard.is_held(), "too late to tell: the machine is too busy");
        assert!(second.is_held());
    });
}
