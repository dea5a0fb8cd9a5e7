//! Every disaster by its name, `node_restarts_empty::on` with the mechanism that is for it and `::off` without; and that
//! the list of them, their tests, their pictures and the page about them agree.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

#[path = "scenarios/complete.rs"]
mod complete;
#[path = "picture/texts.rs"]
mod texts;

use quorlock_tests::scenarios::Scenario;

/// Makes a module for each scenario, with a test for each of its versions in the simulation, and the list `TESTED`.
macro_rules! scenarios {
    ($($name:ident: $($version:ident)+;)+) => {
        $(mod $name {
            $(#[test] fn $version() { crate::check(stringify!($name), stringify!($version)); })+
        })+

        /// The scenarios and versions that have a test.
        const TESTED: &[(&str, &[&str])] = &[
            $((stringify!($name), &[$(stringify!($version)),+]),)+
        ];
    };
}

scenarios! {
    acquire_reply_lost: on;
    all_nodes_cross_acquire: on;
    asymmetric_partition: on;
    client_clock_slow: on off;
    clock_jump: on off;
    clock_steps_back: on;
    cluster_failover_loses_write: on off;
    connection_reset_storm: on;
    delayed_restart: on off;
    drift_within_allowance: on off;
    duplicate_delivery: on;
    exactly_quorum_refuses: on off;
    extension_on_restarted_node: on;
    extension_reply_after_expiry: on;
    failover_loses_write: on off;
    failover_with_wait: on off;
    flushall: on off;
    foreign_release: on;
    fsync_lost_tail: on off;
    gc_pause_past_expiry: on off;
    guard_one_tick_short: on;
    guard_token_counter_lost: on;
    holder_crash: on;
    late_acquire_arrives: on;
    late_release_arrives: on;
    majority_down: on;
    multilock_cross_acquire: on off;
    multilock_partial_failure: on off;
    no_ttl_never: on;
    node_paused_executes_later: on;
    node_restarts_empty: on off;
    partition_minority: on;
    pause_between_check_and_write: on off;
    pause_with_replies_in_socket_buffer: on;
    release_retried_after_lost_reply: on;
    renewal_with_wait: on off;
    script_flush: on;
    single_node_down: on off;
    slot_moves_while_held: on;
    slow_majority: on;
    slow_node: on;
    split_vote: on;
    waiter_follows_its_slot: on;
    watchdog_dies_with_process: on;
    watchdog_keeps: on off;
    watchdog_minority_fails: on off;
}

/// Plays a version of the scenario with this test's name.
fn check(name: &str, version: &str) {
    let scenario = Scenario::find(&name.replace('_', "-")).expect("a scenario of this name");
    let version = scenario.version(version == "on").expect("a version");
    match version.check() {
        Ok(outcome) => println!("{}: {outcome:#?}", version.how),
        Err(wrong) => panic!("{}: {wrong}", version.how),
    }
}
