//! The example, and what happens where the database compares nothing.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

fn told(arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_quorlock-fencing");
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    text
}

fn assert_tells(text: &str, line: &str) {
    assert!(text.contains(line), "not told: {line}\n{text}");
}

#[test]
fn the_write_of_a_paused_holder_changes_no_row() {
    let text = told(&[]);
    assert_tells(&text, "Bob writes 150: 1 rows\n");
    assert_tells(&text, "Ann wakes up and writes 70: 0 rows\n");
    assert_tells(&text, "Ann's release: lost before it was released");
    assert_tells(&text, "in the end the balance is 150\n");
}

#[test]
fn an_update_is_lost_where_tokens_are_not_compared() {
    let text = told(&["--unfenced"]);
    assert_tells(&text, "Bob writes 150: 1 rows\n");
    assert_tells(&text, "Ann wakes up and writes 70: 1 rows\n");
    assert_tells(&text, "Ann's release: lost before it was released");
    assert_tells(&text, "in the end the balance is 70\n");
}
