//! One run: exhausting a scope for a proof, or finding the shortest way to a violation.

use core::time::Duration;
use std::collections::BTreeSet;
use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use crate::action::Action;
use crate::claims::{Claim, Sight};
use crate::model::Checked;
use crate::scope::Scope;
use crate::world::World;

/// A scope, and what must come of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it is called by.
    pub name: &'static str,
    /// What it shows, in a sentence.
    pub about: &'static str,
    /// How far it goes.
    pub scope: Scope,
    /// What must come of it.
    pub expected: Expected,
    /// Left out unless it is asked for by name or by `--long`.
    pub long: bool,
}

/// What must come of a run.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// All claims hold in every state, and every sight is seen in some.
    Holds(&'static [Claim], &'static [Sight]),
    /// The claim does not hold.
    Violated(Claim),
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The claim that was violated first.
    pub violated: Option<Claim>,
    /// The way to it: each step, and the world behind it.
    pub trace: Vec<(Action, World)>,
    /// Sights that were not seen.
    pub unseen: Vec<Sight>,
    /// States that were reached, by every way to them.
    pub states: usize,
    /// States that differ.
    pub unique: usize,
    /// The longest way, in steps.
    pub depth: usize,
    /// How long it took.
    pub time: Duration,
}

impl Run {
    /// Checks the scope, on so many threads where it is to be exhausted. A counterexample is searched breadth first on
    /// one: only then it is the shortest.
    #[must_use]
    pub fn check(&self, threads: usize) -> Outcome {
        let began = Instant::now();
        match self.expected {
            Expected::Holds(claims, sights) => {
                let checker = self.model(claims, sights).checker().threads(threads);
                outcome(&checker.spawn_dfs().join(), claims, sights, began)
            }
            Expected::Violated(claim) => {
                let claims = [claim];
                let found = HasDiscoveries::AllOf(BTreeSet::from([claim.name()]));
                let checker = self.model(&claims, &[]).checker().finish_when(found);
                outcome(&checker.spawn_bfs().join(), &claims, &[], began)
            }
        }
    }

    fn model(&self, claims: &[Claim], sights: &[Sight]) -> Checked {
        Checked {
            scope: self.scope,
            claims: claims.to_vec(),
            sights: sights.to_vec(),
        }
    }
}

impl Outcome {
    /// Whether it is what was expected.
    #[must_use]
    pub fn is(&self, expected: &Expected) -> bool {
        match expected {
            Expected::Holds(..) => self.violated.is_none() && self.unseen.is_empty(),
            Expected::Violated(claim) => self.violated == Some(*claim),
        }
    }
}

fn outcome(
    checker: &impl Checker<Checked>,
    claims: &[Claim],
    sights: &[Sight],
    began: Instant,
) -> Outcome {
    let mut discoveries = checker.discoveries();
    let violated = claims
        .iter()
        .find(|claim| discoveries.contains_key(claim.name()));
    let path = violated.and_then(|claim| discoveries.remove(claim.name()));
    let steps = path.map(stateright::Path::into_vec).unwrap_or_default();
    let behind = steps.iter().skip(1).map(|(world, _)| world.clone());
    let actions = steps.iter().filter_map(|(_, action)| *action);
    Outcome {
        violated: violated.copied(),
        trace: actions.zip(behind).collect(),
        unseen: sights
            .iter()
            .copied()
            .filter(|sight| !discoveries.contains_key(sight.name()))
            .collect(),
        states: checker.state_count(),
        unique: checker.unique_state_count(),
        depth: checker.max_depth(),
        time: began.elapsed(),
    }
}
