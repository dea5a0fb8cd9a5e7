//! From the command line to a held lock, or to the exit status that says why not.

use std::os::unix::ffi::OsStrExt;

use bytes::Bytes;
use quorlock_tokio::{AcquireError, Client, Guard, Request};

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::nodes::Group;
use crate::report::{Failed, readable};
use crate::signals::Signals;
use crate::values::Wait;

/// Waits for the lock as long as the command line says, or until a signal comes.
///
/// # Errors
/// Not acquired; nothing is held then, though releases may still be on their way.
pub(crate) async fn acquire(
    args: &RunArgs,
    client: &Client,
    group: &Group,
    signals: &mut Signals,
) -> Result<Guard, Failed> {
    let key = args.key.as_bytes();
    let mut request = client
        .lock(Bytes::copy_from_slice(key))
        .ttl(args.ttl.as_duration());
    if let Some(shard) = &group.shard {
        request = request.shard(&**shard);
    }
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
        AcquireError::BadKeys(_) | AcquireError::BadRequest { .. } => Exit::USAGE,
        AcquireError::Contended { .. }
        | AcquireError::Deadline { .. }
        | AcquireError::Expired { .. } => Exit::NOT_YET,
        AcquireError::Closed | AcquireError::Rejected { .. } | AcquireError::Unreachable { .. } => {
            Exit::UNAVAILABLE
        }
    };
    Failed::new(exit, error)
}
