//! The planted faults still fit the code. Whether the checks notice them is what `sh tests/run planted` shows.
#![allow(missing_docs, clippy::panic, clippy::unwrap_used, reason = "tests")]

use quorlock_tests::planted::{Fault, Tree};
use quorlock_tests::repository::root;

#[test]
fn every_fault_applies_and_is_taken_back() {
    let directory = tempfile::tempdir().unwrap();
    let tree = Tree::new(root(), directory.path().join("tree"));
    let faults = Fault::all(&root().join("tests/planted"));
    assert!(faults.len() >= 10, "only {} faults", faults.len());
    tree.reset();
    for fault in faults {
        tree.apply(&fault.patch)
            .unwrap_or_else(|error| panic!("{}: {error}", fault.name));
        assert!(!tree.changed().is_empty(), "{} changes nothing", fault.name);
        tree.reset();
        assert!(tree.changed().is_empty(), "{} is still there", fault.name);
    }
}
