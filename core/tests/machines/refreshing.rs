//! When the map of a cluster's slots is asked for again.

use crate::support::cluster::{DONE, SLOTS, World};
use quorlock_core::Wait;

#[test]
fn a_map_with_a_gap_is_asked_for_again() {
    let mut world = World::new(&["a"]);
    world.connect("a");
    world.tell_slots("a", &[(0, 16_382, "a")]);
    world.to(1_000);
    assert_eq!(world.sent("a"), SLOTS);
}

#[test]
fn a_map_is_asked_for_again_until_its_nodes_are_connected() {
    let mut world = World::new(&["a"]);
    world.connect("a");
    world.tell_slots("a", &[(0, 8_191, "a"), (8_192, 16_383, "b")]);
    world.to(1_000);
    assert_eq!(world.sent("a"), SLOTS);
}

/// It is given up when it has answered.
#[test]
fn a_map_is_asked_for_again_while_a_node_without_slots_owes_an_answer() {
    let mut world = World::halves();
    world.acquire("foo", Wait::Try);
    assert!(world.sent("b").contains("foo"));
    world.acquire("bar", Wait::Try);
    world.sent("a");
    world.receive("a", "-MOVED 5061 b:1\r\n");
    world.to(1_100);
    assert_eq!(world.asker(), Some("a"));
    world.tell_slots("a", &[(0, 16_383, "a")]);
    assert!(world.find("b").is_some(), "it owes two answers");
    world.receive("b", &DONE.repeat(2));
    world.to(1_300);
    let asked = world.asker().unwrap();
    world.tell_slots(asked, &[(0, 16_383, "a")]);
    assert_eq!(world.find("b"), None);
}

#[test]
fn news_that_come_before_the_map_make_it_asked_for_again() {
    for (answer, news) in [(DONE.to_owned(), false), (World::moved("a"), true)] {
        let mut world = World::halves();
        world.acquire("foo", Wait::Try);
        world.acquire("{foo}2", Wait::Try);
        world.sent("b");
        world.receive("b", &World::moved("a"));
        world.to(1_100);
        let asked = world.asker().unwrap();
        world.receive("b", &answer);
        world.sent("a");
        if asked == "a" {
            // behind the acquire that was passed on to it
            world.receive("a", DONE);
        }
        world.tell_slots(asked, &[(0, 8_191, "a"), (8_192, 16_383, "b")]);
        world.to(1_200);
        assert_eq!(world.asker().is_some(), news);
    }
}
