//! Records what real servers say: seeds for the fuzz targets, and the benchmark's held-out stream.
//!
//! ```text
//! cargo run -p quorlock-tests --bin record -- seeds
//! cargo run -p quorlock-tests --bin record -- held-out
//! ```
//!
//! What is asked is always the same; times, ids and ports in the answers are not. A new recording replaces the old
//! one. The held-out stream is fixed: recording it again makes its figures incomparable with all before.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a tool that can't go on ends with the words at hand"
)]

mod held_out;
mod scene;
mod seeds;
mod tape;

use std::env;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorlock_tests::servers::Server;

/// The versions of RESP, as `HELLO` names them.
const PROTOCOLS: [&str; 2] = ["2", "3"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["seeds"] => seeds::record(),
        ["held-out"] => held_out::record(),
        _ => {
            eprintln!("usage: record (seeds | held-out)");
            return ExitCode::from(64);
        }
    }
    ExitCode::SUCCESS
}

/// The repository.
fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests/ lies in the root").to_owned()
}

/// Makes what a server says about this machine's directories unreadable and leaves all lengths as they are.
fn scrub(received: &mut [u8], server: &Server, program: &Path) {
    for secret in [server.directory(), program] {
        let secret = secret.as_os_str().as_bytes();
        let mut rest = &mut *received;
        while let Some(at) = rest.windows(secret.len()).position(|it| it == secret) {
            let (_, found) = rest.split_at_mut(at);
            let (found, behind) = found.split_at_mut(secret.len());
            found.fill(b'x');
            rest = behind;
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    let directory = path.parent().expect("a file lies in a directory");
    fs::create_dir_all(directory).expect("a directory for recordings");
    fs::write(path, bytes).expect("writing a recording");
    println!("{:>7} {}", bytes.len(), path.display());
}
