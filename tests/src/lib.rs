//! Harness of quorlock's tests: real servers, a proxy that misbehaves on demand, and records of who held what.
//!
//! | module | what it is for |
//! |---|---|
//! | [`mod@conformance`] | what every adapter of the driver has to pass |
//! | [`connection`] | a blocking RESP client, to look at a server behind the product's back |
//! | [`deployment`] | the guard and the longest lease that the clients of a test agree in |
//! | [`history`] | intervals in which a lock was held, and the checks that none of them overlap and that tokens rise |
//! | [`planted`] | faults on purpose, and the checks that must notice |
//! | [`ports`] | ports that stay ours while nobody listens on them |
//! | [`proxy`] | a TCP proxy whose links can be delayed, stalled, swallowed or cut while they run |
//! | [`repository`] | where the repository is, where it is built, and the names of its tests |
//! | [`scenarios`] | the disasters by name, with what we do against them and without |
//! | [`servers`] | Redis and Valkey processes on free loopback ports, stopped and killed by pid |
//! | [`simulation`] | a whole world in one thread, decided by a seed |
//! | [`skew`] | the wall clock of a server: shifted, fast, slow or frozen |
//! | [`stats`] | medians |
//! | [`turn`] | tests that measure time take turns |
//!
//! Nothing here needs an async runtime: the tests bring theirs. A failure of the harness itself is a panic that says
//! what was tried and what the server's log holds.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a harness that can't go on fails the test with clear words; no caller handles it"
)]

pub mod conformance;
pub mod connection;
pub mod deployment;
pub mod history;
pub mod planted;
pub mod ports;
pub mod proxy;
pub mod repository;
pub mod scenarios;
pub mod servers;
pub mod simulation;
pub mod skew;
pub mod stats;
pub mod turn;
