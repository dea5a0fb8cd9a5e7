//! The machines at their boundaries, by theme: events in, commands and events out, at times that the tests make up. One
//! binary, so that it links once.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests fail by panicking"
)]

mod acquiring;
mod answers;
mod bundle;
mod bundles;
mod client;
mod clocks;
mod cluster;
mod commands;
mod configuring;
mod dialects;
mod extending;
mod fairness;
mod fencing;
mod forbidden;
mod greeting;
mod guarding;
mod holding;
mod links;
mod listening;
mod moving;
mod nodes;
mod on_disk;
mod overload;
mod passing;
mod queueing;
mod refreshing;
mod releasing;
mod replicas;
mod rivals;
mod sessions;
mod several;
mod several_waiting;
mod slots;
mod stragglers;
mod support;
mod texts;
