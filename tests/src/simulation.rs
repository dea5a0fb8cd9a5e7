//! A world in one thread: real clients, real (embedded) nodes, links that delay and break, and a clock that jumps from
//! one event to the next. The plan decides everything; the same plan is the same run.
//!
//! The code that runs is the code that ships: [`quorlock_core::Client`] over its bytes, against
//! [`quorlock_embedded::Node`]. What is made up is the time, the network and the trouble.
//!
//! ```text
//!  seed ──> Profile ──> Plan ──> run ──> Outcome: what was seen, and the first violation
//!           by hand ─────┘  └──> record ──> and a Trace, to be drawn
//! ```

mod all_step;
mod application;
mod beliefs;
#[cfg(test)]
mod by_hand;
mod choice;
mod client;
mod clock;
mod cluster;
mod connection;
mod due;
mod ending;
mod invariant;
mod key_step;
mod network;
mod news;
mod order;
pub mod picture;
pub mod plan;
mod profile;
mod queue;
mod recorder;
mod renewal;
mod repeats;
mod replica;
mod replication;
mod rest;
mod rounds;
mod server;
pub mod shrink;
mod storage;
mod swarm;
pub mod sweep;
mod tally;
pub mod trace;
mod trouble;
pub mod vacuity;
mod verdict;
mod wire;
mod world;

pub use invariant::{Invariant, Violation};
pub use plan::Plan;
pub use profile::Profile;
use recorder::Recorder;
pub use tally::Tally;
pub use trace::Trace;
use world::World;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it has seen.
    pub tally: Tally,
    /// The first invariant that did not hold; the run ended with it.
    pub violation: Option<Violation>,
}

/// Runs a plan.
#[must_use]
pub fn run(plan: &Plan) -> Outcome {
    let (tally, violation, _) = World::new(plan, None).run();
    Outcome { tally, violation }
}

/// Runs a plan and writes down what happens; the run is the same as without.
#[must_use]
pub fn record(plan: &Plan) -> (Outcome, Trace) {
    let (tally, violation, trace) = World::new(plan, Some(Recorder::new(plan))).run();
    let outcome = Outcome { tally, violation };
    (outcome, trace.unwrap_or_default())
}
