//! A primary dies and its replica takes over: what it had heard of is kept, the rest is lost.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{Client, Guard, Problem, Replication, Verdict};
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::history::History;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Cluster, Options, PRIMARIES, Server, home_of, slot_of};
use quorlock_tests::turn;

use crate::support::{PATIENCE, builder, built, client_of};

on_each_make!(
    a_lock_that_its_replica_must_have_is_not_lost,
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

/// A client asks for the lock of a primary whose replica hears nothing, the replica takes over, a rival asks for it.
fn lag_and_fail_over(plain: &Options, replication: Option<Replication>) -> History {
    let _turn = turn::take();
    let cluster = Cluster::start_with_timeout(plain, NODE_TIMEOUT);
    let [primary, replica] = home(&cluster);
    let urls = cluster.iter().map(Server::url);
    let builder = builder().cluster(urls).unwrap();
    let client = built(match replication {
        Some(replication) => builder.replicas(replication),
        None => builder,
    });
    let rival = client_of(&cluster[..]);
    let history = History::new();
    let record = |holder, guard: &Guard| {
        history.acquired(KEY, holder, Instant::now(), guard.valid_until());
    };
    smol::block_on(async {
        // who is connected stays so
        hold(&client).await.release().await;
        cluster.silence(primary);
        let lock = client.lock(KEY).ttl(LEASE).auto_extend(false);
        let held = lock.try_acquire().await;
        match &held {
            Ok(guard) => record("client", guard),
            Err(error) => {
                let problems = &error.refusal().expect("answers").problems;
                let short = Problem::TooFewReplicas { got: 0, wanted: 1 };
                assert_eq!(problems.first().expect("a problem").1, short, "{error}");
            }
        }
        cluster[primary].kill();
        cluster.await_promotion(replica);
        record(
            "rival",
            &rival.lock(KEY).acquire_within(PATIENCE).await.unwrap(),
        );
    });
    history
}

/// Without `WAIT` a grant is the primary's alone: two hold one lock.
fn a_replica_that_lags_loses_the_lock(plain: &Options) {
    assert_eq!(lag_and_fail_over(plain, None).overlaps().len(), 1);
}

/// The twin of the test above.
fn a_lock_that_its_replica_must_have_is_not_lost(plain: &Options) {
    let history = lag_and_fail_over(plain, Some(Replication::new(1)));
    history.assert_exclusive();
    assert_eq!(history.len(), 1);
}
