//! Waiters who are woken by one message make room for each other.

use crate::support::millis;
use crate::support::told::{asks_by, free, refuse, waiting};

/// How long a round takes, in ms.
const ROUND: u64 = 4;

#[test]
fn who_is_woken_in_vain_pauses_for_up_to_eight_rounds() {
    let mut world = waiting(1);
    let mut pauses = Vec::new();
    for _ in 0..50 {
        free(&mut world, 0);
        let woken = world.set.poll_timeout().unwrap();
        pauses.push(woken.duration_since(world.now));
        let longest = world.now + millis(8 * ROUND);
        let by = longest.as_nanos().div_ceil(1_000_000);
        assert!(asks_by(&mut world, by), "{pauses:?}");
        let command = world.last.clone().unwrap();
        world.now += millis(ROUND);
        refuse(&mut world, &command);
    }
    assert!(pauses[0].is_zero(), "{pauses:?}");
    let longest = pauses.iter().max().unwrap();
    assert!(*longest > millis(4 * ROUND), "{pauses:?}");
}
