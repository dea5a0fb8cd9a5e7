//! No wake-up is lost: many hand-overs of one lock between clients whose connections break at random, in virtual time.
//!
//! The lease is long and extended, so that nobody is saved by a timer: a waiter that is not told waits for many
//! seconds, and the lock stands free meanwhile.
#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "wakeups/world.rs"]
mod world;

use std::env;

use world::{Choice, World};

/// A build without optimisation is some ten times slower.
const HAND_OVERS: u64 = if cfg!(debug_assertions) {
    4_000
} else {
    100_000
};

/// `QUORLOCK_HAND_OVERS` asks for another number, `QUORLOCK_SEED` for another run.
fn number(variable: &str, usual: u64) -> u64 {
    env::var(variable).map_or(usual, |text| text.parse().expect("a number"))
}

#[test]
fn no_wake_up_is_lost_in_many_hand_overs_with_random_cuts() {
    run(&[&["job"]], 1);
}

#[test]
fn no_wake_up_is_lost_where_several_keys_are_wanted() {
    run(&[&["job", "stock"]], 4);
}

#[test]
fn no_wake_up_is_lost_where_some_want_one_key_and_some_want_several() {
    run(&[&["job"], &["invoice", "job"], &["job", "stock"]], 4);
}

/// `share`: of the usual number of hand-overs one in so many, where each takes more messages.
fn run(choice: Choice, share: u64) {
    let wanted = number("QUORLOCK_HAND_OVERS", HAND_OVERS) / share;
    let mut world = World::new(number("QUORLOCK_SEED", 1), choice);
    let told = world.run(wanted);
    println!("{told:#?}");
    // a run that has not seen these has shown nothing
    assert!(told.cuts * 200 > wanted, "only {} cuts", told.cuts);
    assert!(
        told.messages * 10 > wanted,
        "only {} messages",
        told.messages
    );
    let between = told.between_clients;
    assert!(
        between * 20 > wanted,
        "only {between} hand-overs between clients"
    );
}
