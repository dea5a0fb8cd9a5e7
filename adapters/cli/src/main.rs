//! The `quorlock` command: runs programs under a lock that a quorum of Redis servers
//! grants.
//!
//! The path of one `quorlock run`, file by file: [`args`] parses, [`nodes`] finds the
//! servers, [`clients`] connects to them, [`acquire`] gets the lock while [`announce`](mod@announce) says which nodes do
//! not vote, [`child`] starts the command (through [`tether`] on Linux), [`supervise`]
//! waits for its end and ends it by the times that [`deadline`] computes, [`run`] ties
//! them together and releases, [`report`] says what happened and [`exit`] in one number.
//!
//! [`status`](mod@status) and [`arm`](mod@arm) ask each node by a [`node_connection`] of
//! its own and [`print`](mod@print) their answer.

mod acquire;
mod announce;
mod args;
mod arm;
mod child;
mod client;
mod clients;
mod console;
mod deadline;
mod each_node;
mod event_loop;
mod exit;
mod inspect;
mod lines;
mod locked;
mod log;
mod node_connection;
mod nodes;
mod print;
mod replicas;
mod report;
mod run;
mod shard;
mod share;
mod signals;
mod status;
mod supervise;
#[cfg(target_os = "linux")]
mod tether;
mod text;
mod values;
mod variables;

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
        Command::Arm(args) => print::answer(arm::arm(&args), args.json),
        Command::Run(args) => run::run(&args),
        Command::Status(args) => print::answer(status::status(&args), args.json),
        #[cfg(target_os = "linux")]
        Command::Tether(args) => tether::run(&args),
    };
    exit.into()
}
