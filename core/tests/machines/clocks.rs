//! Nodes whose clocks jump, or are far from the others', do not vote for a while.

use crate::support::guarded::{clock, guarded, quarantine, run_to, up};
use crate::support::{World, acquired, at, failure, millis, node, nodes};
use quorlock_core::{
    AcquireFailure, Answer, NodeFacts, QuarantineCause, RestartGuard, RunId, Verb, Wait,
};

#[test]
fn a_clock_that_jumps_forward_costs_the_vote_for_the_longest_lease() {
    for (guard, trusted) in [(RestartGuard::Uptime, false), (RestartGuard::Off, true)] {
        let mut world = guarded(1, guard);
        let clock_us = clock(&world, 0);
        world.ready_with(
            0,
            NodeFacts {
                clock: Some(clock_us),
                ..up(9_999)
            },
        );
        world.acquire(Wait::Try);
        let command = world.command(Verb::Acquire);
        world.now = at(10);
        world
            .set
            .handle_clock(world.now, node(0), clock(&world, 3_000_000));
        world.answer(0, &command, Answer::Done);
        if trusted {
            acquired(world.event());
            continue;
        }
        let news = quarantine(&world, 0);
        assert!(matches!(news.cause, QuarantineCause::ClockJumped(by) if by > millis(2_900)));
        assert_eq!(news.left, millis(30_302));
        assert_eq!(failure(world.event()).reason, AcquireFailure::Unreachable);
        assert_eq!(world.command(Verb::Release).to, nodes(&[0]), "it did grant");
        run_to(&mut world, 30_313);
        assert_eq!(world.set.problem(node(0)), None);
    }
}

/// A server of this age whose clock is ahead by so much.
fn ahead(world: &World, seconds: u64) -> NodeFacts {
    NodeFacts {
        clock: Some(clock(world, seconds * 1_000_000)),
        ..up(9_999)
    }
}

#[test]
fn clocks_may_be_apart_by_a_quarter_of_the_longest_lease() {
    for (micros, apart) in [(7_500_000, false), (7_500_001, true)] {
        let mut world = guarded(3, RestartGuard::Uptime);
        for (index, ahead) in [0, 0, micros].into_iter().enumerate() {
            let facts = NodeFacts {
                clock: Some(clock(&world, ahead)),
                ..up(9_999)
            };
            world.ready_with(index, facts);
        }
        let problem = world.set.problem(node(2));
        assert_eq!(problem.is_some(), apart, "{micros} us, of 30 s");
    }
}

#[test]
fn a_quarantine_is_not_made_shorter_by_a_later_one() {
    let mut world = guarded(1, RestartGuard::Uptime);
    let young = NodeFacts {
        clock: Some(clock(&world, 0)),
        ..up(0)
    };
    world.ready_with(0, young);
    assert_eq!(quarantine(&world, 0).left, millis(31_312));
    world.now = at(10);
    let jumped = clock(&world, 3_000_000);
    world.set.handle_clock(world.now, node(0), jumped);
    assert_eq!(quarantine(&world, 0).left, millis(31_302));
}

#[test]
fn a_jump_that_a_new_connection_shows_costs_the_vote_for_the_longest_lease() {
    let mut world = guarded(1, RestartGuard::Uptime);
    let facts = ahead(&world, 0);
    world.ready_with(0, facts);
    world.down(0);
    let facts = ahead(&world, 3);
    world.ready_with(0, facts);
    assert_eq!(quarantine(&world, 0).left, millis(30_302));
    run_to(&mut world, 30_302);
    assert_eq!(world.set.problem(node(0)), None);
}

#[test]
fn neither_a_new_connection_nor_a_guard_makes_good_for_a_jump() {
    for guard in [RestartGuard::Uptime, RestartGuard::Strict] {
        let mut world = guarded(1, guard);
        for seconds in [0, 3, 3] {
            let facts = ahead(&world, seconds);
            world.ready_with(0, facts);
            if guard == RestartGuard::Strict {
                let arm = world.command(Verb::Arm);
                world.answer(0, &arm, Answer::Done);
            }
            if seconds > 0 {
                let cause = quarantine(&world, 0).cause;
                assert!(
                    matches!(cause, QuarantineCause::ClockJumped(_)),
                    "{guard:?}"
                );
            }
            world.down(0);
            run_to(&mut world, 1_000);
        }
        let mut other = ahead(&world, 3);
        other.run_id = RunId::new(&[b'b'; 40]);
        world.ready_with(0, other);
        if guard == RestartGuard::Strict {
            let arm = world.command(Verb::Arm);
            world.answer(0, &arm, Answer::Done);
        }
        assert_eq!(world.set.problem(node(0)), None, "another life");
    }
}

#[test]
fn a_clock_far_from_the_others_costs_the_vote_once() {
    let mut world = guarded(3, RestartGuard::Uptime);
    let hour = 3_600_000_000;
    for (index, ahead) in [hour, 0, 0].into_iter().enumerate() {
        let clock = Some(clock(&world, ahead));
        world.ready_with(index, NodeFacts { clock, ..up(9_999) });
    }
    let apart = quarantine(&world, 0);
    assert!(
        matches!(apart.cause, QuarantineCause::ClockApart(_)),
        "{apart:?}"
    );
    assert_eq!(world.set.problem(node(1)), None);
    assert_eq!(world.set.problem(node(2)), None);
    run_to(&mut world, 30_302);
    assert_eq!(world.set.problem(node(0)), None, "stable, if wrong");
    let clock = Some(clock(&world, hour));
    world.down(0);
    world.ready_with(0, NodeFacts { clock, ..up(9_999) });
    assert_eq!(world.set.problem(node(0)), None, "the same life");
}
