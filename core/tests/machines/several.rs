//! Several keys in one lock: all or none, by one vote for each node.

use crate::support::{World, acquired, config, failure, held, millis, node, nodes, released};
use quorlock_core::{
    AcquireError, AcquireFailure, AcquireRequest, Answer, Capabilities, ClientId, ClusterConfig,
    Command, CompareAndDelete, Config, Endpoint, Event, Fencing, FencingToken, HashSlot, Instant,
    Keys, LockId, LockSet, NodeFacts, Problem, Ttl, Verb, Verdict, Wait,
};

const BOTH: &[&str] = &["b", "a"];

/// Acquires two keys, which every node grants.
fn hold(world: &mut World) -> (LockId, Command) {
    let lock = world.acquire_all(BOTH, Wait::Try);
    let acquire = world.command(Verb::Acquire);
    world.answer_all(&acquire, &Answer::Done);
    acquired(world.event());
    (lock, acquire)
}

/// A node that refuses scripts and can compare by itself.
fn without_scripts(world: &mut World, index: usize) {
    let facts = NodeFacts {
        can_kill: true,
        capabilities: Capabilities {
            compare_and_delete: Some(CompareAndDelete::DelIfEq),
            scripts: false,
        },
        ..NodeFacts::default()
    };
    world.ready_with(index, facts);
}

#[test]
fn a_lost_round_gives_all_keys_back_on_every_node_that_may_have_them() {
    let mut world = World::new(3);
    world.acquire_all(BOTH, Wait::Try);
    let acquire = world.command(Verb::Acquire);
    world.answer(0, &acquire, Answer::Done);
    world.answer(1, &acquire, held(300));
    world.answer(2, &acquire, held(500));
    let release = world.command(Verb::Release);
    assert_eq!((release.to, &release.keys), (nodes(&[0]), &acquire.keys));
    assert_eq!(acquire.keys.iter().collect::<Vec<_>>(), ["a", "b"]);
    let reason = failure(world.event()).reason;
    let free_in = Some(millis(300));
    assert_eq!(reason, AcquireFailure::Contended { free_in });
}

#[test]
fn held_extended_and_released_as_one() {
    let mut world = World::new(3);
    let (lock, acquire) = hold(&mut world);
    world
        .set
        .extend(world.now, lock, Ttl::from_millis(2_000))
        .unwrap();
    let extend = world.command(Verb::Extend);
    assert_eq!(extend.keys, acquire.keys);
    world.answer_all(&extend, &Answer::Done);
    assert!(matches!(world.event(), Event::Extended(_)));
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.answer_all(&release, &Answer::Done);
    assert_eq!(released(world.event()).verdict, Verdict::Verified);
}

#[test]
fn a_node_that_has_lost_one_key_is_healed_and_one_that_refuses_it_is_released_too() {
    let mut world = World::new(3);
    let (lock, acquire) = hold(&mut world);
    world
        .set
        .extend(world.now, lock, Ttl::from_millis(1_000))
        .unwrap();
    let extend = world.command(Verb::Extend);
    world.answer(0, &extend, Answer::Done);
    world.answer(1, &extend, Answer::Done);
    world.answer(2, &extend, Answer::Absent);
    let heal = world.command(Verb::Heal);
    assert_eq!((heal.to, &heal.keys), (nodes(&[2]), &acquire.keys));
    // somebody has taken that key meanwhile; the other one is still ours there
    world.answer(2, &heal, held(900));
    world.set.release(world.now, lock).unwrap();
    assert_eq!(world.command(Verb::Release).to, nodes(&[0, 1, 2]));
}

#[test]
fn a_node_that_forgot_the_script_gets_its_text() {
    let mut world = World::new(1);
    world.acquire_all(BOTH, Wait::Try);
    let acquire = world.command(Verb::Acquire);
    world.answer(
        0,
        &acquire,
        crate::support::failed("NOSCRIPT No matching script."),
    );
    let again = world.command(Verb::Acquire);
    assert!(again.full_text && again.owner == acquire.owner);
    assert_eq!(again.script(), Some(quorlock_core::script::ACQUIRE_ALL));
}

#[test]
fn the_next_token_is_above_the_highest_counter() {
    let mut world = World::with(&Config {
        fencing: Fencing::DEFAULT,
        ..config(1)
    });
    world.acquire_all(BOTH, Wait::Try);
    let acquire = world.command(Verb::Acquire);
    world.answer(0, &acquire, Answer::Outbid(41));
    let again = world.command(Verb::Acquire);
    assert_eq!(again.token, Some(FencingToken::new(42)));
}

#[test]
fn nodes_that_refuse_scripts_do_not_vote_on_several_keys() {
    let mut world = World::unconnected(&config(3));
    world.ready(0);
    without_scripts(&mut world, 1);
    without_scripts(&mut world, 2);
    while world.set.poll_event().is_some() {}
    world.acquire_all(BOTH, Wait::Forever);
    world.no_command();
    let failed = failure(world.event());
    assert_eq!(failed.reason, AcquireFailure::Rejected);
    let needs = |index| (node(index), Problem::NeedsScripts);
    assert_eq!(failed.problems, [needs(1), needs(2)]);
    world.acquire(Wait::Try);
    assert_eq!(world.command(Verb::Acquire).to, nodes(&[0, 1, 2]));
}

#[test]
fn one_node_without_scripts_is_not_asked_even_when_it_comes_later() {
    let mut world = World::unconnected(&config(3));
    world.ready(0);
    world.ready(1);
    let lock = world.acquire_all(BOTH, Wait::Try);
    let acquire = world.command(Verb::Acquire);
    assert_eq!(acquire.to, nodes(&[0, 1]));
    without_scripts(&mut world, 2);
    world.no_command();
    world.answer_all(&acquire, &Answer::Done);
    acquired(world.event());
    world
        .set
        .extend(world.now, lock, Ttl::from_millis(1_000))
        .unwrap();
    assert_eq!(world.command(Verb::Extend).to, nodes(&[0, 1]));
    world.down(2);
    without_scripts(&mut world, 2);
    world.no_command();
}

#[test]
fn several_keys_stand_in_no_line() {
    let mut world = World::new(1);
    hold(&mut world);
    // neither behind another one of this client, nor this one behind them
    world.acquire_key("a", Wait::Forever);
    let single = world.command(Verb::Acquire);
    world.answer(0, &single, held(300));
    world.acquire_all(&["a", "c"], Wait::Forever);
    assert_eq!(world.command(Verb::Acquire).keys.count(), 2);
}

#[test]
fn a_request_is_checked_key_by_key() {
    let mut config = config(1);
    config.limits.keys = 2;
    let mut world = World::with(&config);
    let mut refused = |keys: &[&'static str]| {
        let keys = Keys::new(keys.iter().copied()).unwrap();
        let request = AcquireRequest::all(keys, Ttl::from_millis(1_000));
        world.set.acquire(world.now, request).err()
    };
    let many = AcquireError::TooManyKeys { count: 3, max: 2 };
    assert_eq!(refused(&["a", "b", "c"]), Some(many));
    assert_eq!(refused(&["a", ""]), Some(AcquireError::EmptyKey));
    let own = AcquireError::ReservedKey;
    assert_eq!(refused(&["a", "quorlock:guard"]), Some(own));
    assert_eq!(refused(&["a", "foo"]), None, "slots are a cluster's");
}

#[test]
fn the_keys_of_a_cluster_share_a_slot() {
    let cluster = ClusterConfig::new([Endpoint::new("seed", 1)]);
    let config = Config::of_cluster(cluster, ClientId(7), 1);
    let mut set = LockSet::new(&config, Instant::ORIGIN).unwrap();
    let mut acquire = |keys: [&'static str; 3]| {
        let keys = Keys::new(keys).unwrap();
        let request = AcquireRequest::all(keys, Ttl::from_millis(1_000));
        set.acquire(Instant::ORIGIN, request)
    };
    assert!(acquire(["{x}1", "{x}2", "x"]).is_ok());
    let [first, other] = ["bar", "foo"].map(|key| HashSlot::of(key.as_bytes()));
    let error = acquire(["foo", "bar", "{bar}"]).unwrap_err();
    assert_eq!(error, AcquireError::CrossSlot { first, other });
    assert!(error.to_string().contains("5061 and 12182"), "{error}");
}
