//! Running a check on the copy, and what its failure shows.

use core::fmt;
use core::time::Duration;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::Kill;

/// A check that takes longer hangs, and proves nothing.
const LIMIT: Duration = Duration::from_mins(10);

/// What a check came to.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, without the build.
    pub took: Duration,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It failed without the words that it should say: the end of its output.
    FailedOtherwise(String),
    /// It failed as it should: the line that says so.
    Killed(String),
    /// It passed.
    Passed,
    /// The tree does not compile: the end of the compiler's output.
    Unbuilt(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailedOtherwise(tail) => write!(f, "FAILED OTHERWISE\n{tail}"),
            Self::Killed(line) => write!(f, "killed: {line}"),
            Self::Passed => f.write_str("PASSED"),
            Self::Unbuilt(tail) => write!(f, "DOES NOT COMPILE\n{tail}"),
        }
    }
}

impl Kill {
    /// Runs the check in `root`, building into `target`.
    ///
    /// # Panics
    /// When there is no shell.
    #[must_use]
    pub fn run(&self, root: &Path, target: &Path) -> Run {
        let shell = |command: &str| shell(root, target, command);
        let build = self
            .command
            .replacen("cargo test", "cargo test --no-run", 1);
        if build != self.command
            && let (false, output) = shell(&build)
        {
            return Run {
                outcome: Outcome::Unbuilt(tail(&output)),
                took: Duration::ZERO,
            };
        }
        let began = Instant::now();
        let (passed, output) = shell(&self.command);
        let took = began.elapsed();
        let said = output.lines().find(|line| line.contains(&self.says));
        let outcome = match said {
            _ if passed => Outcome::Passed,
            Some(line) => Outcome::Killed(line.trim().into()),
            None => Outcome::FailedOtherwise(tail(&output)),
        };
        Run { outcome, took }
    }
}

/// Whether a command succeeds, and all that it prints.
fn shell(root: &Path, target: &Path, command: &str) -> (bool, String) {
    let output = Command::new("timeout")
        .arg(LIMIT.as_secs().to_string())
        .args(["sh", "-c", &format!("exec 2>&1 </dev/null; {command}")])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .env("RUST_BACKTRACE", "0")
        // the same packages are built again and again, each time a line apart
        .env("CARGO_INCREMENTAL", "1")
        // the simulation is ten times slower without, and a build hardly faster
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        // nobody looks at these builds with a debugger
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .expect("timeout and sh");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text)
}

/// The last lines of an output.
fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(command: &str) -> Outcome {
        let kill = Kill {
            command: command.into(),
            says: "wrong".into(),
            campaign: false,
        };
        let here = Path::new(".");
        kill.run(here, here).outcome
    }

    #[test]
    fn only_the_expected_failure_kills() {
        assert_eq!(
            outcome("echo all wrong; false"),
            Outcome::Killed("all wrong".into())
        );
        assert_eq!(outcome("echo all wrong"), Outcome::Passed);
        assert_eq!(
            outcome("echo else; false"),
            Outcome::FailedOtherwise("else".into())
        );
    }
}
