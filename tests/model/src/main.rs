//! Checks the model, run by run, and prints what came of each.
//!
//! ```text
//! cargo run --release -p quorlock-model [-- [--long] [NAME..]]
//! ```
//!
//! Without a name all runs but the long ones. A violation that was expected is told step by step. Exits with 1 where a
//! verdict is not the expected one, or where something that must be seen was not.

use std::env;
use std::process::ExitCode;
use std::thread::available_parallelism;

use quorlock_model::{Expected, Outcome, Run, runs};

fn main() -> ExitCode {
    let (options, names): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|word| word.starts_with('-'));
    let long = options.iter().any(|option| option == "--long");
    let all = runs();
    let known = |name: &String| all.iter().any(|run| run.name == *name);
    if options.iter().any(|option| option != "--long") || !names.iter().all(known) {
        eprintln!("usage: quorlock-model [--long] [NAME..]");
        for run in all {
            eprintln!("  {:26} {}", run.name, run.about);
        }
        return ExitCode::from(64);
    }
    println!(
        "{:26} {:28} {:9} {:>11} {:>10} {:>5} {:>8}",
        "run", "expected", "verdict", "states", "unique", "depth", "time"
    );
    let threads = available_parallelism().map_or(1, usize::from);
    let mut failed = 0;
    for run in &all {
        let chosen = names.contains(&run.name.to_owned());
        if chosen || names.is_empty() && (long || !run.long) {
            let outcome = run.check(threads);
            print(run, &outcome);
            failed += usize::from(!outcome.is(&run.expected));
        }
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        println!("{failed} of the runs came out otherwise than expected");
        ExitCode::FAILURE
    }
}

fn print(run: &Run, outcome: &Outcome) {
    let expected = match run.expected {
        Expected::Holds(..) => "holds".to_owned(),
        Expected::Violated(claim) => ["violated: ", claim.name()].concat(),
    };
    let verdict = outcome.violated.map_or("holds", |_| "violated");
    println!(
        "{:26} {expected:28} {verdict:9} {:>11} {:>10} {:>5} {:>6.1} s",
        run.name,
        outcome.states,
        outcome.unique,
        outcome.depth,
        outcome.time.as_secs_f64()
    );
    println!("    {}", run.about);
    if let Expected::Holds(claims, _) = run.expected {
        let names: Vec<_> = claims.iter().map(|claim| claim.name()).collect();
        println!("    claims: {}", names.join(", "));
    }
    for sight in &outcome.unseen {
        println!("    NEVER SEEN: {}", sight.name());
    }
    if let Some(claim) = outcome.violated {
        println!("    not so: {}", claim.name());
    }
    for (number, (action, world)) in outcome.trace.iter().enumerate() {
        println!("    {:2}. {:40} {world}", number + 1, action.to_string());
    }
}
