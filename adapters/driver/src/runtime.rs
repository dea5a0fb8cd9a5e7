//! What the driver asks of an async runtime: connections, timers, a place to run.
//!
//! The shape is quinn's: a trait so small that an implementation is one short file,
//! used behind `dyn`, so that clients and guards carry no type parameter.

use core::fmt::Debug;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::time::{Instant, SystemTime};

use crate::address::Address;

/// The driver's task, as it is handed to [`Runtime::spawn`].
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An async runtime.
#[async_trait::async_trait]
pub trait Runtime: Debug + Send + Sync + 'static {
    /// Connects to a node; TCP connections have `TCP_NODELAY` set, since a lock
    /// command is one small write that waits for its answer.
    ///
    /// The driver drops the future when it takes too long.
    async fn connect(&self, address: &Address) -> io::Result<Box<dyn Stream>>;

    /// Runs a task in the background, to its end or to the runtime's.
    ///
    /// The task gives way by itself; a runtime that counts what a task does within
    /// one poll may leave it uncounted.
    fn spawn(&self, task: Task);

    /// A timer that is due at `at`.
    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>>;

    /// The monotonic clock that the timers run on.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// The wall clock, which goes on while the machine is suspended.
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A timer that can be set anew.
pub trait Timer: Send {
    /// Makes the timer due at `at`, whether it was due before or not. The next
    /// [`poll`](Timer::poll) registers the waker.
    fn reset(self: Pin<&mut Self>, at: Instant);

    /// Ready when due; otherwise the task is woken when it is.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;
}

/// A connected stream of bytes. Dropping it closes it.
///
/// A stream that buffers what is written must send it without being asked to.
pub trait Stream: Send {
    /// Reads at most `buffer.len()` bytes into `buffer`; 0 is the end of the stream.
    ///
    /// # Errors
    /// The connection is of no use any more.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes some of `bytes` and says how many.
    ///
    /// # Errors
    /// The connection is of no use any more.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;
}
