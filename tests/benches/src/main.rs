//! What the codec costs, counted in instructions, beside its peers.
//!
//! `cargo run --release -p quorlock-benches` runs every case under valgrind, prints instructions per frame
//! (or command) side by side and fails when a figure of ours is above its gate. Counts are the same on every
//! run, so a gate needs no quiet machine; valgrind must be installed. Times are for another program.
#![allow(
    clippy::expect_used,
    reason = "a benchmark that can't go on fails with the words at hand"
)]

mod commands;
mod count;
mod ours;
mod peers;
mod streams;
mod table;

use std::env;
use std::process::ExitCode;

use crate::count::Case;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => table::print(),
        [subject, work, rounds] => {
            let rounds = rounds.parse().expect("a number of rounds");
            Case::named(subject, work)
                .expect("a known case")
                .run(rounds);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: quorlock-benches [<subject> <work> <rounds>]");
            ExitCode::from(2)
        }
    }
}
