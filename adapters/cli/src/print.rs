//! The answers of `quorlock status` and `quorlock arm`: lines on stdout, as text or as
//! JSON objects.

use core::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::exit::Exit;
use crate::report::{Failed, complain};

/// Prints what a command answers, or on stderr why it has no answer.
pub(crate) fn answer<L: Display + Serialize>(
    answer: Result<(Vec<L>, Exit), Failed>,
    json: bool,
) -> Exit {
    let (lines, exit) = match answer {
        Ok(answer) => answer,
        Err(failed) => {
            complain(format_args!("{}", failed.error));
            return failed.exit;
        }
    };
    match print(&lines, json) {
        Ok(()) => exit,
        Err(error) => {
            complain(format_args!("the answer can't be written: {error}"));
            Exit::SYSTEM
        }
    }
}

fn print<L: Display + Serialize>(lines: &[L], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        if json {
            serde_json::to_writer(&mut out, line)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}
