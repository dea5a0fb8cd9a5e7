//! What every adapter of the driver has to pass: `quorlock_tests::conformance!` writes one test per case.
//!
//! An adapter implements `quorlock_driver::Runtime`. To try it, implement [`Adapter`] and name it:
//!
//! ```ignore
//! struct MyRuntime;
//! impl quorlock_tests::conformance::Adapter for MyRuntime { .. }
//! quorlock_tests::conformance!(my_runtime, MyRuntime);
//! ```
//!
//! The servers are real ones, behind the fault proxy where a case needs trouble. The cases poll the client's futures
//! on the test's own thread, with no runtime around it, because handles must work from anywhere; only the client's task
//! and the tasks of the crowded cases run on the adapter's runtime.

mod bench;
mod cancelling;
mod closing;
mod clustered;
mod connecting;
mod crowd;
mod pairs;
mod queueing;
mod replicated;
mod several;
mod sharded;
mod starving;
mod suite;
mod troubled;
mod waiting;

use std::sync::Arc;

use quorlock_driver::Runtime;

pub use cancelling::{
    cancelled_acquire_leaves_no_key, dropped_guard_releases, last_handle_ends_the_task,
};
pub use closing::{
    close_reports_a_slow_node, close_waits_for_a_node_that_comes_back, dropped_runtime,
};
pub use clustered::{a_slot_moves_and_nobody_notices, keys_of_several_slots};
pub use connecting::{
    half_open_peer, one_byte_at_a_time, reconnects, refused_connection, server_is_full,
    unix_socket, wrong_password,
};
pub use crowd::{crowd_on_distinct_keys, crowd_on_the_same_keys, no_order_is_overlooked};
pub use pairs::{
    crossed_keys_of_two_shards, pairs_of_keys_on_one_group, pairs_of_keys_over_three_shards,
};
pub use queueing::waiters_of_all_clients_are_served_in_order;
pub use replicated::{a_grant_needs_the_replica, the_sentinels_are_followed};
pub use several::{
    a_part_that_is_lost_meanwhile_is_missing, a_shard_that_is_down_keeps_nothing_of_the_others,
    cancelled_over_several_shards, keys_that_are_no_lock, one_lost_part_is_the_loss_of_all,
};
pub use sharded::a_shard_that_is_down_is_its_own_trouble;
pub use starving::{
    flood_does_not_stop_the_clock, lost_in_time_without_the_driver,
    reads_go_on_behind_a_blocked_write, replies_are_read_before_time_is_up,
    replies_are_read_when_the_runtime_stood_still, suspend_ends_the_lease,
};
pub use waiting::{
    waiter_is_told_of_a_release, waiter_listens_again_on_a_new_connection,
    waiters_of_one_client_take_turns,
};

/// An adapter under test: how to start and stop its runtime.
pub trait Adapter {
    /// Starts a runtime that runs in the background.
    fn start(&self) -> Box<dyn Background>;
}

/// A runtime that runs in the background.
pub trait Background {
    /// What clients are built with.
    fn runtime(&self) -> Arc<dyn Runtime>;

    /// Ends the runtime and drops its tasks; returns when they are dropped.
    fn stop(self: Box<Self>);
}
