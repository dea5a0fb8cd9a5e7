//! The signals that `quorlock` takes: three to pass on, and the child's end.

use std::fs;
use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A child has ended, was stopped or goes on.
    Child,
    /// Somebody wants the command to end or to take notice.
    PassOn(Signal),
}

/// Takes the signals from [`Signals::start`] on; none is missed between two calls.
#[derive(Debug)]
pub(crate) struct Signals {
    child: unix::Signal,
    hangup: Option<unix::Signal>,
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    /// Starts to take `SIGINT`, `SIGTERM`, `SIGCHLD`, and `SIGHUP` unless it is
    /// ignored: `nohup quorlock run ..` is to go on, and so is its command.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn start() -> io::Result<Self> {
        let hangup = if ignores_hangup() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(Self {
            child: signal(SignalKind::child())?,
            hangup,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next signal; may be dropped and called again.
    pub(crate) async fn next(&mut self) -> News {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => core::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.child.recv() => News::Child,
            _ = hangup => News::PassOn(Signal::HUP),
            _ = self.interrupt.recv() => News::PassOn(Signal::INT),
            _ = self.terminate.recv() => News::PassOn(Signal::TERM),
        }
    }

    /// The next signal to pass on.
    pub(crate) async fn next_to_pass_on(&mut self) -> Signal {
        loop {
            if let News::PassOn(signal) = self.next().await {
                return signal;
            }
        }
    }
}

/// Whether `SIGHUP` was ignored when this program started. Where there is no /proc it
/// counts as not ignored.
fn ignores_hangup() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignored_in(&status, Signal::HUP))
}

/// Reads the mask of ignored signals in the text of /proc/PID/status, see proc(5).
fn ignored_in(status: &str, signal: Signal) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    let bit = u32::try_from(signal.as_raw() - 1).unwrap_or(u32::MAX);
    mask.checked_shr(bit)
        .is_some_and(|shifted| shifted & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status =
            |mask: &str| format!("Name:\tsh\nSigBlk:\t0001\nSigIgn:\t{mask}\nSigCgt:\t1\n");
        assert!(ignored_in(&status("0000000000000001"), Signal::HUP));
        assert!(ignored_in(&status("0000000000001003"), Signal::HUP));
        assert!(!ignored_in(&status("0000000000001002"), Signal::HUP));
        assert!(ignored_in(&status("0000000000001002"), Signal::INT));
        assert!(!ignored_in(&status("nonsense"), Signal::HUP));
        assert!(!ignored_in("", Signal::HUP));
    }
}
