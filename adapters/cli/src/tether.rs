//! Ties the command to `quorlock`'s life.
//!
//! A `quorlock` that is killed by `SIGKILL` can't end its command, whose lock then
//! runs out while it works on. Linux can: `PR_SET_PDEATHSIG` has the kernel send a
//! signal to a process when its parent dies. It must be called between fork and exec,
//! where safe Rust can't be; so `quorlock` starts itself, makes the call, and becomes
//! the command by `exec`, which keeps the setting (except for set-user-ID programs,
//! see prctl(2)). It covers the command itself and not the children of it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use clap::Args;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::exit::Exit;
use crate::report;

/// Name of the hidden subcommand.
pub(crate) const SUBCOMMAND: &str = "__tether";

/// This very program, even where its file was replaced since it started.
const SELF: &str = "/proc/self/exe";

#[derive(Args, Debug)]
pub(crate) struct TetherArgs {
    /// Process to die with.
    parent: i32,
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// The command that, when started, becomes `program` with `arguments` and dies with
/// this process. The kernel watches the *thread* that starts it, so this has to be
/// the main thread. Where /proc is not mounted the command is not tied to anything,
/// which is logged.
pub(crate) fn tethered(program: &OsString, arguments: &[OsString]) -> Command {
    if !Path::new(SELF).exists() {
        tracing::warn!("no {SELF}: the command will go on if quorlock is killed");
        let mut command = Command::new(program);
        command.args(arguments);
        return command;
    }
    let mut command = Command::new(SELF);
    command.arg0("quorlock").arg(SUBCOMMAND);
    command
        .arg(std::process::id().to_string())
        .arg("--")
        .arg(program)
        .args(arguments);
    command
}

/// Becomes the command; comes back only where that can't be done.
pub(crate) fn run(args: &TetherArgs) -> Exit {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        report::complain(format_args!(
            "the command can't be tied to quorlock: {error}"
        ));
        return Exit::SYSTEM;
    }
    // the parent may have died before the call: then nobody would end the command
    if getppid().map(Pid::as_raw_nonzero).map(i32::from) != Some(args.parent) {
        return Exit::by_signal(Signal::KILL.as_raw());
    }
    let Some((program, arguments)) = args.command.split_first() else {
        return Exit::USAGE;
    };
    let error: io::Error = Command::new(program).args(arguments).exec();
    report::complain(format_args!("{}: {error}", program.display()));
    Exit::of_exec_error(&error)
}
