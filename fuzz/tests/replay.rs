//! Runs every committed input through its target, on stable Rust and without a fuzzer: the seeds, the
//! minimised corpus, and what campaigns found (`regressions/`).

use std::fs;
use std::path::Path;

/// Runs all files of `<directory>/<target>`; how many there were.
fn replay(directory: &str, target: &str, check: fn(&[u8])) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(directory)
        .join(target);
    let Ok(entries) = fs::read_dir(&path) else {
        return 0;
    };
    let mut count = 0;
    for entry in entries {
        let file = entry.expect("a readable directory").path();
        let input = fs::read(&file).expect("a readable file");
        // Names the input if the check panics: the output of a passing test is not shown.
        println!("{}", file.display());
        check(&input);
        count += 1;
    }
    count
}

/// Replays a target. At least `floor` inputs, lest a moved directory pass for a success.
fn replay_all(target: &str, floor: usize, check: fn(&[u8])) {
    let inputs: usize = ["regressions", "seeds", "minimised"]
        .iter()
        .map(|directory| replay(directory, target, check))
        .sum();
    assert!(inputs >= floor, "{inputs} inputs of {target}");
    println!("{inputs} inputs");
}

#[test]
fn chunks() {
    replay_all("chunks", 200, quorlock_fuzz::chunks::check);
}

#[test]
fn decode() {
    replay_all("decode", 200, quorlock_fuzz::decode::check);
}

#[test]
fn differential() {
    replay_all("differential", 500, quorlock_fuzz::differential::check);
}

#[test]
fn limits() {
    replay_all("limits", 50, quorlock_fuzz::limits::check);
}

#[test]
fn machine() {
    replay_all("machine", 100, quorlock_fuzz::machine::check);
}

#[test]
fn node() {
    replay_all("node", 100, quorlock_fuzz::node::check);
}

#[test]
fn roundtrip() {
    replay_all("roundtrip", 80, quorlock_fuzz::roundtrip::check);
}

#[test]
fn session() {
    replay_all("session", 300, quorlock_fuzz::session::check);
}
