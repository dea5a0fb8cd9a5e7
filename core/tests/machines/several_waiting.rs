//! Waiting for several keys: told by the channels of all of them, holding nothing.

use crate::support::told::{LEFT, connect, world_of};
use crate::support::{World, acquired, at, config, failed, held, node, nodes};
use quorlock_core::{AcquireRequest, Answer, Command, Keys, LockId, Verb, Wait};

const A: &[u8] = b"a:quorlock-free:{a}";
const B: &[u8] = b"b:quorlock-free:{b}";

/// `count` nodes that can tell what nobody asked for.
fn world(count: usize, channels: usize) -> World {
    let mut config = config(count);
    config.limits.channels = channels;
    world_of(&config)
}

fn free(world: &mut World, index: usize, channel: &[u8]) {
    world
        .set
        .handle_message(world.now, node(index), channel, b"free");
}

/// The next command that is no release of a lost round.
fn next(world: &mut World) -> Option<Command> {
    loop {
        let command = world.next_command()?;
        if command.verb() != Verb::Release {
            return Some(command);
        }
    }
}

/// Refused by every node.
fn refuse(world: &mut World, command: &Command) {
    world.answer_all(command, &held(LEFT));
}

/// Whether the waiter asks again by `millis`.
fn asks_by(world: &mut World, millis: u64) -> bool {
    let mut asked = next(world);
    while asked.is_none()
        && world
            .set
            .poll_timeout()
            .is_some_and(|due| due <= at(millis))
    {
        world.no_event();
        world.now = world
            .now
            .max(world.set.poll_timeout().unwrap_or(at(millis)));
        world.set.handle_timeout(world.now);
        asked = next(world);
    }
    asked.is_some_and(|command| command.verb() == Verb::Acquire)
}

/// Both keys are held elsewhere, on all nodes: refused, listening, refused again.
fn waiting(count: usize) -> (World, LockId) {
    let mut world = world(count, 1_024);
    let lock = world.acquire_all(&["a", "b"], Wait::Forever);
    let first = next(&mut world).unwrap();
    refuse(&mut world, &first);
    for key in ["a", "b"] {
        let listen = next(&mut world).unwrap();
        assert_eq!((listen.verb(), listen.to), (Verb::Listen, first.to));
        assert_eq!(listen.keys.first(), key);
        world.answer_all(&listen, &Answer::Done);
    }
    let second = next(&mut world).unwrap();
    assert_eq!(second.verb(), Verb::Acquire);
    refuse(&mut world, &second);
    assert_eq!(next(&mut world), None);
    (world, lock)
}

#[test]
fn listens_to_each_key_and_tries_again_and_then_waits_for_the_lease() {
    let (mut world, _) = waiting(3);
    assert!(!asks_by(&mut world, LEFT), "nothing but the timer");
    let behind = LEFT + 8;
    assert!(asks_by(&mut world, behind), "2 ms and up to 5 ms behind it");
}

#[test]
fn what_a_lost_round_got_is_given_back_before_the_wait() {
    let mut world = world(3, 1_024);
    world.acquire_all(&["a", "b"], Wait::Forever);
    let first = world.command(Verb::Acquire);
    world.answer(0, &first, Answer::Done);
    world.answer(1, &first, held(LEFT));
    world.answer(2, &first, held(LEFT));
    let release = world.command(Verb::Release);
    assert_eq!((release.to, &release.keys), (nodes(&[0]), &first.keys));
    assert_eq!(release.owner, first.owner);
}

#[test]
fn a_release_of_any_of_the_keys_wakes() {
    for channel in [A, B] {
        let (mut world, _) = waiting(5);
        for index in [4, 0] {
            free(&mut world, index, channel);
            free(&mut world, index, channel);
            assert!(!asks_by(&mut world, 1), "two nodes of five");
        }
        free(&mut world, 2, channel);
        assert!(asks_by(&mut world, 1), "at once");
    }
}

#[test]
fn one_key_that_is_free_is_not_enough_and_the_other_one_wakes_again() {
    let (mut world, _) = waiting(1);
    free(&mut world, 0, A);
    assert!(asks_by(&mut world, 1));
    let again = world.last.clone().unwrap();
    refuse(&mut world, &again);
    assert!(!asks_by(&mut world, 20), "b is still held");
    free(&mut world, 0, B);
    assert!(asks_by(&mut world, 30));
    let last = world.last.clone().unwrap();
    world.answer(0, &last, Answer::Done);
    acquired(world.event());
}

#[test]
fn a_line_that_listens_already_has_another_try_all_the_same() {
    let mut world = world(1, 1_024);
    for key in ["a", "b"] {
        world.acquire_key(key, Wait::Forever);
        let first = next(&mut world).unwrap();
        refuse(&mut world, &first);
        assert_eq!(next(&mut world).unwrap().verb(), Verb::Listen);
        let second = next(&mut world).unwrap();
        refuse(&mut world, &second);
    }
    world.acquire_all(&["a", "b"], Wait::Forever);
    let first = next(&mut world).unwrap();
    // told before this one has a place in the lines
    free(&mut world, 0, A);
    refuse(&mut world, &first);
    let second = next(&mut world).unwrap();
    assert_eq!(second.verb(), Verb::Acquire, "no subscription is missing");
    assert!(second.keys.are_several());
}

#[test]
fn a_key_that_cannot_be_heard_is_waited_for_by_the_clock() {
    let mut world = world(1, 1);
    world.acquire_all(&["a", "b"], Wait::Forever);
    let first = next(&mut world).unwrap();
    refuse(&mut world, &first);
    assert_eq!(next(&mut world).unwrap().verb(), Verb::Listen);
    let second = next(&mut world).unwrap();
    refuse(&mut world, &second);
    assert!(asks_by(&mut world, 11), "one channel for two keys");
}

#[test]
fn whoever_finds_too_many_watching_a_key_waits_by_the_clock() {
    let mut world = world(1, 1_024);
    for count in 1..=257 {
        let keys = Keys::new(["a".to_owned(), format!("b{count}")]).unwrap();
        let request = AcquireRequest {
            keys,
            ..World::request(Wait::Forever)
        };
        world.set.acquire(world.now, request).unwrap();
    }
    let mut asked = Vec::new();
    while asked.len() < 540 {
        let Some(command) = next(&mut world) else {
            world.now = world.set.poll_timeout().unwrap();
            world.set.handle_timeout(world.now);
            continue;
        };
        if command.verb() == Verb::Acquire {
            world.answer(0, &command, held(60_000));
            asked.push(command.keys);
        } else {
            world.answer(0, &command, Answer::Done);
        }
    }
    let by_the_clock = asked.split_off(2 * 257);
    let own = |keys: &Keys| keys.iter().any(|key| key == "b257");
    assert!(by_the_clock.iter().all(own), "{by_the_clock:?}");
}

#[test]
fn who_comes_later_does_not_overtake_those_who_wait() {
    let (mut world, _) = waiting(1);
    world.acquire_all(&["b", "c"], Wait::Forever);
    assert_eq!(next(&mut world).unwrap().verb(), Verb::Listen);
    assert!(!asks_by(&mut world, 2));
    assert!(asks_by(&mut world, 5));
    let last = world.last.clone().unwrap();
    assert_eq!(last.keys.iter().collect::<Vec<_>>(), ["b", "c"]);
    // a single try does not wait, and neither does who wants other keys
    for (keys, wait) in [(&["a", "b"], Wait::Try), (&["d", "e"], Wait::Forever)] {
        let last = world.last.clone().unwrap();
        refuse(&mut world, &last);
        world.acquire_all(keys, wait);
        while next(&mut world).unwrap().verb() != Verb::Acquire {}
        let last = world.last.clone().unwrap();
        assert_eq!(last.keys.iter().collect::<Vec<_>>(), keys);
    }
}

#[test]
fn a_node_that_forbids_one_channel_is_not_relied_on() {
    let mut world = world(1, 1_024);
    world.acquire_all(&["a", "b"], Wait::Forever);
    let first = next(&mut world).unwrap();
    refuse(&mut world, &first);
    let listens = [next(&mut world).unwrap(), next(&mut world).unwrap()];
    world.answer(0, &listens[0], Answer::Done);
    world.answer(0, &listens[1], failed("NOPERM no channel"));
    let second = next(&mut world).unwrap();
    refuse(&mut world, &second);
    assert!(asks_by(&mut world, 11));
}

#[test]
fn a_new_connection_subscribes_anew_and_tries_once_more() {
    let (mut world, _) = waiting(3);
    world.down(1);
    connect(&mut world, 1);
    for _ in 0..2 {
        let listen = next(&mut world).unwrap();
        assert_eq!((listen.verb(), listen.to), (Verb::Listen, nodes(&[1])));
    }
    assert!(asks_by(&mut world, 1));
    let again = world.last.clone().unwrap();
    refuse(&mut world, &again);
    assert!(!asks_by(&mut world, LEFT));
}

#[test]
fn a_refusal_of_before_a_new_connection_is_old() {
    let (mut world, _) = waiting(3);
    free(&mut world, 0, A);
    free(&mut world, 1, A);
    assert!(asks_by(&mut world, 1));
    let round = world.last.clone().unwrap();
    world.answer(0, &round, held(LEFT));
    // whatever is released now, nobody hears
    world.down(0);
    connect(&mut world, 0);
    world.answer(1, &round, held(LEFT));
    world.answer(2, &round, held(LEFT));
    while next(&mut world).is_some() {}
    free(&mut world, 1, A);
    assert!(asks_by(&mut world, 10), "two of three may be free");
}

#[test]
fn who_has_the_lock_or_has_given_up_is_not_told_any_more() {
    let (mut world, lock) = waiting(1);
    world.set.cancel(world.now, lock);
    free(&mut world, 0, A);
    assert_eq!(next(&mut world), None);
    let (mut world, _) = waiting(1);
    free(&mut world, 0, A);
    assert!(asks_by(&mut world, 1));
    let last = world.last.clone().unwrap();
    world.answer(0, &last, Answer::Done);
    acquired(world.event());
    // both channels are left when nobody has needed them for a while, held or not
    let mut left = Vec::new();
    while world.now < at(11_000) {
        world.now = world.set.poll_timeout().unwrap_or(at(11_000));
        world.set.handle_timeout(world.now);
        while world.set.poll_event().is_some() {}
        while let Some(command) = next(&mut world) {
            if command.verb() == Verb::Unlisten {
                left.push(command.keys.first().clone());
            }
        }
    }
    assert_eq!(left, ["a", "b"]);
}

#[test]
fn a_line_serves_its_head_and_who_watches_it() {
    let (mut world, _) = waiting(1);
    world.acquire_key("a", Wait::Forever);
    let first = next(&mut world).unwrap();
    refuse(&mut world, &first);
    assert!(!asks_by(&mut world, 0));
    let heard = next(&mut world);
    assert_eq!(heard, None, "listened to already");
    free(&mut world, 0, A);
    let mut kinds = Vec::new();
    while asks_by(&mut world, 10) {
        let command = world.last.clone().unwrap();
        kinds.push(command.keys.are_several());
        refuse(&mut world, &command);
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [false, true]);
}
