//! Planted faults: patches that break the product on purpose, each with the checks that have to notice.
//!
//! A check that lets its fault live checks nothing. The patches are `tests/planted/<area>/<number>-<name>.patch`; their
//! format is that of [`Fault::parse`], and `cargo run -p quorlock-tests --bin planted` goes through them.

mod check;
mod fault;
mod tree;

pub use check::{Outcome, Run};
pub use fault::{Fault, Kill};
pub use tree::Tree;
