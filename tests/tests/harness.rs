//! The harness itself: real servers, the fault proxy and their promises.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

#[path = "harness/makes.rs"]
mod makes;
#[path = "harness/proxy.rs"]
mod proxy;
#[path = "harness/servers.rs"]
mod servers;
