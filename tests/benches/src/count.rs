//! Counting a case's instructions and allocations: this program again, under valgrind.
//!
//! Counts are the same on every run, however busy the machine. Valgrind counts the allocations of C too, and no
//! counting allocator slows down what is timed.

use std::env;
use std::process::Command;
use std::thread;

use crate::case::Case;

/// What one reply or command costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
}

/// One of valgrind's tools, and where its figure stands in what it prints.
struct Tool {
    options: &'static [&'static str],
    before: &'static str,
}

const INSTRUCTIONS: Tool = Tool {
    options: &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
    before: "Collected :",
};

const ALLOCATIONS: Tool = Tool {
    options: &["--tool=memcheck"],
    before: "total heap usage:",
};

impl Case {
    pub(crate) fn count(self) -> Counts {
        thread::scope(|scope| {
            let allocations = scope.spawn(|| self.per_unit(&ALLOCATIONS));
            Counts {
                instructions: self.per_unit(&INSTRUCTIONS),
                allocations: allocations.join().expect("a figure"),
            }
        })
    }

    /// What two rounds cost more than one, so that neither starting the program nor making the stream counts.
    fn per_unit(self, tool: &Tool) -> f64 {
        let second = self.run_under(tool, 2) - self.run_under(tool, 1);
        second / f64::from(self.run(0))
    }

    /// The figure of a whole run.
    fn run_under(self, tool: &Tool, rounds: u32) -> f64 {
        let output = Command::new("valgrind")
            .args(tool.options)
            .arg(env::current_exe().expect("this program"))
            .arg("run")
            .args(self.words())
            .arg(rounds.to_string())
            .output()
            .expect("valgrind is installed");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{self}: {text}");
        let figure = text.rsplit_once(tool.before).map(|(_, behind)| behind);
        let figure = figure.and_then(|behind| behind.split_whitespace().next());
        let figure = figure.expect("valgrind prints a figure").replace(',', "");
        figure.parse().expect("a number")
    }
}
