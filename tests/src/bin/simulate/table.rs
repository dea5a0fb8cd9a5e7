//! What a sweep has seen, as a table.

use core::time::Duration;

use quorlock_tests::simulation::Tally;
use quorlock_tests::simulation::vacuity::Required;

/// Prints the counts, each with how much of it is enough where that is said.
pub(crate) fn print(tally: &Tally, seeds: u64, took: Duration, required: &[Required]) {
    row("seeds", &seeds.to_string());
    row("simulated seconds", &tally.span.as_secs().to_string());
    row("seconds", &format!("{:.1}", took.as_secs_f64()));
    let micros = took.as_micros().max(1);
    let per_second = u128::from(tally.events) * 1_000_000 / micros;
    row("events per second", &per_second.to_string());
    for (what, count) in tally.rows() {
        let least = required.iter().find(|required| required.what == what);
        let verdict = least.map_or(String::new(), |required| {
            let word = if required.is_met() { "ok" } else { "TOO FEW" };
            format!("   at least {}: {word}", required.least)
        });
        row(what, &format!("{count}{verdict}"));
    }
}

/// The number stands under the others, whatever stands behind it.
fn row(what: &str, text: &str) {
    let (number, rest) = text.split_once(' ').unwrap_or((text, ""));
    let line = format!("{what:30}{number:>14} {rest}");
    println!("{}", line.trim_end());
}
