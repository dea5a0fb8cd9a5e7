//! Many seeds at once, on all processors.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Plan, Tally, Violation, run};

/// A seed whose plan broke something.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What it broke.
    pub violation: Violation,
}

/// A sweep that runs: what is known of it so far.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    failed: AtomicU64,
    over: AtomicBool,
}

impl Progress {
    /// Seeds that were run.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Those of them that broke something.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether all seeds are through.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Runs the plans of `count` seeds from `from` on. The result does not depend on how many processors there are. After
/// `most` failures no new seed is begun.
///
/// The failures come in the order of their seeds.
pub fn sweep(
    (from, count): (u64, u64),
    most: u64,
    progress: &Progress,
    plan: impl Fn(u64) -> Plan + Sync,
) -> (Tally, Vec<Failure>) {
    let next = AtomicU64::new(0);
    let sum = Mutex::new((Tally::default(), Vec::new()));
    let work = || {
        let (mut tally, mut failures) = (Tally::default(), Vec::new());
        while progress.failed() < most {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            let seed = from + number;
            let outcome = run(&plan(seed));
            tally.add(&outcome.tally);
            progress.done.fetch_add(1, Ordering::Relaxed);
            if let Some(violation) = outcome.violation {
                progress.failed.fetch_add(1, Ordering::Relaxed);
                failures.push(Failure { seed, violation });
            }
        }
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.0.add(&tally);
        sum.1.append(&mut failures);
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    progress.over.store(true, Ordering::Relaxed);
    let (tally, mut failures) = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.sort_by_key(|failure: &Failure| failure.seed);
    (tally, failures)
}
