//! Several locks as one, all or nothing: what spans several groups of nodes.
//!
//! ```text
//!   MultiRequest ──> Gathering ──────────> MultiGuard      a Guard for each part
//!                      │ orders ▲ answers
//!                      ▼        │
//!     quorlock_core::Bundle: which part to try, to wait for, to give back
//! ```
//!
//! Each part is a [`Request`](crate::Request) of its own to a client of its own. Keys of
//! one group of nodes are one part: its nodes grant them together.

mod gathering;
mod guard;
mod join;
mod lost;
mod part;
mod release;
mod request;

pub use guard::MultiGuard;
pub use lost::MultiLostFuture;
pub use part::Part;
pub use release::MultiRelease;
pub use request::MultiRequest;
