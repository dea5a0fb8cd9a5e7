//! What the codec promises, by theme. One binary, so that it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod allocation;
mod attributes;
mod cuts;
mod harness;
mod hostile;
mod limits;
mod numbers;
mod past_bugs;
mod pushes;
mod reserving;
mod roundtrip;
mod types;
mod usual_forms;
mod values;
