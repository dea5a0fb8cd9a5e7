//! The map of a cluster's slots, as a client of it knows it.

use crate::support::cluster::World;
use crate::support::wire::Wire;
use crate::support::{config, nodes};

#[test]
fn a_key_has_voters_once_its_slot_is_known() {
    let mut world = World::new(&["a"]);
    world.connect("a");
    assert_eq!(world.client.voters(b"foo"), None);
    assert!(!world.client.knows_all_slots());
    // the slot of `foo` is the second one's
    world.tell_slots("a", &[(0, 8_191, "a"), (8_192, 16_382, "b")]);
    let b = world.node("b");
    assert_eq!(world.client.voters(b"foo"), Some([b].into_iter().collect()));
    assert!(!world.client.knows_all_slots(), "but for the last");
    world.to(1_000);
    world.tell_slots("a", &[(0, 8_191, "a"), (8_192, 16_383, "b")]);
    assert!(world.client.knows_all_slots());
}

#[test]
fn without_a_cluster_all_nodes_vote_on_every_key() {
    let wire = Wire::new(config(3));
    assert_eq!(wire.client.voters(b"foo"), Some(nodes(&[0, 1, 2])));
    assert!(wire.client.knows_all_slots());
}
