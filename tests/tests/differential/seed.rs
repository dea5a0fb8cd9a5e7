//! Where the randomness of a run comes from, and how long the run is.

use std::env;

use fastrand::Rng;

/// A run's seed: `QUORLOCK_SEED`, or a fresh one. It is printed, so that a failing run can be repeated.
pub(crate) fn rng() -> Rng {
    let seed = number("QUORLOCK_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("QUORLOCK_SEED={seed}");
    Rng::with_seed(seed)
}

/// How many random commands to run: `QUORLOCK_DIFF_OPS`, or 50,000.
pub(crate) fn operations() -> u64 {
    number("QUORLOCK_DIFF_OPS").unwrap_or(50_000)
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is no number")),
    )
}
