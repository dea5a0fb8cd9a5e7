//! The `quorlock` command against real servers. Several tests measure time, so all of
//! them take turns.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it found by panicking"
)]

mod arm;
mod bad_input;
mod cluster;
mod counter;
mod exits;
mod fair;
mod guard;
mod lost;
mod outlive;
mod output;
mod passing_on;
mod released;
mod sentinel;
mod several;
mod shards;
mod status;
mod support;
mod terminal;
mod token;
