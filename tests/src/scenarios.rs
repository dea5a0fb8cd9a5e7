//! The disasters that a lock has to stand, by name: what happens in each, what we do against it, and what happens where
//! that is switched off.
//!
//! Each is a plan of the [simulation](mod@crate::simulation), written by hand, in two versions. Where the mechanism
//! can't be switched off by a setting, the second version is a planted fault or a client that is written differently.
//! Most of them are played on real servers too. `tests/README.md` holds the table of them all.

mod clocks;
mod clusters;
mod crashes;
mod excerpt;
mod failovers;
pub mod files;
mod late;
mod pauses;
mod restarts;
mod script;
mod several;
mod table;
mod votes;
mod watchdog;

use core::time::Duration;

use excerpt::excerpt;

use crate::simulation::picture;
use crate::simulation::plan::Ending;
use crate::simulation::{Invariant, Outcome, Plan, record, run};

/// A disaster.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, in small letters and dashes.
    pub name: &'static str,
    /// What happens, in a sentence.
    pub story: &'static str,
    /// With the mechanism that is for it.
    pub on: On,
    /// Without.
    pub off: Off,
    /// Tests on real servers.
    pub real: &'static [&'static str],
}

/// Where the mechanism is seen to hold.
#[derive(Clone, Copy, Debug)]
pub enum On {
    /// In the simulation.
    Simulated(Version),
    /// The simulation has no such thing: in this unit test of the core.
    Unit(&'static str),
}

/// Where the disaster is seen to happen without it.
#[derive(Clone, Copy, Debug)]
pub enum Off {
    /// Nothing is switched off, since the disaster costs time only; why.
    Harmless(&'static str),
    /// No setting switches it off: this planted fault does, by the name of its patch.
    Planted(&'static str),
    /// In this test, with a client that is written differently.
    Shown(&'static str),
    /// In the simulation.
    Simulated(Version),
}

/// One version of a scenario in the simulation.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// The mechanism, or what stands in its place.
    pub how: &'static str,
    /// What happens.
    pub plan: fn() -> Plan,
    /// The invariant that is violated.
    pub violates: Option<Invariant>,
    /// What must have been seen, by the names of the simulation's table, exactly so often.
    pub seen: Seen,
}

/// How long before the first operation a picture begins where something is wrong already.
const LEAD: Duration = Duration::from_millis(1);

/// All scenarios, those of one kind together.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    let kinds = [
        votes::ALL,
        several::ALL,
        restarts::ALL,
        failovers::ALL,
        clusters::ALL,
        clocks::ALL,
        pauses::ALL,
        crashes::ALL,
        late::ALL,
        watchdog::ALL,
    ];
    kinds.into_iter().flatten()
}

impl Scenario {
    /// The one of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        all().find(|scenario| scenario.name == name)
    }

    /// Its version in the simulation, with the mechanism or without.
    #[must_use]
    pub const fn version(&self, on: bool) -> Option<&Version> {
        match (on, &self.on, &self.off) {
            (true, On::Simulated(version), _) | (false, _, Off::Simulated(version)) => {
                Some(version)
            }
            _ => None,
        }
    }

    /// The picture of a version in the simulation, as the text of an SVG file.
    #[must_use]
    pub fn picture(&self, on: bool) -> Option<String> {
        let version = self.version(on)?;
        Some(version.picture(self.name, self.story))
    }

    /// The name of the picture of a version.
    #[must_use]
    pub fn picture_name(&self, on: bool) -> String {
        format!("{}-{}.svg", self.name, if on { "on" } else { "off" })
    }
}

/// What must have been seen, by the names of the simulation's table, exactly so often.
pub type Seen = &'static [(&'static str, u64)];

impl Version {
    /// A plan in which every invariant holds.
    const fn holds(how: &'static str, plan: fn() -> Plan, seen: Seen) -> Self {
        Self {
            how,
            plan,
            violates: None,
            seen,
        }
    }

    /// A plan in which this one does not.
    const fn violates(
        how: &'static str,
        plan: fn() -> Plan,
        invariant: Invariant,
        seen: Seen,
    ) -> Self {
        Self {
            violates: Some(invariant),
            ..Self::holds(how, plan, seen)
        }
    }

    /// Plays it.
    ///
    /// # Errors
    /// What was otherwise than expected.
    pub fn check(&self) -> Result<Outcome, String> {
        let outcome = run(&(self.plan)());
        let violated = outcome.violation.as_ref().map(|it| it.invariant);
        if violated != self.violates {
            return Err(match &outcome.violation {
                Some(violation) => violation.to_string(),
                None => format!("{:?} was not violated", self.violates),
            });
        }
        let rows = outcome.tally.rows();
        for (name, expected) in self.seen {
            let row = rows.iter().find(|(row, _)| row == name);
            let (_, seen) = row.ok_or_else(|| format!("nothing is called {name}"))?;
            if seen != expected {
                return Err(format!("{seen} {name} instead of {expected}"));
            }
        }
        Ok(outcome)
    }

    /// Its picture, from the first thing that anybody does to the time when all is quiet.
    fn picture(&self, name: &str, story: &str) -> String {
        let plan = (self.plan)();
        let (_, trace) = record(&plan);
        let end = match plan.ending {
            Ending::Quiet { after } => after,
            Ending::Stop { at } => at,
        };
        let first = plan.operations.iter().map(|operation| operation.at).min();
        // the words of what is wrong from the beginning need a line of their own
        let first = first.unwrap_or(Duration::ZERO);
        let wrong = plan.faults.iter().any(|fault| fault.at < first);
        let lead = if wrong { LEAD } else { Duration::ZERO };
        let from = nanos(first.saturating_sub(lead));
        let trace = excerpt(&trace, from, nanos(end));
        let heading = format!("{name}: {}\n{story}", self.how);
        picture::render(&trace, &heading.replace('`', ""))
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).expect("a span of a plan")
}
