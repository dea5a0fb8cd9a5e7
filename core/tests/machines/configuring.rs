//! What a configuration may be, to the unit.

use core::time::Duration;

use crate::support::wire::Wire;
use crate::support::{config, node};
use quorlock_core::{
    Backoff, Config, ConfigError, Credentials, Limits, MAX_NODES, NodeConfig, Quorum,
};

#[test]
fn so_many_nodes_and_no_more() {
    assert_eq!(config(0).votes_needed(), Err(ConfigError::NoNodes));
    assert_eq!(config(1).votes_needed(), Ok(1));
    assert_eq!(config(MAX_NODES).votes_needed(), Ok(MAX_NODES / 2 + 1));
    let nodes = MAX_NODES + 1;
    let refused = Err(ConfigError::TooManyNodes { nodes });
    assert_eq!(config(nodes).votes_needed(), refused);
}

#[test]
fn no_node_twice() {
    for twin in 1..3 {
        let mut config = config(3);
        config.nodes.get_mut(twin).unwrap().name = "n0".into();
        let refused = Err(ConfigError::DuplicateNode { name: "n0".into() });
        assert_eq!(config.votes_needed(), refused);
    }
}

#[test]
fn room_for_an_acquire_and_its_release() {
    for (in_flight, locks, enough) in [(2, 1, true), (1, 1, false), (2, 0, false), (3, 2, true)] {
        let config = Config {
            limits: Limits {
                in_flight,
                locks,
                ..Limits::DEFAULT
            },
            ..config(1)
        };
        let found = config.votes_needed();
        let expected = if enough {
            Ok(1)
        } else {
            Err(ConfigError::LimitTooSmall)
        };
        assert_eq!(found, expected, "{in_flight} {locks}");
    }
}

#[test]
fn a_quorum_that_its_nodes_can_reach() {
    let quorum = Quorum::Votes(4);
    let config = Config {
        quorum,
        ..config(3)
    };
    let refused = Err(ConfigError::Quorum { quorum, nodes: 3 });
    assert_eq!(config.votes_needed(), refused);
}

#[test]
fn what_is_printed_of_a_node_has_everything_but_the_password() {
    let node = NodeConfig {
        accept_eviction: true,
        client_name: Some("billing".into()),
        credentials: Some(Credentials {
            username: Some("worker".into()),
            password: "secret".into(),
        }),
        database: 7,
        ..NodeConfig::new("paris")
    };
    let text = format!("{node:?}");
    for part in ["paris", "7", "true", "billing", "worker", "***"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn pauses_double_up_to_the_longest() {
    let backoff = Backoff {
        first: Duration::from_millis(10),
        longest: Duration::from_millis(100),
    };
    let pauses = [0, 1, 2, 3, 4, 5, 40, u32::MAX].map(|failures| backoff.pause(failures));
    let expected = [10, 10, 20, 40, 80, 100, 100, 100].map(Duration::from_millis);
    assert_eq!(pauses, expected);
}

#[test]
fn no_pause_is_nothing() {
    let backoff = Backoff {
        first: Duration::ZERO,
        longest: Duration::ZERO,
    };
    assert_eq!(backoff.pause(1), Duration::from_millis(1));
}

#[test]
fn a_line_of_an_answer_has_at_most_64_kib() {
    for (length, broken) in [(65_536, false), (65_537, true)] {
        let mut wire = Wire::ready(config(1));
        wire.acquire();
        wire.sent();
        wire.receive(&format!("-ERR {}\r\n", "x".repeat(length - "ERR ".len())));
        assert_eq!(wire.client.problem(node(0)).is_some(), broken, "{length}");
    }
}
