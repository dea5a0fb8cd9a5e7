//! Connections over time: tried again, watched, left.

use crate::support::wire::{HELLO, RUN, Wire, info};
use crate::support::{World, at, config, millis, node};
use quorlock_core::{AcquireRequest, Action, Caution, Problem, Ttl, Wait, script};

#[test]
fn connections_are_tried_again_with_growing_pauses() {
    let mut wire = Wire::new(config(1));
    let mut pauses = Vec::new();
    for _ in 0..12 {
        assert_eq!(wire.client.poll_action(), Some(Action::Connect(node(0))));
        wire.client
            .handle_disconnected(wire.now, node(0), "refused");
        wire.events();
        let next = wire.client.poll_timeout().unwrap();
        pauses.push(next.duration_since(wire.now));
        wire.to(next);
    }
    assert!(
        pauses[0] >= millis(25) && pauses[0] <= millis(50),
        "{pauses:?}"
    );
    assert!(
        pauses[11] >= millis(1_000) && pauses[11] <= millis(2_000),
        "{pauses:?}"
    );
}

#[test]
fn a_half_open_peer_is_left_in_time() {
    let mut wire = Wire::new(config(1));
    wire.connect();
    wire.events();
    assert_eq!(wire.client.poll_timeout(), Some(at(5_000)));
    wire.to(at(5_000));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
}

#[test]
fn a_quiet_server_is_asked_and_a_silent_one_is_left() {
    let mut wire = Wire::ready(config(1));
    wire.to(at(1_000));
    wire.to(at(15_000));
    assert!(wire.sent().contains("PING"));
    wire.receive("+PONG\r\n");
    wire.to(at(30_000));
    assert!(wire.sent().contains("PING"));
    wire.to(at(31_000));
    assert_eq!(wire.client.problem(node(0)), Some(Problem::Silent));
    wire.to(at(34_999));
    assert_eq!(wire.client.poll_action(), None);
    wire.to(at(35_000));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
}

#[test]
fn a_stalled_node_gets_no_acquires_until_it_answers() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    assert!(wire.sent().contains("EVALSHA"));
    wire.to(at(500));
    wire.to(at(1_000));
    wire.to(at(1_200));
    assert_eq!(wire.client.problem(node(0)), Some(Problem::Silent));
    assert!(!wire.sent().contains(script::ACQUIRE.sha));
    wire.receive("*3\r\n:0\r\n:50\r\n:17\r\n:0\r\n");
    assert_eq!(wire.client.problem(node(0)), None);
    let next = wire.client.poll_timeout().unwrap();
    wire.to(next.max(wire.now));
    wire.to(at(1_900));
    assert!(wire.sent().contains(script::ACQUIRE.sha));
}

#[test]
fn a_question_after_a_long_silence_is_overdue_as_soon_as_any() {
    let mut wire = Wire::ready(config(1));
    wire.to(at(1_000));
    wire.now = at(5_000);
    wire.acquire();
    wire.sent();
    // called when it wants to be, and at no other time
    for _ in 0..1_000 {
        let next = wire.client.poll_timeout().unwrap().max(wire.now);
        if next > at(6_000) {
            break;
        }
        wire.to(next);
        wire.sent();
        wire.events();
    }
    assert_eq!(wire.client.problem(node(0)), Some(Problem::Silent));
}

/// What is still owed must not be overdue as well.
#[test]
fn a_stalled_node_has_recovered_when_its_oldest_answer_is_not_overdue() {
    for (answered, problem) in [(1_399, None), (1_400, Some(Problem::Silent))] {
        let mut wire = Wire::ready(config(1));
        wire.acquire();
        wire.sent();
        wire.to(at(400));
        let ttl = Ttl::from_millis(1_000);
        let other = AcquireRequest::new("other", ttl);
        wire.client.acquire(wire.now, other).unwrap();
        wire.sent();
        wire.to(at(1_000));
        assert_eq!(wire.client.problem(node(0)), Some(Problem::Silent));
        wire.now = at(answered);
        wire.receive("*3\r\n:0\r\n:50\r\n:17\r\n");
        assert_eq!(wire.client.problem(node(0)), problem, "{answered}");
    }
}

/// A process that did not run for some seconds: nothing was written, nothing is owed.
#[test]
fn what_nobody_took_to_write_is_not_overdue() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    wire.to(at(6_001));
    assert_eq!(wire.client.problem(node(0)), None);
    assert!(!wire.sent().is_empty());
    wire.to(at(6_900));
    assert_eq!(wire.client.problem(node(0)), None);
    wire.to(at(7_500));
    assert_eq!(
        wire.client.problem(node(0)),
        Some(Problem::Silent),
        "owed from here on"
    );
}

#[test]
fn a_server_that_shakes_hands_and_is_of_no_use_then_is_not_hammered() {
    let mut wire = Wire::new(config(1));
    let mut connections = 0;
    wire.acquire();
    for _ in 0..100_000 {
        match wire.client.poll_action() {
            Some(Action::Connect(_)) => {
                connections += 1;
                wire.input.clear();
                wire.client.handle_connected(wire.now, node(0));
                wire.receive(HELLO);
                wire.receive("$1\r\nx\r\n+a\r\n+b\r\n+c\r\n");
            }
            Some(Action::Disconnect(_)) => {}
            None => {
                if wire.sent().contains("EVALSHA") {
                    wire.receive("+nonsense\r\n");
                }
                wire.events();
                let next = wire.client.poll_timeout().unwrap();
                wire.to(next.max(wire.now + millis(1)));
                if wire.now > at(60_000) {
                    break;
                }
            }
        }
    }
    assert!(connections < 100, "{connections} connections in a minute");
}

#[test]
fn a_node_where_kill_is_forbidden_is_used_with_caution() {
    let answers = info(RUN);
    let forbidden = answers.replace(":0\r\n-NOSCRIPT", "-NOPERM kill\r\n-NOSCRIPT");
    for (answers, caution) in [(answers, None), (forbidden, Some(Caution::CannotKill))] {
        let mut wire = Wire::new(config(1));
        wire.connect();
        wire.sent();
        wire.receive(HELLO);
        wire.sent();
        wire.receive(&answers);
        wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
        assert_eq!(wire.client.problem(node(0)), None);
        assert_eq!(wire.client.caution(node(0)), caution);
    }
}

#[test]
fn a_command_without_an_answer_is_missed_whenever_it_was_sent() {
    let mut wire = Wire::ready(config(1));
    wire.to(at(400));
    wire.acquire();
    wire.sent();
    wire.to(at(1_399));
    assert_eq!(wire.client.problem(node(0)), None);
    wire.to(at(1_400));
    assert_eq!(wire.client.problem(node(0)), Some(Problem::Silent));
}

/// A server that shakes hands and is of no use then is not hammered.
#[test]
fn only_a_connection_that_has_lasted_makes_good_for_those_that_failed() {
    let longest = config(1).timing.reconnect.longest;
    for (lasted, forgiven) in [
        (millis(0), false),
        (longest.saturating_sub(millis(1)), false),
        (longest, true),
    ] {
        let mut wire = Wire::new(config(1));
        for _ in 0..12 {
            assert_eq!(wire.client.poll_action(), Some(Action::Connect(node(0))));
            wire.client
                .handle_disconnected(wire.now, node(0), "refused");
            wire.events();
            let next = wire.client.poll_timeout().unwrap();
            wire.to(next);
        }
        wire.connect();
        wire.sent();
        wire.receive(HELLO);
        wire.sent();
        wire.receive(&info(RUN));
        wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
        wire.to(wire.now + lasted);
        assert_eq!(wire.client.problem(node(0)), None);
        wire.client.handle_disconnected(wire.now, node(0), "reset");
        wire.events();
        let pause = wire.client.poll_timeout().unwrap().duration_since(wire.now);
        assert_eq!(pause <= millis(50), forgiven, "{pause:?} after {lasted:?}");
    }
}

#[test]
fn who_closes_leaves_the_connections_that_there_are() {
    for (connected, expected) in [(true, Some(Action::Disconnect(node(0)))), (false, None)] {
        let mut wire = Wire::ready(config(1));
        if !connected {
            wire.client.handle_disconnected(wire.now, node(0), "reset");
        }
        wire.client.close(wire.now, at(1_000));
        assert_eq!(wire.client.poll_action(), expected);
        assert_eq!(wire.client.poll_action(), None);
        wire.events();
        assert_eq!(wire.client.poll_timeout(), None, "nothing is tried again");
    }
}

/// Its name may mean another server by now. As long as it does not, it is not hammered.
#[test]
fn a_node_that_became_a_replica_is_connected_anew() {
    let mut wire = Wire::ready(config(1));
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let request = World::request(Wait::Try);
        wire.client.acquire(wire.now, request).unwrap();
        wire.receive("-READONLY You can't write against a read only replica.\r\n");
        assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
        let problem = wire.client.problem(node(0)).unwrap();
        assert!(problem.to_string().starts_with("READONLY"), "{problem}");
        assert!(!problem.is_permanent());
        wire.events();
        let cut_at = wire.now;
        // releases have times of their own
        while wire.client.poll_timeout() != Some(wire.now) {
            wire.to(wire.client.poll_timeout().unwrap());
        }
        pauses.push(wire.now.duration_since(cut_at));
        wire.connect();
        wire.receive(HELLO);
        wire.receive(&info("b"));
        wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
        assert_eq!(wire.client.problem(node(0)), None);
        wire.events();
        wire.sent();
    }
    assert!(pauses[3] > pauses[0] * 2, "{pauses:?}");
}
