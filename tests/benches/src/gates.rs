//! What our figures may be at most, in instructions and allocations per reply or command.

use std::process::ExitCode;

use crate::case::Case;
use crate::count::Counts;

/// Above either of the two the check fails.
pub(crate) struct Gate {
    pub(crate) subject: &'static str,
    pub(crate) work: &'static str,
    pub(crate) instructions: u32,
    pub(crate) allocations: u32,
}

/// What a round allocates once, its decoder and its buffer, is less than this per reply.
const ONCE: f64 = 0.01;

const fn gate(
    subject: &'static str,
    work: &'static str,
    instructions: u32,
    allocations: u32,
) -> Gate {
    Gate {
        subject,
        work,
        instructions,
        allocations,
    }
}

/// The held-out streams have no gate: whoever has one tunes on it. Nor has the fenced command, whose length is what
/// the lock's options make it.
pub(crate) const GATES: [Gate; 14] = [
    gate("quorlock borrowed", "lockmix", 70, 0),
    gate("quorlock borrowed", "okonly", 70, 0),
    gate("quorlock borrowed", "arr3int", 420, 0),
    gate("quorlock borrowed", "bulk64", 100, 0),
    gate("quorlock borrowed", "nested3", 920, 0),
    gate("quorlock owned", "lockmix", 120, 0),
    gate("quorlock owned", "okonly", 120, 0),
    gate("quorlock owned", "arr3int", 720, 0),
    gate("quorlock owned", "bulk64", 290, 0),
    gate("quorlock owned", "nested3", 1330, 1),
    gate("quorlock prepared", "set", 320, 0),
    gate("quorlock prepared", "evalsha", 320, 0),
    gate("quorlock general", "set", 425, 0),
    gate("quorlock general", "evalsha", 425, 0),
];

impl Gate {
    /// The gate of a case, if it has one.
    pub(crate) fn of(case: Case) -> Option<&'static Self> {
        let [subject, work, _] = case.words();
        let here = |gate: &&Self| (gate.subject, gate.work) == (subject, work);
        GATES.iter().find(here)
    }

    pub(crate) fn holds(&self, counts: Counts) -> bool {
        counts.instructions <= f64::from(self.instructions)
            && counts.allocations <= f64::from(self.allocations) + ONCE
    }
}

/// Counts the cases that have a gate, and says which one is broken.
pub(crate) fn check() -> ExitCode {
    let mut broken = 0;
    println!(
        "{:<20}{:<10}{:>14}{:>9}{:>14}{:>9}",
        "", "", "instructions", "at most", "allocations", "at most"
    );
    for (case, gate) in Case::counted().filter_map(|case| Some((case, Gate::of(case)?))) {
        let counts = case.count();
        let verdict = if gate.holds(counts) { "" } else { "  BROKEN" };
        broken += usize::from(!gate.holds(counts));
        println!(
            "{:<20}{:<10}{:>14.1}{:>9}{:>14.3}{:>9}{verdict}",
            gate.subject,
            gate.work,
            counts.instructions,
            gate.instructions,
            counts.allocations,
            gate.allocations
        );
    }
    if broken == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{broken} of {} gates are broken", GATES.len());
    ExitCode::FAILURE
}
