//! Grants that count when the node and enough replicas have them on disk.

use crate::replicas::{FSYNC, HELD, NOTHING_ON_DISK, attempt, greeted, replicated};
use crate::support::cluster::DONE;
use crate::support::wire::Wire;
use crate::support::{World, at, node};
use bytes::Bytes;
use quorlock_core::{AcquireRequest, Event, Problem, Ttl, Wait, script};

const WAITAOF: &str = "*4\r\n$7\r\nWAITAOF\r\n$1\r\n1\r\n$1\r\n1\r\n$3\r\n200\r\n";

/// One node that must have it on disk, and one replica as well.
fn on_disk() -> Wire {
    greeted(replicated(1, FSYNC), NOTHING_ON_DISK)
}

#[test]
fn the_disk_is_asked_for_behind_each_grant_and_behind_nothing_else() {
    let mut wire = on_disk();
    for key in ["one", "other", "third"] {
        let request = AcquireRequest {
            keys: Bytes::from(key).into(),
            ..World::request(Wait::Try)
        };
        wire.client.acquire(wire.now, request).unwrap();
    }
    let sent = wire.sent();
    assert!(!sent.contains("WAITAOF"), "{sent}");
    wire.receive(&[DONE, HELD, DONE].concat());
    let refused = wire.events();
    assert!(
        matches!(refused[..], [Event::AcquireFailed(_)]),
        "{refused:?}"
    );
    assert_eq!(wire.sent(), WAITAOF.repeat(2));
    wire.receive("*2\r\n:1\r\n:1\r\n");
    assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
    wire.receive("*2\r\n:1\r\n:0\r\n");
    assert!(matches!(wire.events()[..], [Event::AcquireFailed(_)]));
    assert!(wire.sent().contains(script::RELEASE.sha));
}

#[test]
fn a_disk_that_does_not_answer_stalls_its_node() {
    // also where the grant was late itself
    for (answered, silent) in [(0, 1_000), (1_100, 2_100)] {
        let mut wire = on_disk();
        let request = AcquireRequest {
            ttl: Ttl::from_millis(10_000),
            ..World::request(Wait::Try)
        };
        wire.client.acquire(wire.now, request).unwrap();
        wire.sent();
        wire.to(at(answered));
        wire.receive(DONE);
        assert_eq!(wire.sent(), WAITAOF);
        assert_eq!(wire.client.problem(node(0)), None);
        wire.to(at(silent));
        assert_eq!(wire.client.problem(node(0)), Some(Problem::Silent));
    }
}

#[test]
fn on_disk_means_the_node_itself_too() {
    for (count, granted) in [
        ("*2\r\n:1\r\n:1\r\n", true),
        ("*2\r\n:1\r\n:0\r\n", false),
        ("*2\r\n:0\r\n:1\r\n", false),
    ] {
        let mut wire = on_disk();
        attempt(&mut wire);
        wire.sent();
        wire.receive(DONE);
        wire.sent();
        wire.receive(count);
        let events = wire.events();
        assert_eq!(matches!(events[0], Event::Acquired(_)), granted, "{count}");
    }
}
