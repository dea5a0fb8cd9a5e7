//! Plans written by hand: the seed case of the restart guard, to the millisecond; and a waiter that dies in front.

use core::time::Duration;

use quorlock_core::{Fairness, RestartGuard};
use quorlock_tests::simulation::plan::{
    Clock, Ending, Fault, FaultKind, Members, Memory, Network, Operation, Plan, Replicas, Settings,
    Way,
};
use quorlock_tests::simulation::trace::{Item, Place};
use quorlock_tests::simulation::{Invariant, record, run};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Five nodes. Client 0 is granted a key by nodes 0, 1 and 2, the others being cut off from it. Node 2 restarts empty,
/// and client 1, which is cut off from nodes 0 and 1, asks nodes 2, 3 and 4.
fn node_2_restarts_empty(guard: RestartGuard) -> Plan {
    let cut_off = |client, nodes| Fault {
        at: ms(50),
        kind: FaultKind::Hold {
            clients: Members::one(client),
            nodes: Members(nodes),
            way: Way::Both,
            span: ms(800),
        },
    };
    let restart = Fault {
        at: ms(200),
        kind: FaultKind::Restart {
            node: 2,
            down: ms(10),
            memory: Memory::Lost,
        },
    };
    let holds = |client, at| Operation {
        hold: ms(700),
        ..Operation::new(client, at)
    };
    Plan {
        seed: 1,
        settings: Settings {
            guard,
            ..Settings::DEFAULT
        },
        client_clocks: vec![Clock::default(); 2],
        node_clocks: vec![Clock::default(); 5],
        replicas: Replicas::NONE,
        network: Network::fixed(ms(1)),
        operations: vec![holds(0, ms(100)), holds(1, ms(300))],
        faults: vec![cut_off(0, 0b11000), cut_off(1, 0b00011), restart],
        ending: Ending::Stop { at: ms(1_000) },
    }
}

#[test]
fn i15_who_restarts_empty_is_silent_for_the_longest_lease() {
    let outcome = run(&node_2_restarts_empty(RestartGuard::Uptime));
    assert_eq!(outcome.violation, None);
    assert_eq!(outcome.tally.acquired, 1);
    assert!(outcome.tally.guarded > 0);
}

#[test]
fn i01_without_a_guard_a_node_that_restarts_empty_makes_two_holders() {
    let (outcome, trace) = record(&node_2_restarts_empty(RestartGuard::Off));
    let violation = outcome.violation.expect("two holders");
    assert_eq!(violation.invariant, Invariant::OneHolder);
    // one way there and one back, and not a nanosecond more
    assert_eq!(violation.at, ms(302));
    let granted = trace.items.iter().filter(|item| {
        matches!(item, Item::Message { from: Place::Node(_), label, arrived: Some(_), .. } if label == "granted")
    });
    assert_eq!(granted.count(), 6, "nodes 0, 1, 2 and then 2, 3, 4");
    let lost = Item::Key {
        node: 2,
        key: 0,
        owner: 0,
        from: 101_000_000,
        until: 200_000_000,
    };
    assert!(trace.items.contains(&lost), "{:#?}", trace.items);
}

/// Client 0 holds a key of three nodes until 700 ms. Client 1 comes first in the queues, and dies just before; client 2
/// came next.
fn a_waiter_dies_in_front(down: bool) -> Plan {
    let waits = |client, at| Operation {
        patience: Some(ms(5_000)),
        ..Operation::new(client, at)
    };
    let holds = Operation {
        hold: ms(600),
        ..Operation::new(0, ms(100))
    };
    let crash = Fault {
        at: ms(690),
        kind: FaultKind::ClientCrash {
            client: 1,
            down: ms(5_000),
        },
    };
    Plan {
        seed: 1,
        settings: Settings {
            fairness: Fairness::Queue { place: ms(200) },
            ..Settings::DEFAULT
        },
        client_clocks: vec![Clock::default(); 3],
        node_clocks: vec![Clock::default(); 3],
        replicas: Replicas::NONE,
        network: Network::fixed(ms(1)),
        operations: vec![holds, waits(1, ms(200)), waits(2, ms(300))],
        faults: if down { vec![crash] } else { Vec::new() },
        ending: Ending::Stop { at: ms(1_010) },
    }
}

/// Behind the dead for as long as its places last; behind the living until he gives the key back.
#[test]
fn i06_a_waiter_that_dies_in_front_blocks_nobody_for_longer_than_its_place() {
    let outcome = run(&a_waiter_dies_in_front(true));
    assert_eq!(outcome.violation, None);
    assert_eq!(
        (outcome.tally.acquired, outcome.tally.crashed_waiters),
        (2, 1)
    );
    assert!(outcome.tally.behind > 0, "it stood in front");
    let alive = run(&a_waiter_dies_in_front(false));
    assert_eq!((alive.tally.acquired, alive.tally.crashed_waiters), (3, 0));
}
