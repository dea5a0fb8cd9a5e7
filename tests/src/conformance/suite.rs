//! The list of all cases.

/// Writes a module `$name` with one test per conformance case for the adapter that `$adapter` makes.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $adapter:expr) => {
        $crate::conformance!($name, $adapter, {
            a_shard_that_is_down_is_its_own_trouble
            a_slot_moves_and_nobody_notices
            cancelled_acquire_leaves_no_key
            close_reports_a_slow_node
            close_waits_for_a_node_that_comes_back
            crowd_on_distinct_keys
            crowd_on_the_same_keys
            dropped_guard_releases
            dropped_runtime
            flood_does_not_stop_the_clock
            half_open_peer
            last_handle_ends_the_task
            lost_in_time_without_the_driver
            no_order_is_overlooked
            one_byte_at_a_time
            reads_go_on_behind_a_blocked_write
            reconnects
            refused_connection
            replies_are_read_before_time_is_up
            replies_are_read_when_the_runtime_stood_still
            server_is_full
            suspend_ends_the_lease
            unix_socket
            waiter_is_told_of_a_release
            waiter_listens_again_on_a_new_connection
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
