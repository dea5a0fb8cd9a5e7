//! Timing side by side: everyone does a round, then everyone does the next, so that a busy moment of the machine hits
//! them alike.

use std::collections::BTreeMap;
use std::time::Instant;

/// Who, what, and how it was delivered.
pub(crate) type Key = [&'static str; 3];

/// Nanoseconds per unit: a reply, a command or a byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) median: f64,
    pub(crate) min: f64,
}

pub(crate) type Timings = BTreeMap<Key, Timing>;

/// One who takes part: what a round is and how many units it has.
pub(crate) struct Task<'a> {
    pub(crate) key: Key,
    pub(crate) units: usize,
    pub(crate) round: Box<dyn FnMut() + 'a>,
}

/// Times `rounds` rounds of all of them, after one that warms up.
pub(crate) fn side_by_side(tasks: &mut [Task<'_>], rounds: usize) -> Timings {
    let mut samples = vec![Vec::with_capacity(rounds); tasks.len()];
    for task in tasks.iter_mut() {
        (task.round)();
    }
    for _ in 0..rounds {
        for (task, samples) in tasks.iter_mut().zip(&mut samples) {
            let began = Instant::now();
            (task.round)();
            samples.push(began.elapsed().as_secs_f64());
        }
    }
    let timings = tasks.iter().zip(samples);
    timings
        .map(|(task, samples)| (task.key, Timing::new(samples, task.units)))
        .collect()
}

impl Timing {
    fn new(mut seconds: Vec<f64>, units: usize) -> Self {
        seconds.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 units")]
        let nanoseconds = |seconds: &f64| seconds * 1e9 / units as f64;
        let middle = seconds.get(seconds.len() / 2);
        Self {
            median: middle.map(nanoseconds).expect("a round"),
            min: seconds.first().map(nanoseconds).expect("a round"),
        }
    }
}
