//! From the command line to a held lock, or to the exit status that says why not.

use quorlock_tokio::{AcquireError, MultiGuard, MultiRequest};

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::locked::Locked;
use crate::report::Failed;
use crate::signals::Signals;
use crate::values::Wait;

/// Waits for the lock as long as the command line says, or until a signal comes.
///
/// # Errors
/// Not acquired; nothing is held then, though releases may still be on their way.
pub(crate) async fn acquire(
    args: &RunArgs,
    request: MultiRequest,
    signals: &mut Signals,
) -> Result<MultiGuard, Failed> {
    let request = request.ttl(args.ttl.as_duration());
    tokio::select! {
        biased;
        // this drops the request, which cancels it
        signal = signals.next_to_pass_on() => Err(interrupted(signal.as_raw(), args)),
        granted = wait_for(request, args.wait) => granted.map_err(|error| refused(&error)),
    }
}

async fn wait_for(request: MultiRequest, wait: Wait) -> Result<MultiGuard, AcquireError> {
    match wait {
        Wait::Forever => request.acquire().await,
        Wait::Once => request.try_acquire().await,
        Wait::Within(span) => request.acquire_within(span).await,
    }
}

fn interrupted(signal: i32, args: &RunArgs) -> Failed {
    let locked = Locked::new(&args.all_keys());
    Failed::new(
        Exit::by_signal(signal),
        format_args!("signal {signal} came while waiting for the lock {locked}"),
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
