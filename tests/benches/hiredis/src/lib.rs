//! hiredis for the benchmark: its reader, with reply objects and without, and its command formatter.
//!
//! Debian's package is `libhiredis-dev`. Without it [`VERSION`] is `None` and there is nothing to call.

#[cfg(hiredis)]
mod linked;
#[cfg(not(hiredis))]
mod missing;

#[cfg(hiredis)]
pub use linked::{Reader, VERSION, format};
#[cfg(not(hiredis))]
pub use missing::{Reader, VERSION, format};

/// What a reader makes of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objects {
    /// A tree of `redisReply`, as all users of hiredis in C get it.
    Built,
    /// Nothing: only the protocol is followed. The least that hiredis can do.
    None,
}
