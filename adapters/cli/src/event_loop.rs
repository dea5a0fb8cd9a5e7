//! The thread that everything runs on.

use crate::report::Failed;

/// Runs `work` to its end on this thread, and what it spawned up to then. One thread is
/// enough; and the kernel ends the command of `quorlock run` when the thread that
/// started it ends (see [`tether`](crate::tether)), so it has to be the main one.
///
/// # Errors
/// Those of `work`, or the system has no event loop for us.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failed::system("no event loop", &error))?;
    let outcome = runtime.block_on(work);
    // a look-up of a host's name that hangs is not waited for
    runtime.shutdown_background();
    outcome
}
