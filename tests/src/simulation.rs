//! A world in one thread: real clients, real (embedded) nodes, links that delay and break, and a clock that jumps from
//! one event to the next. The seed decides everything; the same seed is the same run.
//!
//! The code that runs is the code that ships: [`quorlock_core::Client`] over its bytes, against
//! [`quorlock_embedded::Node`]. What is made up is the time and the network: each link keeps the order of its bytes
//! and delays them, cuts them into pieces, and breaks; what was on its way when it broke is lost, or is executed late.

mod application;
mod check;
mod client;
mod link;
mod network;
pub mod picture;
pub mod trace;
mod world;

use core::time::Duration;

pub use check::Tally;
use world::World;

/// What a run may do. [`Plan::SAFE`] is what locks are promised to stand.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Clients that compete.
    pub clients: usize,
    /// Keys that they compete for.
    pub keys: usize,
    /// Lock nodes.
    pub nodes: usize,
    /// Clocks run fast or slow by up to this much, in parts per million.
    pub skew_ppm: i64,
    /// What the clients allow for it.
    pub drift_ppm: u32,
    /// Mean time between two broken connections; zero: none breaks.
    pub cut_every: Duration,
    /// Time until the faults stop and the clients close.
    pub length: Duration,
}

impl Plan {
    /// Skew within the allowance, memory kept, connections that break.
    pub const SAFE: Self = Self {
        clients: 3,
        keys: 2,
        nodes: 5,
        skew_ppm: 4_900,
        drift_ppm: 10_000,
        cut_every: Duration::from_millis(700),
        length: Duration::from_secs(20),
    };
}

/// Runs a plan.
///
/// # Errors
/// The first invariant that was violated, with the time and the seed.
pub fn run(plan: &Plan, seed: u64) -> Result<Tally, String> {
    let mut world = World::new(plan, seed);
    world.run().map_err(|violation| {
        format!(
            "seed {seed}: {violation} at {:?} of virtual time",
            Duration::from_nanos(world.now())
        )
    })
}
