//! Breaks a copy of the repository, one planted fault at a time, and sees the checks fail.
//!
//! `cargo run -p quorlock-tests --bin planted -- [--campaign] [NAME..]`: the faults whose name contains a NAME, or all.
//! `--campaign` also gives them to the fuzzing campaigns that they name, which takes minutes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a harness that can't go on fails with clear words"
)]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorlock_tests::planted::{Fault, Kill, Outcome, Tree};
use quorlock_tests::repository;

fn main() -> ExitCode {
    let mut words: Vec<String> = env::args().skip(1).collect();
    let campaign = words.iter().any(|word| word == "--campaign");
    words.retain(|word| word != "--campaign");
    let mut faults = Fault::all(&repository::root().join("tests/planted"));
    faults.retain(|fault| words.is_empty() || words.iter().any(|word| fault.name.contains(word)));
    for fault in &mut faults {
        fault.kills.retain(|kill| campaign || !kill.campaign);
    }
    if faults.is_empty() {
        eprintln!("usage: planted [--campaign] [NAME..]; no fault has such a name");
        return ExitCode::from(64);
    }
    let bench = Bench::new(&repository::target());
    if bench.passes_clean(&faults) && bench.kills(&faults) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Where faults are tried.
struct Bench {
    tree: Tree,
    target: PathBuf,
}

impl Bench {
    fn new(target: &Path) -> Self {
        let scratch = target.join("planted");
        let bench = Self {
            tree: Tree::new(repository::root(), scratch.join("tree")),
            target: scratch.join("build"),
        };
        fs::create_dir_all(&bench.target).expect("a directory to build in");
        // tests look for the servers that `sh tests/run setup` installs where things are built
        match symlink(target.join("servers"), bench.target.join("servers")) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => panic!("servers: {error}"),
            _ => {}
        }
        bench
    }

    /// Without a fault every check passes; otherwise its failure says nothing.
    fn passes_clean(&self, faults: &[Fault]) -> bool {
        self.tree.reset();
        let mut seen = BTreeSet::new();
        let kills = faults.iter().flat_map(|fault| &fault.kills);
        // what a campaign finds in the clean tree is another step's concern
        let checks = kills.filter(|kill| !kill.campaign && seen.insert(&kill.command));
        let mut clean = true;
        for kill in checks {
            let run = kill.run(self.tree.root(), &self.target);
            if run.outcome != Outcome::Passed {
                println!("without a fault: {}\n    {}", kill.command, run.outcome);
                clean = false;
            }
        }
        if clean {
            println!("{} checks pass without a fault\n", seen.len());
        }
        clean
    }

    /// With its fault each check fails, and says why.
    fn kills(&self, faults: &[Fault]) -> bool {
        let mut alive = 0;
        for fault in faults {
            println!("{}: {}", fault.name, fault.title);
            for kill in &fault.kills {
                self.tree.reset();
                alive += usize::from(!self.dies(fault, kill));
            }
        }
        self.tree.reset();
        let checks: usize = faults.iter().map(|fault| fault.kills.len()).sum();
        println!(
            "\n{} faults, {checks} checks, {alive} of them noticed nothing",
            faults.len()
        );
        alive == 0
    }

    fn dies(&self, fault: &Fault, kill: &Kill) -> bool {
        if let Err(error) = self.tree.apply(&fault.patch) {
            println!("  does not apply: {error}");
            return false;
        }
        let run = kill.run(self.tree.root(), &self.target);
        println!("  {} ({:.1} s)", kill.command, run.took.as_secs_f32());
        println!("    {}", run.outcome);
        matches!(run.outcome, Outcome::Killed(_))
    }
}
