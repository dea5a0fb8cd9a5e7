//! The command as a process: started, signalled, waited for.
//!
//! No signal is ever sent to a number that may be somebody else's by now: the process
//! is seen to have ended by `waitid` with `WNOWAIT`, and its number stays taken until
//! [`Child::reap`].

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
#[cfg(not(target_os = "linux"))]
use std::process::Command;
use std::process::ExitStatus;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpgrp, kill_process, kill_process_group, waitid,
};
use rustix::termios::tcgetpgrp;

/// A running command.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    pid: Pid,
    group: bool,
}

impl Child {
    /// Starts `command` with `variables` in its environment, those without a value
    /// taken out of it (they are another lock's), in a process group of its own, except in the foreground of a terminal: there it could not read from the
    /// terminal, and Ctrl-C and Ctrl-Z would not reach it.
    ///
    /// On Linux it dies when the calling thread does.
    ///
    /// # Errors
    /// The system's, where no process can be started. That the program does not exist
    /// is told there or, on Linux, by the exit status 127 (126 where it can't run).
    pub(crate) fn start(
        command: &[OsString],
        variables: &[(&'static str, Option<OsString>)],
    ) -> io::Result<Self> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::other("no command is given"))?;
        let group = !in_foreground_of_terminal();
        let mut command = prepare(program, arguments);
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if group {
            command.process_group(0);
        }
        let process = command.spawn()?;
        Ok(Self {
            pid: Pid::from_child(&process),
            process,
            group,
        })
    }

    /// Sends a signal to the command and, where it has a group of its own, to all
    /// that it started and that stayed in the group.
    pub(crate) fn signal(&self, signal: Signal) {
        let sent = if self.group {
            kill_process_group(self.pid, signal)
        } else {
            kill_process(self.pid, signal)
        };
        match sent {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => {
                tracing::error!(pid = self.pid.as_raw_nonzero(), ?signal, %error, "can't signal the command");
            }
        }
    }

    /// Whether the command has ended. Its number stays taken.
    pub(crate) fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // an error means that there is nothing to wait for any more
        waitid(WaitId::Pid(self.pid), options).map_or(true, |status| status.is_some())
    }

    /// Waits for the end and gives the number back.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn reap(mut self) -> io::Result<ExitStatus> {
        self.process.wait()
    }
}

#[cfg(target_os = "linux")]
use crate::tether::tethered as prepare;

/// The command as it is started where nothing ties it to this process's life.
#[cfg(not(target_os = "linux"))]
fn prepare(program: &OsString, arguments: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn in_foreground_of_terminal() -> bool {
    tcgetpgrp(std::io::stdin()).is_ok_and(|foreground| foreground == getpgrp())
}
