//! Exit statuses: the child's own, or why there was none.
//!
//! The numbers from 64 on are those of BSD's sysexits.h; 126, 127 and 128 + signal
//! are what shells do.

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use serde::Serialize;

/// How `quorlock` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Exit(u8);

impl Exit {
    /// Done.
    pub(crate) const SUCCESS: Self = Self(0);
    /// Bad arguments (`EX_USAGE`).
    pub(crate) const USAGE: Self = Self(64);
    /// No quorum of nodes could be used (`EX_UNAVAILABLE`).
    pub(crate) const UNAVAILABLE: Self = Self(69);
    /// The system did not give us what we need to run at all (`EX_OSERR`).
    pub(crate) const SYSTEM: Self = Self(71);
    /// The lock was lost while the command ran (`EX_IOERR`).
    pub(crate) const LOST: Self = Self(74);
    /// The lock was not free within the time given, or a node is in quarantine
    /// (`EX_TEMPFAIL`).
    pub(crate) const NOT_YET: Self = Self(75);

    /// As a shell ends when a signal ended its command.
    pub(crate) fn by_signal(signal: i32) -> Self {
        Self(128 | u8::try_from(signal).unwrap_or(0))
    }

    /// The status of a child that has ended.
    pub(crate) fn of_child(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self(u8::try_from(code).unwrap_or(u8::MAX)),
            (None, Some(signal)) => Self::by_signal(signal),
            (None, None) => Self(u8::MAX),
        }
    }

    /// A command that could not be run: 127 where there is none, else 126.
    pub(crate) fn of_exec_error(error: &io::Error) -> Self {
        if error.kind() == ErrorKind::NotFound {
            Self(127)
        } else {
            Self(126)
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_passes_its_status_on() {
        let table = [
            (0, 0),
            (3 << 8, 3),
            (255 << 8, 255),
            (9, 137),
            (15, 143),
            (2 | 0x80, 130),
        ];
        for (raw, code) in table {
            assert_eq!(
                Exit::of_child(ExitStatus::from_raw(raw)),
                Exit(code),
                "wait status {raw:#x}"
            );
        }
    }

    #[test]
    fn a_missing_command_is_told_from_one_that_can_not_run() {
        let missing = io::Error::from(ErrorKind::NotFound);
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        assert_eq!(Exit::of_exec_error(&missing), Exit(127));
        assert_eq!(Exit::of_exec_error(&denied), Exit(126));
    }
}
