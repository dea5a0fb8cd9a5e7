//! Failovers to a replica that has heard of the lock: it is kept, as long as the replica's clock is right.

use core::time::Duration;

use quorlock_core::{Replication, RestartGuard};
use quorlock_tests::simulation::plan::{
    Clock, Ending, Fault, FaultKind, Network, Operation, Plan, Replicas, Settings,
};
use quorlock_tests::simulation::{Invariant, run};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One node. Client 0 is granted a key for a second, of which a replica has heard; the replica takes the node's place,
/// with a clock that is so far ahead; and client 1 asks.
fn a_failover_behind_a_grant(guard: RestartGuard, ahead_us: i64) -> Plan {
    let fault = |kind| Fault { at: ms(300), kind };
    let failover = FaultKind::Failover {
        node: 0,
        down: ms(10),
    };
    let clock = FaultKind::ClockJump {
        node: 0,
        by_us: ahead_us,
    };
    let holds = |client, at| Operation {
        hold: ms(700),
        ..Operation::new(client, at)
    };
    Plan {
        seed: 1,
        settings: Settings {
            guard,
            replication: Some(Replication {
                timeout: ms(100),
                ..Replication::new(1)
            }),
            ..Settings::DEFAULT
        },
        client_clocks: vec![Clock::default(); 2],
        node_clocks: vec![Clock::default()],
        replicas: Replicas {
            each: 1,
            lag: ms(2),
        },
        network: Network::fixed(ms(1)),
        operations: vec![holds(0, ms(100)), holds(1, ms(400))],
        faults: vec![fault(failover), fault(clock)],
        ending: Ending::Stop { at: ms(1_000) },
    }
}

#[test]
fn i01_a_replica_that_has_heard_keeps_the_lock() {
    let outcome = run(&a_failover_behind_a_grant(RestartGuard::Off, 0));
    assert_eq!(outcome.violation, None);
    let tally = outcome.tally;
    assert_eq!((tally.acquired, tally.contended, tally.lost), (1, 1, 0));
    assert_eq!((tally.failovers, tally.failovers_that_lose), (1, 0));
}

/// Servers tell their replicas when a key ends, by the clock on the wall.
#[test]
fn i01_on_a_replica_whose_clock_is_ahead_the_lease_ends_too_early() {
    let outcome = run(&a_failover_behind_a_grant(RestartGuard::Off, 900_000));
    let violation = outcome.violation.expect("two holders");
    assert_eq!(violation.invariant, Invariant::OneHolder);
}

/// A node that was a replica is in quarantine, whatever its clock says.
#[test]
fn i01_the_strict_guard_stands_a_replica_whose_clock_is_ahead() {
    let outcome = run(&a_failover_behind_a_grant(RestartGuard::Strict, 900_000));
    assert_eq!(outcome.violation, None);
    assert!(outcome.tally.guarded > 0);
    assert_eq!(outcome.tally.acquired, 1);
}
