//! The table of all figures, with gates and aims.

use std::process::ExitCode;

use crate::count::{Case, READERS, WRITERS};
use crate::streams::Stream;

/// What a figure may be at most, and what it should be.
struct Bound {
    subject: &'static str,
    work: &'static str,
    /// Above it the program fails: a little above what was reached, so that nothing gets worse unseen.
    gate: u64,
    /// Above it the program says so.
    aim: u64,
}

const fn bound(subject: &'static str, work: &'static str, gate: u64, aim: u64) -> Bound {
    Bound {
        subject,
        work,
        gate,
        aim,
    }
}

/// The held-out stream has no bound: whoever has one tunes on it.
const BOUNDS: [Bound; 13] = [
    bound("borrowed", "lockmix", 70, 70),
    bound("borrowed", "okonly", 70, 70),
    bound("borrowed", "arr3int", 570, 420),
    bound("borrowed", "bulk64", 100, 100),
    bound("borrowed", "nested3", 1240, 920),
    bound("owned", "lockmix", 120, 120),
    bound("owned", "okonly", 120, 120),
    bound("owned", "arr3int", 850, 720),
    bound("owned", "bulk64", 290, 290),
    bound("owned", "nested3", 1730, 1330),
    bound("prepared", "set", 590, 320),
    bound("prepared", "evalsha", 820, 320),
    bound("general", "set", 490, 425),
];

/// Prints all figures. Success if no gate is broken.
pub(crate) fn print() -> ExitCode {
    let mut broken = Vec::new();
    let mut far = Vec::new();
    let mut figure = |subject, work| {
        let case = Case::named(subject, work).expect("in the list");
        let count = case.instructions();
        let bound = BOUNDS
            .iter()
            .find(|bound| (bound.subject, bound.work) == (subject, work));
        if let Some(Bound { gate, aim, .. }) = bound {
            if count > *gate {
                broken.push(format!("{subject} {work}: {count}, at most {gate}"));
            } else if count > *aim {
                far.push(format!("{subject} {work}: {count}, should be {aim}"));
            }
        }
        count
    };
    println!("instructions per frame");
    print!("{:<24}", "");
    for stream in Stream::ALL {
        print!("{:>9}", stream.name());
    }
    println!();
    for (subject, _, _) in READERS {
        print!("{subject:<24}");
        for stream in Stream::ALL {
            print!("{:>9}", figure(subject, stream.name()));
        }
        println!();
    }
    println!("\ninstructions per command");
    for (subject, work, _) in WRITERS {
        println!(
            "{:<24}{:>9}",
            format!("{subject} {work}"),
            figure(subject, work)
        );
    }
    for line in &far {
        println!("above its aim: {line}");
    }
    for line in &broken {
        println!("above its gate: {line}");
    }
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
