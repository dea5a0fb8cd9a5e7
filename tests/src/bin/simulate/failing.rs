//! The failures of a sweep: each is shrunk, and the least is told.

use quorlock_tests::simulation::shrink::{Kept, shrink};
use quorlock_tests::simulation::sweep::Failure;
use quorlock_tests::simulation::{Plan, Violation, run};

use crate::args::Args;

/// The least of all failures.
#[derive(Debug)]
pub(crate) struct Least {
    pub(crate) seed: u64,
    pub(crate) plan: Plan,
    violation: Violation,
    kept: Kept,
}

/// Shrinks every failure and gives the one of which least is left.
pub(crate) fn least(failures: &[Failure], plan: impl Fn(u64) -> Plan) -> Option<Least> {
    let shrunk = failures.iter().map(|failure| {
        let whole = plan(failure.seed);
        let kept = shrink(&whole, failure.violation.invariant);
        let plan = kept.of(&whole);
        let violation = run(&plan).violation;
        Least {
            seed: failure.seed,
            plan,
            violation: violation.unwrap_or_else(|| failure.violation.clone()),
            kept,
        }
    });
    shrunk.min_by_key(|least| least.kept.size())
}

impl Least {
    /// Says what happened and how to repeat it. `before`: the places in the plan that the numbers here are places in.
    pub(crate) fn print(&self, args: &Args, before: &Kept) {
        let number = |of: &[usize], at: &[usize]| -> String {
            let numbers = at.iter().filter_map(|at| of.get(*at));
            let words: Vec<String> = numbers.map(usize::to_string).collect();
            words.join(",")
        };
        println!(
            "\nthe least of them, seed {}: {}",
            self.seed, self.violation
        );
        for operation in &self.plan.operations {
            println!("  {operation:?}");
        }
        for fault in &self.plan.faults {
            println!("  {fault:?}");
        }
        println!(
            "repeat it: cargo run --release -p quorlock-tests --bin simulate -- --profile {} --from {} --seeds 1 \
             --operations '{}' --faults '{}' --svg run.svg",
            args.profile.name(),
            self.seed,
            number(&before.operations, &self.kept.operations),
            number(&before.faults, &self.kept.faults),
        );
    }

    /// What stands above its picture.
    pub(crate) fn heading(&self) -> String {
        format!("Seed {}\n{}", self.seed, self.violation.invariant)
    }
}
