//! The main job on five real servers, through both adapters: nodes that freeze, locks that are left behind, ties,
//! losses and outages.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

#[path = "quorum/adapter.rs"]
mod adapter;
#[path = "quorum/extend.rs"]
mod extend;
#[path = "quorum/frozen.rs"]
mod frozen;
#[path = "quorum/left_behind.rs"]
mod left_behind;
#[path = "quorum/lost.rs"]
mod lost;
#[path = "quorum/refused.rs"]
mod refused;
