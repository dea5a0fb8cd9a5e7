//! The list of all cases.

/// Writes a module `$name` with one test per conformance case for the adapter that `$adapter` makes.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $adapter:expr) => {
        $crate::conformance!($name, $adapter, {
            a_grant_needs_the_replica
            a_part_that_is_lost_meanwhile_is_missing
            a_shard_that_is_down_is_its_own_trouble
            a_shard_that_is_down_keeps_nothing_of_the_others
            a_slot_moves_and_nobody_notices
            cancelled_acquire_leaves_no_key
            cancelled_over_several_shards
            close_reports_a_slow_node
            close_waits_for_a_node_that_comes_back
            crossed_keys_of_two_shards
            crowd_on_distinct_keys
            crowd_on_the_same_keys
            dropped_guard_releases
            dropped_runtime
            flood_does_not_stop_the_clock
            half_open_peer
            keys_of_several_slots
            keys_that_are_no_lock
            last_handle_ends_the_task
            lost_in_time_without_the_driver
            no_order_is_overlooked
            one_byte_at_a_time
            one_lost_part_is_the_loss_of_all
            pairs_of_keys_on_one_group
            pairs_of_keys_over_three_shards
            reads_go_on_behind_a_blocked_write
            reconnects
            refused_connection
            replies_are_read_before_time_is_up
            replies_are_read_when_the_runtime_stood_still
            server_is_full
            suspend_ends_the_lease
            the_sentinels_are_followed
            unix_socket
            waiter_is_told_of_a_release
            waiter_listens_again_on_a_new_connection
            waiters_of_all_clients_are_served_in_order
            waiters_of_one_client_take_turns
            wrong_password
        });
    };
    ($name:ident, $adapter:expr, { $($case:ident)* }) => {
        mod $name {
            use super::*;

            $(
                #[test]
                fn $case() {
                    let _turn = $crate::turn::take();
                    $crate::conformance::$case(&$adapter);
                }
            )*
        }
    };
}
