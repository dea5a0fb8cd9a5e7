//! The model on scopes so small that a test of every build can afford them. The runs that count are the program's.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use quorlock_core::RestartGuard;
use quorlock_model::{
    Action, Claim, Expected, Faults, Intents, Outcome, Run, Scope, Sight, Tokens, Until, runs,
};

const RESTART: Scope = Scope {
    horizon: 0,
    tokens: Tokens::Off,
    intents: [Intents::HOLD; 2],
    faults: Faults {
        restarts: 1,
        ..Faults::NONE
    },
    until: Until::TwoHolders,
    ..Scope::PLAIN
};

fn check(scope: Scope, expected: Expected) -> Outcome {
    let run = Run {
        name: "tiny",
        about: "",
        scope,
        expected,
        long: false,
    };
    let outcome = run.check(1);
    assert!(outcome.is(&expected), "{expected:?}: {outcome:?}");
    outcome
}

#[test]
fn a_node_that_forgets_makes_two_holders() {
    let outcome = check(RESTART, Expected::Violated(Claim::OneHolder));
    let restarted = |(action, _): &(Action, _)| matches!(action, Action::Restart(_));
    assert_eq!(outcome.trace.len(), 9, "the shortest way");
    assert!(outcome.trace.iter().any(restarted));
}

#[test]
fn a_guard_leaves_one() {
    let scope = Scope {
        guard: RestartGuard::Uptime,
        ..RESTART
    };
    let sights = &[Sight::Held, Sight::Contest, Sight::Quarantine];
    check(scope, Expected::Holds(&[Claim::OneHolder], sights));
}

#[test]
fn what_is_not_seen_is_told() {
    let scope = Scope {
        faults: Faults::NONE,
        ..RESTART
    };
    let sights: &[Sight] = &[Sight::Held, Sight::Quarantine];
    let run = Run {
        name: "tiny",
        about: "",
        scope,
        expected: Expected::Holds(&[Claim::OneHolder], sights),
        long: false,
    };
    let outcome = run.check(1);
    assert_eq!(outcome.unseen, [Sight::Quarantine]);
    assert!(!outcome.is(&run.expected));
}

#[test]
fn names_are_unique_and_every_proof_has_something_to_see() {
    let runs = runs();
    for (index, run) in runs.iter().enumerate() {
        let rest = runs.iter().skip(index + 1);
        assert!(
            rest.clone().all(|other| other.name != run.name),
            "{}",
            run.name
        );
        if let Expected::Holds(claims, sights) = run.expected {
            assert!(!claims.is_empty() && !sights.is_empty(), "{}", run.name);
        }
    }
}
