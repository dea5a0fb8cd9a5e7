//! The primaries are found through any node, and each key goes to the one that has its slot.

use core::time::Duration;
use std::collections::BTreeSet;

use quorlock_driver::{Client, Verdict};
use quorlock_tests::connection::keys;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Cluster, Options, PRIMARIES, Server};
use quorlock_tests::{ports, turn};

use crate::support::{PATIENCE, builder, built, client_of};

on_each_make!(keys_of_all_slots, the_cluster_is_found_through_any_node);

/// So many keys are in slots of all primaries.
const KEYS: usize = 300;

fn keys_of_all_slots(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start(plain);
    let client = client_of(&cluster[..1]);
    smol::block_on(async {
        let mut guards = Vec::new();
        for key in 0..KEYS {
            let lock = client.lock(format!("key {key}"));
            guards.push(lock.acquire_within(PATIENCE).await.unwrap());
        }
        let mut stored = 0;
        for primary in &cluster[..PRIMARIES] {
            let here = keys(primary).len();
            assert!((60..140).contains(&here), "{here} of {KEYS}");
            stored += here;
        }
        assert_eq!(stored, KEYS);
        assert!(guards.iter().all(|guard| guard.token().is_some()));
        for guard in guards {
            guard.extend(Duration::from_secs(20)).await.unwrap();
            let release = guard.release().await;
            assert_eq!(release.verdict, Verdict::Verified, "{release}");
            assert_eq!(release.nodes.len(), 1, "{release}");
        }
        for primary in &cluster[..PRIMARIES] {
            assert_eq!(keys(primary), [""; 0]);
        }
        assert_eq!(names(&client), addresses(&cluster[..PRIMARIES]));
    });
}

fn the_cluster_is_found_through_any_node(plain: &Options) {
    let _turn = turn::take();
    let cluster = Cluster::start(plain);
    let nowhere = format!("redis://127.0.0.1:{}", ports::free());
    let seeds = [nowhere, cluster[PRIMARIES].url()];
    let client = built(builder().cluster(seeds).unwrap());
    smol::block_on(async {
        let guard = client.lock("key").try_acquire().await.unwrap();
        assert_eq!(guard.release().await.verdict, Verdict::Verified);
        // the seeds are no primaries, and not asked any more
        let mut watch = client.watch_nodes();
        while names(&client) != addresses(&cluster[..PRIMARIES]) {
            watch.changed().await.unwrap();
        }
    });
}

fn names(client: &Client) -> BTreeSet<String> {
    client.nodes().into_iter().map(|node| node.name).collect()
}

fn addresses(servers: &[Server]) -> BTreeSet<String> {
    let address = |server: &Server| server.address().to_string();
    servers.iter().map(address).collect()
}
