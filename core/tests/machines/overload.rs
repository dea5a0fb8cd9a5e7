//! Where somebody is too slow. A node that does not answer gets no new acquisitions, and still the releases; a program
//! that does not poll is not told everything, and still of its locks.

use crate::support::wire::Wire;
use crate::support::{TTL, World, config, failure, millis, node};
use quorlock_core::{AcquireFailure, AcquireRequest, Config, Event, LockId, Problem, Ttl, Wait};

const GRANTED: &str = "*3\r\n:1\r\n:0\r\n:0\r\n";

/// With so many commands that may wait for an answer.
fn connected(in_flight: usize) -> Wire {
    let mut config: Config = config(1);
    config.limits.in_flight = in_flight;
    Wire::ready(config)
}

fn acquire(wire: &mut Wire, key: &str) -> LockId {
    let ttl = Ttl::new(millis(TTL)).unwrap();
    let request = AcquireRequest {
        wait: Wait::Try,
        ..AcquireRequest::new(key.to_owned(), ttl)
    };
    wire.client.acquire(wire.now, request).unwrap()
}

#[test]
fn half_of_the_commands_may_be_acquisitions() {
    for limit in [2, 6, 7] {
        let mut wire = connected(limit);
        for index in 0..limit / 2 {
            acquire(&mut wire, &format!("k{index}"));
        }
        assert_eq!(wire.events(), [], "{limit}: sent, not answered");
        acquire(&mut wire, "more");
        let [Event::AcquireFailed(failed)] = &wire.events()[..] else {
            panic!("no room for an acquire")
        };
        assert_eq!(failed.reason, AcquireFailure::Unreachable);
        assert_eq!(failed.problems, [(node(0), Problem::Overloaded)]);
        // an answer makes room again
        wire.receive(GRANTED);
        wire.events();
        acquire(&mut wire, "again");
        assert_eq!(wire.events(), [], "{limit}: room");
    }
}

#[test]
fn a_release_goes_out_whatever_waits() {
    let mut wire = connected(4);
    let first = acquire(&mut wire, "first");
    acquire(&mut wire, "second");
    wire.receive(GRANTED);
    acquire(&mut wire, "third");
    wire.sent();
    wire.events();
    wire.client.release(wire.now, first).unwrap();
    assert!(wire.sent().contains("first"), "the release was sent");
}

#[test]
fn news_of_nodes_are_dropped_where_nobody_polls_and_news_of_locks_are_not() {
    let mut config = config(1);
    config.limits.locks = 2;
    let mut world = World::with(&config);
    // 1,024 and four for each lock
    for _ in 0..2_000 {
        world.down(0);
        world.ready(0);
    }
    world.down(0);
    world.acquire(Wait::Try);
    let events: Vec<_> = core::iter::from_fn(|| world.set.poll_event()).collect();
    let (last, news) = events.split_last().unwrap();
    assert_eq!(failure(last.clone()).reason, AcquireFailure::Unreachable);
    assert!(news.iter().all(|event| matches!(event, Event::Node(_))));
    assert_eq!(news.len(), 1_032);
}
