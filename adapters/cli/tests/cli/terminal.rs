//! In the foreground of a terminal the command is in `quorlock`'s process group.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::support::{Marks, Running, run_on};

/// A pseudo-terminal: what is written to it, its foreground reads.
fn open_terminal() -> (File, PathBuf) {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let path = ptsname(&keyboard, Vec::new()).unwrap();
    (
        keyboard.into(),
        PathBuf::from(std::ffi::OsStr::from_bytes(path.as_bytes())),
    )
}

/// Starts `quorlock run .. sh -c script` as the leader of a session on a new terminal.
fn start(fleet: &Fleet, marks: &Marks, script: &str) -> (Running, File) {
    let (keyboard, path) = open_terminal();
    let terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let plain = run_on(&fleet.urls(), &["key", "--", "sh", "-c", script]);
    let mut command = Command::new("setsid");
    command
        .arg("--ctty")
        .arg(plain.get_program())
        .args(plain.get_args())
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    command
        .env_remove("RUST_LOG")
        .current_dir(marks.directory())
        .stdin(terminal);
    (Running::start(command), keyboard)
}

#[test]
fn the_command_reads_from_the_terminal() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let (running, mut keyboard) =
        start(&fleet, &marks, "touch ready; read word; echo \"got $word\"");
    marks.wait_for("ready");
    keyboard.write_all(b"hello\n").unwrap();
    let outcome = running.finish();
    assert_eq!(
        (outcome.code(), outcome.stdout.as_str()),
        (0, "got hello\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn control_c_ends_the_command_and_releases() {
    let _turn = turn::take();
    let fleet = Fleet::start(1);
    let marks = Marks::new();
    let script = "trap 'exit 11' INT; touch ready; while [ -e ready ]; do sleep 0.05; done";
    let (running, mut keyboard) = start(&fleet, &marks, script);
    marks.wait_for("ready");
    keyboard.write_all(b"\x03").unwrap();
    let outcome = running.finish();
    assert_eq!(outcome.code(), 11, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("released"), "{}", outcome.stderr);
}
