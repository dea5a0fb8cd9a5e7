//! From the command line to a held lock, or to the exit status that says why not.

use core::time::Duration;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use bytes::Bytes;
use quorlock_tokio::{AcquireError, BuildError, Client, Guard, Request, RestartGuard, Timing};

use crate::args::{RunArgs, Wait};
use crate::exit::Exit;
use crate::report::{Failed, readable};
use crate::signals::Signals;

/// A client of the nodes at `urls`, under a name that tells a server's operator which
/// process it is. A release is reported within `release_timeout`.
///
/// # Errors
/// A URL or the configuration can't work, or the system refuses randomness.
pub(crate) fn connect(
    args: &RunArgs,
    urls: &[String],
    release_timeout: Duration,
) -> Result<Client, Failed> {
    let timing = Timing {
        release_timeout,
        ..Timing::DEFAULT
    };
    let builder = quorlock_tokio::builder().quorum(args.quorum).timing(timing);
    // nodes inside this process have no earlier life that they could have forgotten
    let guard = if args.embedded.is_some() {
        RestartGuard::Off
    } else {
        args.guard
    };
    let builder = builder.guard(guard).max_ttl(args.max_ttl);
    let builder = builder.client_name(format!("quorlock:{}", std::process::id()));
    let builder = builder
        .nodes(urls)
        .map_err(|error| Failed::new(Exit::USAGE, error))?;
    builder.build().map_err(|error| {
        let exit = match error {
            BuildError::Config(_) | BuildError::SameServer { .. } => Exit::USAGE,
            BuildError::Random(_) | BuildError::Runtime(_) => Exit::SYSTEM,
        };
        Failed::new(exit, error)
    })
}

/// Waits for the lock as long as the command line says, or until a signal comes.
///
/// # Errors
/// Not acquired; nothing is held then, though releases may still be on their way.
pub(crate) async fn acquire(
    args: &RunArgs,
    client: &Client,
    signals: &mut Signals,
) -> Result<Guard, Failed> {
    let key = args.key.as_bytes();
    let request = client
        .lock(Bytes::copy_from_slice(key))
        .ttl(args.ttl.as_duration());
    tokio::select! {
        biased;
        // this drops the request, which cancels it
        signal = signals.next_to_pass_on() => Err(interrupted(signal.as_raw(), key)),
        granted = wait_for(request, args.wait) => granted.map_err(|error| refused(&error)),
    }
}

async fn wait_for(request: Request, wait: Wait) -> Result<Guard, AcquireError> {
    match wait {
        Wait::Forever => request.acquire().await,
        Wait::Once => request.try_acquire().await,
        Wait::Within(span) => request.acquire_within(span).await,
    }
}

fn interrupted(signal: i32, key: &[u8]) -> Failed {
    let key = readable(key);
    Failed::new(
        Exit::by_signal(signal),
        format_args!("signal {signal} came while waiting for the lock {key:?}"),
    )
}

fn refused(error: &AcquireError) -> Failed {
    let exit = match error {
        AcquireError::BadRequest { .. } => Exit::USAGE,
        AcquireError::Contended { .. }
        | AcquireError::Deadline { .. }
        | AcquireError::Expired { .. } => Exit::NOT_ACQUIRED,
        AcquireError::Closed | AcquireError::Rejected { .. } | AcquireError::Unreachable { .. } => {
            Exit::UNAVAILABLE
        }
    };
    Failed::new(exit, error)
}

/// A failure of the system that leaves nothing to do.
pub(crate) fn system(what: &str, error: &dyn fmt::Display) -> Failed {
    Failed::new(Exit::SYSTEM, format_args!("{what}: {error}"))
}
