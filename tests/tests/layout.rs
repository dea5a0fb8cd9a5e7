//! What the repository promises about its own files.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A file holds one idea; beyond this it holds a second one.
const MOST_LINES: usize = 400;

/// A runtime's adapter only connects sockets and timers: protocol in it would have to be written once per runtime.
const MOST_ADAPTER_LINES: usize = 150;

/// Hosts that a link may lead to. Nothing that is built or tested here fetches from an address of its own: packages
/// come through cargo and the system's package manager, wherever these are set up to look.
const KNOWN_HOSTS: [&str; 6] = [
    "example.com",
    "github.com",
    "redis.io",
    "valkey.io",
    "www.apache.org",
    "www.w3.org",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the root")
        .to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The directories of the product's packages, as the workspace lists them.
fn product_packages() -> Vec<PathBuf> {
    let manifest = read(&root().join("Cargo.toml"));
    let (_, members) = manifest
        .split_once("members = [")
        .expect("the workspace's members");
    let (members, _) = members.split_once(']').expect("the end of the members");
    let packages: Vec<_> = members
        .split(',')
        .map(|member| member.trim().trim_matches('"'))
        .filter(|member| !member.is_empty() && *member != "tests")
        .map(|member| root().join(member))
        .collect();
    assert!(
        packages.len() >= 7,
        "core, resp and five adapters, and not {packages:?}"
    );
    packages
}

/// All files below `directory` but build products and git's own.
fn files(directory: &Path) -> Vec<PathBuf> {
    let skipped = ["target", ".git", "artifacts", "corpus", "coverage"];
    let mut found = Vec::new();
    for entry in
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
    {
        let path = entry.unwrap().path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            if !skipped.contains(&name) {
                found.extend(files(&path));
            }
        } else {
            found.push(path);
        }
    }
    found
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = files(directory);
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(!found.is_empty(), "no Rust in {}", directory.display());
    found
}

#[test]
fn every_product_package_forbids_unsafe_code() {
    let manifest = read(&root().join("Cargo.toml"));
    let (_, lints) = manifest
        .split_once("[workspace.lints.rust]")
        .expect("the workspace's lints");
    let lints = lints.split("\n[").next().unwrap();
    assert!(
        lints
            .lines()
            .any(|line| line.trim() == r#"unsafe_code = "forbid""#),
        "{lints}"
    );
    for package in product_packages() {
        let manifest = read(&package.join("Cargo.toml"));
        assert!(
            manifest.contains("[lints]\nworkspace = true\n"),
            "{} inherits no lints",
            package.display()
        );
    }
}

#[test]
fn no_file_holds_two_ideas() {
    let mut sources: Vec<_> = product_packages()
        .iter()
        .map(|package| package.join("src"))
        .collect();
    sources.push(root().join("tests/src"));
    for path in sources.iter().flat_map(|source| rust_files(source)) {
        let lines = read(&path).lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn runtime_adapters_stay_small() {
    for adapter in ["adapters/tokio/src", "adapters/smol/src"] {
        let lines: usize = rust_files(&root().join(adapter))
            .iter()
            .map(|path| read(path).lines().count())
            .sum();
        assert!(lines <= MOST_ADAPTER_LINES, "{adapter} has {lines} lines");
    }
}

#[test]
fn links_lead_to_known_hosts() {
    let mut strangers = BTreeSet::new();
    let mut links = 0;
    for path in files(&root()) {
        // What is no UTF-8 is a fuzzer's input.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (start, scheme) in text
            .match_indices("http://")
            .chain(text.match_indices("https://"))
        {
            let rest = text.get(start + scheme.len()..).unwrap_or_default();
            let host: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c))
                .collect();
            // A name without a dot, or a bare address, is nobody's on the internet.
            if !host.contains('.') || !host.contains(|c: char| c.is_ascii_alphabetic()) {
                continue;
            }
            links += 1;
            if !KNOWN_HOSTS.contains(&host.as_str()) {
                strangers.insert((path.clone(), host));
            }
        }
    }
    assert!(links > 0, "the licence alone has one");
    assert!(strangers.is_empty(), "links to other hosts: {strangers:#?}");
}
