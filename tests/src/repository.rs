//! Where the repository is, where it is built, and the tests in it.

mod names;

use std::env;
use std::path::{Path, PathBuf};

pub use names::names_of_tests;

/// The top of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the root")
        .to_owned()
}

/// The build tree, found as `tests/run` finds it.
#[must_use]
pub fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
