//! The `quorlock` command: runs programs under a lock that a quorum of Redis servers
//! grants.
//!
//! The path of one `quorlock run`, file by file: [`args`] parses, [`nodes`] finds the
//! servers, [`acquire`] gets the lock while [`announce`](mod@announce) says which nodes do
//! not vote, [`child`] starts the command (through [`tether`] on Linux), [`supervise`]
//! waits for its end and ends it by the times that [`deadline`] computes, [`run`] ties
//! them together and releases, [`report`] says what happened and [`exit`] in one number.

mod acquire;
mod announce;
mod args;
mod child;
mod client;
mod console;
mod deadline;
mod event_loop;
mod exit;
mod lines;
mod log;
mod nodes;
mod report;
mod run;
mod signals;
mod supervise;
#[cfg(target_os = "linux")]
mod tether;
mod text;
mod values;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::exit::Exit;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // where the text can't be written there is nowhere to say so
            let _ = told.print();
            let asked_for = told.exit_code() == 0;
            return if asked_for {
                Exit::SUCCESS.into()
            } else {
                Exit::USAGE.into()
            };
        }
    };
    let exit = match cli.command {
        Command::Run(args) => run::run(&args),
        #[cfg(target_os = "linux")]
        Command::Tether(args) => tether::run(&args),
    };
    exit.into()
}
