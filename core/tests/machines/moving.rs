//! Slots that move while their nodes owe answers.

use crate::support::cluster::{DONE, World};
use quorlock_core::{Event, Wait, script};

/// Has the map asked for, which says where the upper half of the slots is, with `foo`.
fn tell(world: &mut World, millis: u64, upper: &str) {
    world.to(millis);
    let asked = world.asker().unwrap();
    world.tell_slots(asked, &[(0, 8_191, "a"), (8_192, 16_383, upper)]);
}

/// Lets a slot of `a` move, so that the map is asked for.
fn want_map(world: &mut World) {
    world.acquire("bar", Wait::Try);
    world.sent("a");
    world.receive("a", "-MOVED 5061 b:1\r\n");
}

#[test]
fn who_waits_for_a_node_that_is_gone_turns_to_its_successor_at_once() {
    let mut world = World::halves();
    let b = world.node("b");
    world.client.handle_disconnected(world.now, b, "killed");
    world.acquire("foo", Wait::Forever);
    tell(&mut world, 1_200, "a");
    world.client.handle_timeout(world.now);
    assert!(world.sent("a").contains(script::ACQUIRE.sha));
}

#[test]
fn where_a_node_sends_a_round_that_has_left_it_is_of_no_interest() {
    let mut world = World::halves();
    world.acquire("foo", Wait::Try);
    world.sent("b");
    want_map(&mut world);
    tell(&mut world, 1_100, "a");
    assert!(world.sent("a").contains("foo"));
    world.receive("b", &World::moved("c"));
    world.receive("a", DONE);
    let events = world.events();
    assert!(matches!(events[..], [Event::Acquired(_)]), "{events:?}");
}

#[test]
fn a_hand_over_that_was_not_done_is_asked_for_again_where_the_slot_comes_back() {
    let mut world = World::halves();
    let first = world.acquire("foo", Wait::Forever);
    world.acquire("foo", Wait::Forever);
    world.sent("b");
    world.receive("b", DONE);
    world.client.release(world.now, first).unwrap();
    assert!(world.sent("b").contains(script::HANDOVER.sha));
    want_map(&mut world);
    tell(&mut world, 1_100, "a");
    assert!(world.sent("a").contains(script::ACQUIRE.sha));
    world.sent("b");
    // and it has the slot of `bar`
    world.receive("b", &(World::moved("a") + DONE));
    tell(&mut world, 1_200, "b");
    assert!(world.sent("b").contains(script::ACQUIRE.sha));
}
