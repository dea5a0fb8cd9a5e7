//! The line that tells how far a sweep is: a few times a second on a terminal, otherwise every few seconds.

use core::time::Duration;
use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Instant;

use quorlock_tests::simulation::sweep::Progress;

/// Runs `work` and shows how far it is out of `all`.
pub(crate) fn shown<T>(progress: &Progress, all: u64, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        scope.spawn(|| show(progress, all));
        work()
    })
}

fn show(progress: &Progress, all: u64) {
    let terminal = io::stderr().is_terminal();
    let pause = Duration::from_millis(if terminal { 200 } else { 5_000 });
    let (start, end) = if terminal { ("\r", "") } else { ("", "\n") };
    let began = Instant::now();
    let mut told = began;
    while !progress.is_over() {
        thread::sleep(Duration::from_millis(20));
        if told.elapsed() >= pause {
            told = Instant::now();
            let (done, failed) = (progress.done(), progress.failed());
            let seconds = began.elapsed().as_secs();
            eprint!("{start}{done} of {all} seeds, {failed} failed, {seconds} s{end}");
            // nobody is hurt where nobody can be told
            let _ = io::stderr().flush();
        }
    }
    if terminal && told > began {
        eprintln!();
    }
}
