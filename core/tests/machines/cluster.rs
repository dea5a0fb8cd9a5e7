//! A client of a cluster, its bytes by hand: nodes that are found, pass on, and go.

use crate::support::cluster::{ASKING, DONE, FOO, SLOTS, World};
use crate::support::{at, millis};
use quorlock_core::{
    AcquireFailure, Action, Event, HashSlot, MAX_NODES, Problem, Ttl, Verdict, Wait, script,
};

#[test]
fn primaries_are_found_and_asked_for_their_slots_only() {
    assert_eq!(HashSlot::of(b"foo").number(), FOO);
    let mut world = World::new(&["seed"]);
    let seed = world.node("seed");
    assert_eq!(world.actions(), [Action::Connect(seed)]);
    assert_eq!(world.client.name(seed), Some("seed:1"));
    world.connect("seed");
    world.client.handle_timeout(world.now);
    assert_eq!(world.sent("seed"), SLOTS);
    world.tell_slots("seed", &[(0, 8_191, "a"), (8_192, 16_383, "b")]);
    // the seed is none of them
    assert_eq!(world.find("seed"), None);
    let [a, b] = ["a", "b"].map(|host| world.node(host));
    let actions = [
        Action::Connect(a),
        Action::Connect(b),
        Action::Disconnect(seed),
    ];
    assert_eq!(world.actions(), actions);
    world.connect("a");
    let lock = world.acquire("foo", Wait::Try);
    assert!(
        !world.sent("a").contains("EVALSHA"),
        "its slot is not there"
    );
    world.connect("b");
    assert!(
        world.sent("b").contains("foo"),
        "asked as soon as it is connected"
    );
    world.receive("b", DONE);
    world.client.release(world.now, lock).unwrap();
    assert!(world.sent("b").contains("foo"));
    world.receive("b", ":1\r\n");
    let released = world.events().into_iter().find_map(|event| match event {
        Event::Released(released) => Some(released),
        _ => None,
    });
    let released = released.unwrap();
    assert_eq!(released.verdict, Verdict::Verified);
    assert_eq!(released.report.released, [b].into_iter().collect());
}

#[test]
fn a_redirect_is_followed_within_the_round_and_learned() {
    let mut world = World::halves();
    world.acquire("foo", Wait::Try);
    let first = world.sent("b");
    world.receive("b", &World::moved("a"));
    let second = world.sent("a");
    assert_eq!(World::owner(&first), World::owner(&second), "one round");
    world.receive("a", DONE);
    assert!(matches!(world.events()[..], [Event::Acquired(_)]));
    // the next one goes there at once
    world.acquire("foo", Wait::Try);
    assert!(world.sent("a").contains("foo"));
    assert_eq!(world.sent("b"), "");
}

#[test]
fn a_node_that_was_not_known_is_connected_and_then_asked() {
    let mut world = World::halves();
    world.acquire("foo", Wait::Try);
    world.receive("b", &World::moved("c"));
    assert_eq!(world.events(), [], "waits for the connection");
    world.connect("c");
    assert!(world.sent("c").contains("foo"));
    world.receive("c", DONE);
    let events = world.events();
    assert!(
        matches!(events.last(), Some(Event::Acquired(_))),
        "{events:?}"
    );
}

#[test]
fn a_slot_on_its_way_is_asked_for_once_behind_asking() {
    let mut world = World::halves();
    let lock = world.acquire("foo", Wait::Try);
    world.sent("b");
    world.receive("b", &World::ask("a"));
    let asked = world.sent("a");
    assert!(
        asked.starts_with(ASKING) && asked.contains("foo"),
        "{asked}"
    );
    world.receive("a", &format!("+OK\r\n{DONE}"));
    assert!(matches!(world.events()[..], [Event::Acquired(_)]));
    // nothing was learned
    let ttl = Ttl::new(millis(10_000)).unwrap();
    world.client.extend(world.now, lock, ttl).unwrap();
    assert!(world.sent("b").contains("foo"));
    world.receive("b", &World::ask("a"));
    assert!(world.sent("a").starts_with(ASKING));
    world.receive("a", &format!("+OK\r\n{DONE}"));
    assert!(matches!(world.events()[..], [Event::Extended(_)]));
    // until the slot has moved
    world.client.release(world.now, lock).unwrap();
    world.sent("b");
    world.receive("b", &World::moved("a"));
    let released = world.sent("a");
    assert!(!released.contains("ASKING") && released.contains("foo"));
    world.receive("a", ":1\r\n");
    assert!(matches!(world.events()[..], [Event::Released(it)] if it.verdict == Verdict::Verified));
}

#[test]
fn nodes_that_pass_a_question_to_and_fro_are_left_alone_for_a_while() {
    let mut world = World::halves();
    world.acquire("foo", Wait::Try);
    let mut asked = 0;
    let mut events = Vec::new();
    for (from, to) in [("b", "a"), ("a", "b")].into_iter().cycle().take(20) {
        asked += usize::from(world.sent(from).contains("foo"));
        world.receive(from, &World::moved(to));
        events.extend(world.events());
        if !events.is_empty() {
            break;
        }
    }
    let [Event::AcquireFailed(failed)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(failed.reason, AcquireFailure::Unreachable);
    assert_eq!(failed.problems, [(world.node("a"), Problem::Moving)]);
    assert_eq!(asked, 6);
}

#[test]
fn the_map_is_not_asked_for_more_often_than_the_first_pause_allows() {
    let mut world = World::halves();
    let mut maps = 0;
    for millis in 2_000..3_000 {
        world.to(millis);
        let lock = world.acquire("foo", Wait::Try);
        for (from, to) in [("b", "a"), ("a", "b")] {
            let sent = world.sent(from);
            if sent.contains(SLOTS) {
                maps += 1;
                world.tell_slots(from, &[(0, 8_191, "a"), (8_192, 16_383, "b")]);
            }
            if sent.contains("foo") {
                world.receive(from, &World::moved(to));
            }
        }
        world.client.cancel(world.now, lock);
        world.events();
    }
    // once in 50 ms, of a thousand times that a slot has moved
    assert!((2..=20).contains(&maps), "{maps} maps");
}

#[test]
fn more_primaries_than_places_are_told_by_name() {
    let mut world = World::new(&["h0"]);
    world.connect("h0");
    let names: Vec<_> = (0..100).map(|index| format!("h{index}")).collect();
    let ranges: Vec<_> = (0..100)
        .map(|index| (index * 163, index * 163 + 162, &*names[usize::from(index)]))
        .collect();
    world.tell_slots("h0", &ranges);
    assert_eq!(world.client.nodes().len(), MAX_NODES);
    // the slot of `foo` is the 75th's, for which there is no place
    world.acquire("foo", Wait::Forever);
    world.receive("h0", &World::moved("h74"));
    let Some(Event::AcquireFailed(failed)) = world.events().pop() else {
        panic!("still waiting");
    };
    assert_eq!(failed.reason, AcquireFailure::Rejected, "waiting is no use");
    let problem = &failed.problems[0];
    assert_eq!(*problem, (world.node("h0"), Problem::TooManyPrimaries));
}

#[test]
fn a_release_goes_to_the_one_that_has_the_slot_after_a_failover() {
    let mut world = World::halves();
    let lock = world.acquire("foo", Wait::Try);
    world.sent("b");
    world.receive("b", DONE);
    world.events();
    let b = world.node("b");
    world.client.handle_disconnected(world.now, b, "killed");
    world.client.release(world.now, lock).unwrap();
    world.to(1_200);
    assert!(world.sent("a").contains(SLOTS), "a primary was lost");
    world.tell_slots("a", &[(0, 8_191, "a"), (8_192, 16_383, "c")]);
    assert_eq!(world.find("b"), None);
    world.connect("c");
    assert!(world.sent("c").contains("foo"));
    world.receive("c", ":1\r\n");
    let events = world.events();
    let verdict = events.iter().find_map(|event| match event {
        Event::Released(released) => Some(released.verdict),
        _ => None,
    });
    assert_eq!(verdict, Some(Verdict::Verified));
}

#[test]
fn a_release_that_hangs_goes_on_when_its_node_is_given_up() {
    let mut world = World::halves();
    let lock = world.acquire("foo", Wait::Try);
    world.sent("b");
    world.receive("b", DONE);
    world.client.release(world.now, lock).unwrap();
    assert!(world.sent("b").contains("foo"));
    // the other one has heard of its successor
    world.acquire("bar", Wait::Try);
    world.sent("a");
    world.receive("a", "-MOVED 5061 c:1\r\n");
    world.connect("c");
    world.sent("c");
    world.receive("c", DONE);
    world.to(1_200);
    // now another node is asked for the map
    world.to(2_400);
    assert!(world.sent("a").contains(SLOTS));
    world.tell_slots("a", &[(0, 8_191, "a"), (8_192, 16_383, "c")]);
    assert_eq!(world.find("b"), None, "it stalls");
    let released = world.sent("c");
    assert!(released.contains("foo"), "{released}");
}

#[test]
fn a_round_turns_to_the_one_that_has_the_slot_after_a_failover() {
    let mut world = World::halves();
    world.acquire("foo", Wait::Until(at(9_000)));
    let first = world.sent("b");
    // it hangs; the other one has heard of its successor
    world.acquire("bar", Wait::Try);
    world.sent("a");
    world.receive("a", "-MOVED 5061 c:1\r\n");
    world.connect("c");
    world.sent("c");
    world.receive("c", DONE);
    world.to(1_200);
    assert!(world.sent("c").contains(SLOTS), "each time another one");
    world.tell_slots("c", &[(0, 8_191, "a"), (8_192, 16_383, "c")]);
    let second = world.sent("c");
    assert!(second.contains("foo"), "{second}");
    assert_eq!(World::owner(&first), World::owner(&second), "one round");
}

#[test]
fn a_release_that_waits_for_a_connection_goes_to_whoever_has_the_slot_by_then() {
    let mut world = World::halves();
    let lock = world.acquire("foo", Wait::Try);
    world.sent("b");
    world.receive("b", DONE);
    world.client.release(world.now, lock).unwrap();
    world.sent("b");
    world.receive("b", &World::ask("c"));
    world.connect("c");
    let released = world.sent("b") + &world.sent("c");
    assert!(released.contains("foo"), "{released}");
}

#[test]
fn without_any_node_the_seeds_are_tried_again() {
    let mut world = World::new(&["seed"]);
    world.connect("seed");
    world.tell_slots("seed", &[(0, 16_383, "a")]);
    world.connect("a");
    world.actions();
    let a = world.node("a");
    world.client.handle_disconnected(world.now, a, "killed");
    world.to(2_000);
    let seed = world.node("seed");
    assert!(world.actions().contains(&Action::Connect(seed)));
}

#[test]
fn a_map_that_makes_no_sense_changes_nothing() {
    for map in [
        "*0\r\n",
        "-ERR unknown command\r\n",
        "*1\r\n:1\r\n",
        "_\r\n",
    ] {
        let mut world = World::new(&["a"]);
        world.connect("a");
        world.client.handle_timeout(world.now);
        assert_eq!(world.sent("a"), SLOTS);
        world.receive("a", map);
        assert!(world.find("a").is_some());
        world.to(1_500);
        assert_eq!(world.sent("a"), SLOTS, "{map}: asked again, later");
        world.acquire("foo", Wait::Try);
        assert!(world.sent("a").contains("foo"), "whoever is there is asked");
    }
}

/// Milliseconds for which a client goes on listening when nobody waits any more.
const LISTEN_ON: u64 = 10_000;

const HELD: &str = "*3\r\n:0\r\n:9000\r\n:1\r\n";

/// A push about the channel of `foo`.
fn push(kind: &str, rest: &str) -> String {
    let length = kind.len();
    format!(">3\r\n${length}\r\n{kind}\r\n$23\r\nfoo:quorlock-free:{{foo}}\r\n{rest}\r\n")
}

/// A client that waits for `foo` of `b`, and is told nothing.
fn waiting() -> World {
    let mut world = World::halves();
    world.acquire("foo", Wait::Forever);
    world.sent("b");
    world.receive("b", HELD);
    let sent = world.sent("b");
    let (listen, again) = sent.split_once(script::ACQUIRE.sha).unwrap();
    assert!(listen.contains("\r\nSSUBSCRIBE\r\n") && again.contains("foo"));
    world.receive("b", &(push("ssubscribe", ":1") + HELD));
    assert_eq!(world.sent("b"), "");
    world
}

#[test]
fn who_waits_is_told_by_the_channel_of_the_slot() {
    let mut world = waiting();
    world.receive("b", &push("smessage", "$4\r\nfree"));
    world.to(1_500);
    assert!(world.sent("b").contains(script::ACQUIRE.sha), "woken");
    world.receive("b", DONE);
    let events = world.events();
    let [Event::Acquired(acquired)] = &events[..] else {
        panic!("{events:?}");
    };
    world.client.release(world.now, acquired.lock).unwrap();
    let release = world.sent("b");
    assert!(
        release.contains("foo:quorlock-free:{foo}\r\n$7\r\nsharded\r\n"),
        "{release}"
    );
    // nobody waits any more
    world.receive("b", ":1\r\n");
    world.events();
    world.to(1_500 + LISTEN_ON);
    let sent = world.sent("b");
    assert!(sent.starts_with("*2\r\n$12\r\nSUNSUBSCRIBE\r\n"), "{sent}");
    world.receive("b", &push("sunsubscribe", ":0"));
    world.acquire("foo", Wait::Try);
    world.sent("b");
    world.receive("b", DONE);
    assert!(
        matches!(world.events()[..], [Event::Acquired(_)]),
        "in step"
    );
}

#[test]
fn a_channel_that_ends_with_its_slot_is_looked_for_elsewhere() {
    let mut world = waiting();
    world.receive("b", &push("sunsubscribe", ":0"));
    world.to(1_500);
    assert!(
        world.sent("b").contains(script::ACQUIRE.sha),
        "long before the lease ends"
    );
    world.receive("b", &World::moved("a"));
    assert!(world.sent("a").contains(script::ACQUIRE.sha));
    world.receive("a", HELD);
    assert!(world.sent("a").contains("\r\nSSUBSCRIBE\r\n"));
}

#[test]
fn a_hand_over_that_is_passed_on_releases_before_it_acquires() {
    let mut world = World::halves();
    let first = world.acquire("foo", Wait::Forever);
    world.acquire("foo", Wait::Forever);
    let owner = World::owner(&world.sent("b"));
    world.receive("b", DONE);
    world.events();
    world.client.release(world.now, first).unwrap();
    assert!(world.sent("b").contains(script::HANDOVER.sha));
    world.receive("b", &World::ask("a"));
    let sent = world.sent("a");
    let (release, acquire) = sent.split_once(script::ACQUIRE.sha).unwrap();
    assert!(release.contains(script::RELEASE.sha) && release.contains(&owner));
    assert!(!acquire.contains(&owner), "the next one's own");
    assert_eq!(sent.matches("ASKING").count(), 2);
    world.receive("a", &format!("+OK\r\n:1\r\n+OK\r\n{DONE}"));
    let events = world.events();
    let verified =
        |event: &Event| matches!(event, Event::Released(it) if it.verdict == Verdict::Verified);
    assert!(events.iter().any(verified), "{events:?}");
    let acquired = |event: &Event| matches!(event, Event::Acquired(_));
    assert!(events.iter().any(acquired), "{events:?}");
}
