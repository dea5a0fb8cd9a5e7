//! The command line.

use std::path::PathBuf;

use clap::Parser;
use quorlock_tests::simulation::Profile;

/// Runs many seeds of the simulated world, or plays a scenario, and says what was violated.
///
/// Exits with 1 when something was violated, or when a sweep has not seen enough to have shown anything. A failure is
/// shrunk first, and comes with the command that repeats it.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    pub(crate) from: u64,
    /// What may happen: cluster, failovers, fair, safe and strict have their protections on, the others lack one.
    #[arg(long, default_value = "safe", value_parser = profile)]
    pub(crate) profile: Profile,
    /// Of each plan these operations only, by number; none for an empty word.
    #[arg(long, value_parser = numbers)]
    pub(crate) operations: Option<Numbers>,
    /// Of each plan these faults only, by number; none for an empty word.
    #[arg(long, value_parser = numbers)]
    pub(crate) faults: Option<Numbers>,
    /// Plays this scenario in place of seeds.
    #[arg(long, conflicts_with_all = ["seeds", "from", "profile"])]
    pub(crate) scenario: Option<String>,
    /// The scenario without the mechanism that is for it.
    #[arg(long, requires = "scenario")]
    pub(crate) off: bool,
    /// Draws the scenario, or the least run that broke something, or else the first seed.
    #[arg(long)]
    pub(crate) svg: Option<PathBuf>,
}

/// Places in a plan.
#[derive(Clone, Debug)]
pub(crate) struct Numbers(pub(crate) Vec<usize>);

fn profile(name: &str) -> Result<Profile, String> {
    let mut all = Profile::ALL.into_iter();
    all.find(|profile| profile.name() == name).ok_or_else(|| {
        let names = Profile::ALL.map(Profile::name);
        format!("there are {}", names.join(", "))
    })
}

fn numbers(text: &str) -> Result<Numbers, String> {
    let words = text.split(',').filter(|word| !word.is_empty());
    let numbers: Result<_, _> = words.map(str::parse).collect();
    numbers
        .map(Numbers)
        .map_err(|_| "numbers with commas between them".into())
}
