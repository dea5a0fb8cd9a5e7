//! Who may vote: young servers and unarmed ones may not.

use core::time::Duration;

use crate::support::guarded::{encoded, guarded, quarantine, run_to, up};
use crate::support::{World, acquired, at, failed, failure, millis, node, nodes};
use quorlock_core::{
    AcquireFailure, Answer, Event, NodeFacts, Problem, QuarantineCause, RestartGuard, RunId, Ttl,
    Verb, Wait,
};

#[test]
fn a_young_server_is_not_asked_until_it_is_old_enough() {
    let mut world = guarded(3, RestartGuard::Uptime);
    for (index, uptime) in [31, 1_000, 0].into_iter().enumerate() {
        world.ready_with(index, up(uptime));
    }
    assert_eq!(world.set.problem(node(0)), None);
    let young = quarantine(&world, 2);
    assert_eq!(young.left, millis(31_312), "31 s, 1 % and 2 ms");
    let cause = QuarantineCause::Restarted(Duration::ZERO);
    assert_eq!(young.cause, cause);
    world.acquire(Wait::Until(at(60_000)));
    assert_eq!(world.command(Verb::Acquire).to, nodes(&[0, 1]));
}

#[test]
fn a_quarantine_is_announced_and_ends_by_itself() {
    let mut world = guarded(1, RestartGuard::Uptime);
    world.ready_with(0, up(0));
    let Some(Event::Node(news)) = world.set.poll_event() else {
        panic!("news of the node")
    };
    let words = news.problem.unwrap().to_string();
    assert_eq!(
        words,
        "in quarantine for 31.3 s more: the server started 0 s ago"
    );
    world.acquire(Wait::Forever);
    world.no_command();
    run_to(&mut world, 31_311);
    world.no_command();
    run_to(&mut world, 31_312);
    assert_eq!(world.set.problem(node(0)), None);
    let command = world.command(Verb::Acquire);
    world.answer(0, &command, Answer::Done);
    acquired(world.event());
}

#[test]
fn a_quorum_in_quarantine_is_a_refusal_that_says_so() {
    let mut world = guarded(3, RestartGuard::Uptime);
    world.ready_with(0, up(100));
    world.ready_with(1, up(1));
    world.ready_with(2, up(1));
    world.acquire(Wait::Try);
    world.no_command();
    let failed = failure(world.event());
    assert_eq!(failed.reason, AcquireFailure::Unreachable);
    assert!(matches!(
        failed.problems[..],
        [(_, Problem::Quarantined(_)), (_, Problem::Quarantined(_))]
    ));
}

#[test]
fn in_quarantine_a_lease_is_still_extended() {
    let mut world = guarded(3, RestartGuard::Uptime);
    for index in 0..3 {
        world.ready_with(index, up(100));
    }
    let lock = world.acquire(Wait::Try);
    let command = world.command(Verb::Acquire);
    for index in 0..3 {
        world.answer(index, &command, Answer::Done);
    }
    acquired(world.event());
    world.down(2);
    world.ready_with(2, up(0));
    world.set.extend(world.now, lock, command.ttl).unwrap();
    assert_eq!(world.command(Verb::Extend).to, nodes(&[0, 1, 2]));
}

#[test]
fn a_first_life_and_no_guard_need_no_quarantine() {
    let mut embedded = guarded(1, RestartGuard::Uptime);
    embedded.ready_with(
        0,
        NodeFacts {
            first_life: true,
            ..up(0)
        },
    );
    assert_eq!(embedded.set.problem(node(0)), None);
    let mut off = guarded(1, RestartGuard::Off);
    off.ready_with(0, up(0));
    assert_eq!(off.set.problem(node(0)), None);
}

#[test]
fn a_server_that_hides_its_age_is_refused_for_good() {
    for guard in [RestartGuard::Uptime, RestartGuard::Strict] {
        let mut world = guarded(1, guard);
        world.ready_with(0, NodeFacts::default());
        let problem = world.set.problem(node(0)).unwrap();
        assert!(problem.is_permanent(), "{problem}");
        world.acquire(Wait::Forever);
        assert_eq!(failure(world.event()).reason, AcquireFailure::Rejected);
    }
}

#[test]
fn a_strict_node_votes_when_its_guard_names_this_life() {
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    assert!(encoded(&world, 0, &arm).ends_with(
        "$14\r\nquorlock:guard\r\n$40\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n$5\r\n30000\r\n"
    ));
    world.acquire(Wait::Forever);
    world.no_command();
    world.answer(0, &arm, Answer::Done);
    let acquire = world.command(Verb::Acquire);
    let guard = format!("$48\r\nA:{}:30000\r\n", "a".repeat(40));
    assert!(encoded(&world, 0, &acquire).contains(&guard));
    world.answer(0, &acquire, Answer::Done);
    acquired(world.event());
}

#[test]
fn an_unarmed_node_is_asked_again_when_its_quarantine_ends() {
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, Answer::Quarantined(millis(1_000)));
    assert_eq!(quarantine(&world, 0).cause, QuarantineCause::NotArmed);
    run_to(&mut world, 1_011);
    world.no_command();
    run_to(&mut world, 1_012);
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, Answer::Done);
    assert_eq!(world.set.problem(node(0)), None);
}

#[test]
fn a_guard_that_vanishes_under_a_connection_costs_the_vote() {
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, Answer::Done);
    world.acquire(Wait::Try);
    let acquire = world.command(Verb::Acquire);
    world.answer(0, &acquire, Answer::Unguarded);
    let again = world.command(Verb::Arm);
    assert_eq!(failure(world.event()).reason, AcquireFailure::Unreachable);
    world.answer(0, &again, Answer::Quarantined(millis(30_000)));
    assert_eq!(quarantine(&world, 0).left, millis(30_302));
    world.no_command();
}

#[test]
fn another_longest_lease_is_a_configuration_error() {
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, Answer::OtherMaxTtl(60_000));
    let problem = world.set.problem(node(0)).unwrap();
    assert!(problem.is_permanent());
    let words = problem.to_string();
    assert!(
        words.contains("60000 ms") && words.contains("30000 ms"),
        "{words}"
    );
}

#[test]
fn a_guard_that_cannot_be_read_is_asked_for_again() {
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, failed("NOSCRIPT No matching script."));
    let text = world.command(Verb::Arm);
    assert!(text.full_text && !arm.full_text);
    world.answer(0, &text, failed("LOADING Redis is loading"));
    assert!(matches!(
        world.set.problem(node(0)),
        Some(Problem::Server(_))
    ));
    run_to(&mut world, 500);
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, Answer::Done);
    assert_eq!(world.set.problem(node(0)), None);
}

#[test]
fn a_new_connection_has_to_show_its_guard_again() {
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, Answer::Done);
    world.down(0);
    let mut other = up(9_999);
    other.run_id = RunId::new(&[b'b'; 40]);
    world.ready_with(0, other);
    let arm = world.command(Verb::Arm);
    assert!(encoded(&world, 0, &arm).contains(&"b".repeat(40)));
    assert_eq!(world.set.problem(node(0)), Some(Problem::Connecting));
}

#[test]
fn a_longer_lease_than_the_longest_is_refused() {
    let mut world = guarded(1, RestartGuard::Off);
    let mut request = World::request(Wait::Try);
    request.ttl = Ttl::from_millis(30_001);
    let error = world.set.acquire(world.now, request).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a TTL of 30001 ms is too long: the longest lease of this deployment is 30000 ms"
    );
}

#[test]
fn a_guard_is_asked_by_its_text_where_the_script_is_missing_and_only_once() {
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, failed("NOSCRIPT No matching script."));
    let text = world.command(Verb::Arm);
    assert!(text.full_text);
    world.answer(0, &text, failed("NOSCRIPT No matching script."));
    world.no_command();
    let mut world = guarded(1, RestartGuard::Strict);
    world.ready_with(0, up(9_999));
    let arm = world.command(Verb::Arm);
    world.answer(0, &arm, failed("OOM command not allowed"));
    world.no_command();
    assert!(matches!(
        world.set.problem(node(0)),
        Some(Problem::Server(_))
    ));
}
