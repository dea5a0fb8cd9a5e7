//! Planted faults: patches that break the product on purpose, each with the checks that have to notice.
//!
//! A check that lets its fault live checks nothing. The patches are `tests/planted/<area>/<number>-<name>.patch`; their
//! format is that of [`Fault::parse`], and `cargo run -p quorlock-tests --bin planted` goes through them.

mod check;
mod fault;
mod tree;

use std::path::{Path, PathBuf};

pub use check::{Outcome, Run};
pub use fault::{Fault, Kill};
pub use tree::Tree;

/// The top of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the root")
        .to_owned()
}
