//! Every error that a server can give, provoked on real servers of each make: what it means for the vote, what reaches
//! the caller, and that nothing stays behind.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

#[path = "errors/access.rs"]
mod access;
#[path = "errors/busy.rs"]
mod busy;
#[path = "errors/cluster.rs"]
mod cluster;
#[path = "errors/data.rs"]
mod data;
#[path = "errors/held.rs"]
mod held;
#[path = "errors/replication.rs"]
mod replication;
#[path = "errors/scripts.rs"]
mod scripts;
#[path = "errors/trouble.rs"]
mod trouble;
