//! Locks on the primaries of real clusters: found, followed over resharding, lost and kept over failovers.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

#[path = "cluster/embedded.rs"]
mod embedded;
#[path = "cluster/failover.rs"]
mod failover;
#[path = "cluster/finding.rs"]
mod finding;
#[path = "cluster/resharding.rs"]
mod resharding;
#[path = "cluster/support.rs"]
mod support;
#[path = "cluster/waiting.rs"]
mod waiting;
