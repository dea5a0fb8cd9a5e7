//! The script that the page on fencing shows for files does what the page says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::page;

/// The block of shell on the page that holds `flock`.
fn script() -> String {
    let page = page("core/docs/fencing.md");
    let blocks = page.split("```sh\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("```").next());
    blocks
        .find(|block| block.contains("flock"))
        .expect("a script with flock")
        .to_owned()
}

/// Writes `text` in the tenure of `token`; whether it was let.
fn write(directory: &Path, script: &str, token: &str, text: &str) -> bool {
    fs::write(directory.join("report.new"), text).unwrap();
    let status = Command::new("sh")
        .args(["-c", script])
        .current_dir(directory)
        .env("QUORLOCK_TOKEN", token)
        .status()
        .unwrap();
    match status.code() {
        Some(0) => true,
        Some(75) => false,
        _ => panic!("{status}"),
    }
}

#[test]
fn the_script_for_files_refuses_a_stale_write() {
    let directory = tempfile::tempdir().unwrap();
    let script = script();
    let write = |token, text| write(directory.path(), &script, token, text);
    assert!(write("1795322920898288", "first"));
    assert!(write("1795322920898289", "second"));
    assert!(write("1795322920898289", "again"));
    assert!(!write("1795322920898288", "stale"));
    let report = fs::read_to_string(directory.path().join("report")).unwrap();
    assert_eq!(report, "again");
}
