//! The map of a cluster's slots, as a client of it knows it.

use quorlock_core::{AcquireRequest, Keys, Ttl, Wait, script};

use crate::support::cluster::{DONE, World};
use crate::support::wire::{Wire, commands};
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

#[test]
fn a_release_says_that_its_channel_is_the_slots() {
    for (mut world, script, arguments) in [
        (World::halves(), script::RELEASE, 3),
        (World::fair_halves(), script::RELEASE_FAIR, 4),
    ] {
        let lock = world.acquire("foo", Wait::Try);
        world.sent("b");
        world.receive("b", DONE);
        world.client.release(world.now, lock).unwrap();
        let sent = commands(world.sent("b").as_bytes());
        let release = sent.last().unwrap();
        assert_eq!(release[1], script.sha);
        let keys: usize = release[2].parse().unwrap();
        assert_eq!(release[3 + keys..].len(), arguments, "{release:?}");
        let channel = ["foo:quorlock-free:{foo}", "sharded"];
        assert_eq!(release[release.len() - 2..], channel);
    }
}

#[test]
fn a_release_of_several_keys_says_so_too() {
    let mut world = World::halves();
    let keys = Keys::new(["{foo}1", "{foo}2"]).unwrap();
    let request = AcquireRequest::all(keys, Ttl::from_millis(10_000));
    let lock = world.client.acquire(world.now, request).unwrap();
    world.sent("b");
    world.receive("b", DONE);
    world.client.release(world.now, lock).unwrap();
    let sent = commands(world.sent("b").as_bytes());
    let [release] = &sent[..] else {
        panic!("{sent:?}");
    };
    assert_eq!(
        release[1..5],
        [script::RELEASE_ALL.sha, "2", "{foo}1", "{foo}2"]
    );
    let channels = ["{foo}1:quorlock-free", "{foo}2:quorlock-free", "sharded"];
    assert_eq!(release[6..], channels);
}
