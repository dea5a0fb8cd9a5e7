//! The same plan is the same run.

use quorlock_tests::simulation::{record, run};

use crate::safe;

#[test]
fn i10_the_same_plan_is_the_same_run_recorded_or_not() {
    for seed in 0..10 {
        let plan = safe(seed);
        let outcome = run(&plan);
        assert_eq!(run(&plan), outcome);
        let (recorded, trace) = record(&plan);
        assert_eq!(recorded, outcome);
        assert!(trace.items.len() > 100, "{} items", trace.items.len());
    }
    assert_ne!(run(&safe(1)).tally.digest, run(&safe(2)).tally.digest);
}

/// Which node is polled first changes nothing: same bytes, same times, same events.
#[test]
fn i10_the_order_of_polling_does_not_matter() {
    for seed in 0..10 {
        let mut plan = safe(seed);
        let outcome = run(&plan);
        plan.settings.backwards = true;
        assert_eq!(run(&plan), outcome, "seed {seed}");
    }
}

/// What is taken out of a plan does not stir the rest: until the fault's time the run is the same.
#[test]
fn i10_a_plan_with_a_fault_less_is_otherwise_the_same() {
    let mut plan = (0..1_000)
        .map(safe)
        .find(|plan| plan.faults.len() > 5)
        .unwrap();
    plan.faults.sort_by_key(|fault| fault.at);
    let last = plan.faults.pop().unwrap();
    let without = {
        let mut plan = plan.clone();
        plan.ending = quorlock_tests::simulation::plan::Ending::Stop { at: last.at };
        run(&plan)
    };
    plan.faults.push(last);
    plan.ending = quorlock_tests::simulation::plan::Ending::Stop { at: last.at };
    let with = run(&plan);
    // the fault itself is the one event more
    assert_eq!(with.tally.digest, without.tally.digest);
}
