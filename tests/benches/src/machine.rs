//! What the figures were measured on, and with what.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::SystemTime;

use quorlock_benches_hiredis::VERSION;

/// Peers in the order of the tables.
const PEERS: [&str; 5] = [
    "redis-protocol",
    "resp-rs",
    "redis-async",
    "redis",
    "redis-zero-protocol-parser",
];

/// One line each: when, where, with which compiler, beside whom.
pub(crate) fn describe() -> Vec<String> {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    vec![
        format!(
            "Date: {}",
            humantime::format_rfc3339_seconds(SystemTime::now())
        ),
        format!("Processor: {}, {cores} cores", processor()),
        format!("Compiler: {}", rustc()),
        format!("Peers: {}", peers().join(", ")),
    ]
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(": ")?.1.to_owned())
    };
    let name = field("model name").unwrap_or_else(|| "unknown".to_owned());
    let (family, model) = (field("cpu family"), field("model\t"));
    match (family, model) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let output = output.expect("the compiler that built this");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn peers() -> Vec<String> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = fs::read_to_string(lock).expect("the workspace's lock file");
    let version = |name: &str| {
        let (_, entry) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(entry.split_once('"')?.0.to_owned())
    };
    let mut peers: Vec<_> = PEERS
        .iter()
        .map(|name| format!("{name} {}", version(name).expect("a dependency")))
        .collect();
    peers.push(VERSION.map_or_else(
        || "hiredis is missing (libhiredis-dev)".to_owned(),
        |version| format!("hiredis {version}"),
    ));
    peers
}
