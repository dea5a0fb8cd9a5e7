//! Tests that measure time take turns.

use std::sync::{Mutex, MutexGuard, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

/// Waits until no other test of this process is timing something, and keeps it so while the guard lives.
///
/// `cargo test` runs the tests of one file in threads of one process, where this lock serialises them; nextest runs
/// each test in a process of its own and serialises them by the group `servers` of `.config/nextest.toml`.
#[must_use = "the turn ends when the guard is dropped"]
pub fn take() -> MutexGuard<'static, ()> {
    // A test that failed while it had the turn has nothing in here that could be broken.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
