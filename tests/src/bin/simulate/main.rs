//! `cargo run --release -p quorlock-tests --bin simulate -- [--seeds N] [--from SEED] [--profile NAME]
//! [--scenario NAME [--off]] [--svg FILE]`: see `--help`.

mod args;
mod failing;
mod live;
mod scenario;
mod table;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use args::Args;
use clap::Parser;
use quorlock_tests::simulation::picture::render;
use quorlock_tests::simulation::shrink::Kept;
use quorlock_tests::simulation::sweep::{Progress, sweep};
use quorlock_tests::simulation::vacuity::Required;
use quorlock_tests::simulation::{Plan, record};

/// Failures after which a sweep ends: the least of so many is small enough.
const FAILURES: u64 = 50;

/// Sweeps of fewer seeds may miss something that is not rare.
const SEEDS_TO_SHOW_ANYTHING: u64 = 100;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.scenario {
        Some(name) => scenario::play(name, !args.off, args.svg.as_deref()),
        None => seeds(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("simulate: {error}");
            ExitCode::from(74)
        }
    }
}

/// Runs the seeds; true when nothing was violated, and enough was seen.
fn seeds(args: &Args) -> io::Result<bool> {
    let plan = |seed| {
        let plan = args.profile.plan(seed);
        kept(args, &plan).of(&plan)
    };
    let progress = Progress::default();
    let began = Instant::now();
    let (tally, failures) = live::shown(&progress, args.seeds, || {
        sweep((args.from, args.seeds), FAILURES, &progress, plan)
    });
    let subset = args.operations.is_some() || args.faults.is_some();
    let is_judged = args.profile.breaks().is_empty()
        && args.seeds >= SEEDS_TO_SHOW_ANYTHING
        && failures.is_empty()
        && !subset;
    let required = if is_judged {
        Required::of(args.profile, &tally, args.seeds)
    } else {
        Vec::new()
    };
    table::print(&tally, progress.done(), began.elapsed(), &required);
    println!("{:30}{:>14}", "violations", failures.len());
    for failure in &failures {
        println!("seed {}: {}", failure.seed, failure.violation);
    }
    if let Some(least) = failing::least(&failures, plan) {
        least.print(args, &kept(args, &args.profile.plan(least.seed)));
        draw_in(args.svg.as_deref(), &least.plan, &least.heading())?;
        return Ok(false);
    }
    let heading = format!("Seed {} of {}", args.from, args.profile.name());
    draw_in(args.svg.as_deref(), &plan(args.from), &heading)?;
    Ok(required.iter().all(Required::is_met))
}

/// What the command line leaves of a plan.
fn kept(args: &Args, plan: &Plan) -> Kept {
    let mut kept = Kept::all(plan);
    if let Some(operations) = &args.operations {
        kept.operations.clone_from(&operations.0);
    }
    if let Some(faults) = &args.faults {
        kept.faults.clone_from(&faults.0);
    }
    kept
}

/// Draws the run of a plan into a file, where one is asked for.
fn draw_in(file: Option<&Path>, plan: &Plan, heading: &str) -> io::Result<()> {
    let Some(file) = file else {
        return Ok(());
    };
    let (_, trace) = record(plan);
    fs::write(file, render(&trace, heading))?;
    println!("drawn in {}", file.display());
    Ok(())
}
