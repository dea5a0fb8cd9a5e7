//! Told when a lock is free: whoever is refused listens, tries again, and then waits.

use crate::support::told::{
    CHANNEL, LEFT, asks_by, connect, free, pass, refuse, waiting, waiting_in, world, world_of,
};
use crate::support::{World, acquired, config, failed, held, millis, node, nodes};
use bytes::BytesMut;
use core::time::Duration;
use quorlock_core::{Answer, Event, Verb, Wait};

#[test]
fn who_is_refused_subscribes_and_tries_again_and_then_waits_for_the_lease() {
    let mut world = waiting(3);
    assert!(!asks_by(&mut world, LEFT), "nothing but the timer");
    assert!(
        asks_by(&mut world, LEFT + 8),
        "2 ms and up to 5 ms behind the lease"
    );
}

#[test]
fn the_lease_ends_the_wait_two_milliseconds_after_its_end() {
    let mut config = config(1);
    config.timing.retry.first = Duration::ZERO;
    let mut world = waiting_in(world_of(&config));
    assert!(!asks_by(&mut world, LEFT + 1));
    assert!(asks_by(&mut world, LEFT + 2));
}

#[test]
fn woken_when_a_quorum_can_be_free() {
    let mut world = waiting(5);
    for index in [4, 0] {
        free(&mut world, index);
        free(&mut world, index);
        assert!(!asks_by(&mut world, 1), "two nodes of five");
    }
    free(&mut world, 2);
    assert!(asks_by(&mut world, 1), "at once");
}

#[test]
fn a_message_that_is_older_than_the_refusal_says_nothing() {
    let mut world = waiting(1);
    free(&mut world, 0);
    world.set.handle_timeout(world.now);
    let command = world.command(Verb::Acquire);
    // the release of before; the node then grants to another one
    free(&mut world, 0);
    world.answer(0, &command, held(LEFT));
    assert!(!asks_by(&mut world, LEFT));
}

#[test]
fn a_message_behind_the_refusal_counts_before_the_round_is_over() {
    let mut world = waiting(3);
    free(&mut world, 0);
    free(&mut world, 1);
    world.set.handle_timeout(world.now);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, held(LEFT));
    free(&mut world, 0);
    world.answer(1, &command, held(LEFT));
    world.answer(2, &command, held(LEFT));
    assert!(!asks_by(&mut world, 10), "two of three refuse");
    free(&mut world, 2);
    assert!(asks_by(&mut world, 20));
}

#[test]
fn who_makes_room_for_others_is_not_woken_by_its_own_release() {
    let mut config = config(1);
    config.hand_overs = 0;
    let mut world = World::unconnected(&config);
    connect(&mut world, 0);
    world.acquire(Wait::Forever);
    let first = world.command(Verb::Acquire);
    refuse(&mut world, &first);
    world.command(Verb::Listen);
    let second = world.command(Verb::Acquire);
    world.acquire(Wait::Forever);
    world.run_to(1);
    world.answer(0, &second, Answer::Done);
    let lock = acquired(world.event()).lock;
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Done);
    assert!(matches!(world.event(), Event::Released(_)));
    free(&mut world, 0);
    assert!(!asks_by(&mut world, 8), "eight rounds of 1 ms");
    assert!(asks_by(&mut world, 18));
}

#[test]
fn messages_for_nobody_and_of_others_are_ignored() {
    let mut world = waiting(1);
    let now = world.now;
    for channel in [
        b"key".as_slice(),
        b"",
        b"other:quorlock-free:{other}",
        b"key:quorlock-free",
    ] {
        world.set.handle_message(now, node(0), channel, b"free");
    }
    assert!(!asks_by(&mut world, LEFT));
    world.set.handle_message(now, node(7), CHANNEL, b"free");
}

#[test]
fn a_new_connection_subscribes_anew_and_tries_once_more() {
    let mut world = waiting(3);
    world.down(1);
    connect(&mut world, 1);
    assert_eq!(world.command(Verb::Listen).to, nodes(&[1]));
    world.set.handle_timeout(world.now);
    let command = world.command(Verb::Acquire);
    refuse(&mut world, &command);
    assert!(!asks_by(&mut world, LEFT));
}

#[test]
fn a_refusal_of_before_a_new_connection_is_old() {
    let mut world = waiting(3);
    free(&mut world, 0);
    free(&mut world, 1);
    world.set.handle_timeout(world.now);
    let round = world.command(Verb::Acquire);
    world.answer(0, &round, held(LEFT));
    // whatever is released now, nobody hears
    world.down(0);
    connect(&mut world, 0);
    assert_eq!(world.command(Verb::Listen).to, nodes(&[0]));
    world.answer(1, &round, held(LEFT));
    assert_eq!(world.command(Verb::Release).to, nodes(&[2]));
    world.answer(2, &round, held(LEFT));
    free(&mut world, 1);
    assert!(asks_by(&mut world, 10), "two of three may be free");
}

#[test]
fn what_a_broken_connection_would_have_told_is_asked_for_soon() {
    let mut world = waiting(3);
    world.down(1);
    world.no_event();
    assert!(asks_by(&mut world, 6));
    let command = world.last.clone().unwrap();
    refuse(&mut world, &command);
    assert!(!asks_by(&mut world, LEFT), "two of three tell enough");
}

#[test]
fn where_too_few_can_tell_the_clock_does() {
    let mut world = World::new(5);
    for index in [0, 1] {
        world.down(index);
        connect(&mut world, index);
    }
    world.acquire(Wait::Forever);
    let command = world.command(Verb::Acquire);
    refuse(&mut world, &command);
    assert_eq!(world.command(Verb::Listen).to, nodes(&[0, 1]));
    let command = world.command(Verb::Acquire);
    refuse(&mut world, &command);
    assert!(asks_by(&mut world, 11), "a round's pause and not a lease");
}

#[test]
fn a_user_who_may_not_subscribe_waits_by_the_clock() {
    let mut world = world(1);
    world.acquire(Wait::Forever);
    let first = world.command(Verb::Acquire);
    refuse(&mut world, &first);
    let listen = world.command(Verb::Listen);
    world.answer(0, &listen, failed("NOPERM no channel"));
    let second = world.command(Verb::Acquire);
    refuse(&mut world, &second);
    for round in 0..4 {
        let again = asks_by(&mut world, 150);
        assert!(again, "round {round}, after 10, 20, 40 and 80 ms");
        let last = world.last.clone().unwrap();
        refuse(&mut world, &last);
        world.no_command();
    }
}

#[test]
fn listening_goes_on_for_a_while_and_then_ends() {
    let mut world = waiting(1);
    free(&mut world, 0);
    world.set.handle_timeout(world.now);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    let lock = acquired(world.event()).lock;
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    world.answer(0, &release, Answer::Done);
    assert!(matches!(world.event(), Event::Released(_)));
    // the next one within that time needs no subscription
    world.run_to(5_000);
    let lock = world.acquire(Wait::Forever);
    let command = world.command(Verb::Acquire);
    refuse(&mut world, &command);
    world.no_command();
    world.set.cancel(world.now, lock);
    pass(&mut world, 9_999);
    world.no_command();
    pass(&mut world, 10_000);
    world.next_command();
    let last = world.last.clone().unwrap();
    assert_eq!(
        last.verb(),
        Verb::Unlisten,
        "ten seconds after the first one had it"
    );
    world.answer(0, &last, Answer::Done);
    assert_eq!(world.set.poll_timeout(), None);
}

#[test]
fn listening_goes_on_while_somebody_waits_behind_the_holder() {
    let mut config = config(1);
    config.timing.listen_on = millis(100);
    let mut world = waiting_in(world_of(&config));
    free(&mut world, 0);
    world.set.handle_timeout(world.now);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    acquired(world.event());
    world.acquire(Wait::Forever);
    pass(&mut world, 300);
    world.no_command();
}

#[test]
fn listening_has_its_limit() {
    let mut config = config(1);
    config.limits.channels = 1;
    let mut world = World::unconnected(&config);
    connect(&mut world, 0);
    for (key, listens) in [("one", true), ("two", false)] {
        world.acquire_key(key, Wait::Forever);
        let command = world.command(Verb::Acquire);
        refuse(&mut world, &command);
        if listens {
            world.command(Verb::Listen);
            world.command(Verb::Acquire);
        }
        world.no_command();
    }
}

#[test]
fn the_words_of_listening() {
    let mut world = world(1);
    world.acquire(Wait::Forever);
    let command = world.command(Verb::Acquire);
    refuse(&mut world, &command);
    let listen = world.command(Verb::Listen);
    let mut out = BytesMut::new();
    listen.encode(&world.set.terms(node(0), &listen), &mut out);
    assert_eq!(
        out,
        "*2\r\n$9\r\nSUBSCRIBE\r\n$23\r\nkey:quorlock-free:{key}\r\n"
    );
}

/// What one node sends after the first refusal, in order, when the holder's release is
/// executed there before the subscription, between it and the second try, or after both.
fn said(place: usize) -> &'static [Said] {
    use Said::{Confirmed, Free, Granted, Refused};
    match place {
        0 => &[Confirmed, Granted],
        1 => &[Confirmed, Free, Granted],
        _ => &[Confirmed, Refused, Free],
    }
}

#[derive(Clone, Copy)]
enum Said {
    Confirmed,
    Free,
    Granted,
    Refused,
}

/// Lets what three nodes say arrive in this order, then lets a little time pass. The
/// lock is free everywhere by then.
fn run(places: [usize; 3], order: &[usize]) {
    let mut world = world(3);
    world.acquire(Wait::Forever);
    let first = world.command(Verb::Acquire);
    refuse(&mut world, &first);
    let listen = world.command(Verb::Listen);
    let second = world.command(Verb::Acquire);
    let mut next = [0; 3];
    for index in order {
        match said(places[*index])[next[*index]] {
            Said::Confirmed => world.answer(*index, &listen, Answer::Done),
            Said::Free => free(&mut world, *index),
            Said::Granted => world.answer(*index, &second, Answer::Done),
            Said::Refused => world.answer(*index, &second, held(LEFT)),
        }
        next[*index] += 1;
    }
    for _ in 0..100 {
        if let Some(Event::Acquired(_)) = world.set.poll_event() {
            return;
        }
        match world.next_command() {
            Some(command) => world.answer_all(&command, &Answer::Done),
            None => pass(&mut world, 20),
        }
    }
    panic!("a wake-up was lost: {places:?} {order:?}");
}

/// Every order of so many things that three nodes say, each of them in order.
fn orders(left: [usize; 3], order: &mut Vec<usize>, on: &mut impl FnMut(&[usize])) {
    if left == [0; 3] {
        on(order);
    }
    for index in 0..3 {
        if left[index] > 0 {
            let mut left = left;
            left[index] -= 1;
            order.push(index);
            orders(left, order, on);
            order.pop();
        }
    }
}

#[test]
fn no_wake_up_is_lost_in_whatever_order_things_happen() {
    let mut cases = 0;
    for places in (0..27).map(|case| [case % 3, case / 3 % 3, case / 9]) {
        let lengths = places.map(|place| said(place).len());
        orders(lengths, &mut Vec::new(), &mut |order| {
            run(places, order);
            cases += 1;
        });
    }
    assert!(cases > 20_000, "{cases} cases");
}
