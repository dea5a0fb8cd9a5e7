//! What no disaster may break, on real servers of each make: nodes that forget, clocks that jump, clients that are
//! paused, commands that are executed late. Each mechanism has its twin without it, in which the disaster happens.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

#[path = "safety/admission.rs"]
mod admission;
#[path = "safety/all_nodes.rs"]
mod all_nodes;
#[path = "safety/amnesia.rs"]
mod amnesia;
#[path = "safety/chaos.rs"]
mod chaos;
#[path = "safety/cluster.rs"]
mod cluster;
#[path = "safety/crashed.rs"]
mod crashed;
#[path = "safety/evicted.rs"]
mod evicted;
#[path = "safety/late_network.rs"]
mod late_network;
#[path = "safety/orphans.rs"]
mod orphans;
#[path = "safety/partition.rs"]
mod partition;
#[path = "safety/paused.rs"]
mod paused;
#[path = "safety/promotion.rs"]
mod promotion;
#[path = "safety/replicas.rs"]
mod replicas;
#[path = "safety/rested.rs"]
mod rested;
#[path = "safety/rival.rs"]
mod rival;
#[path = "safety/stale_release.rs"]
mod stale_release;
#[path = "safety/tokens.rs"]
mod tokens;
#[path = "safety/watchdog.rs"]
mod watchdog;
#[path = "safety/worker.rs"]
mod worker;
