//! Counting the instructions of one case: this program again, under valgrind.

use std::env;
use std::process::Command;

use crate::streams::{FRAMES, Stream};
use crate::{commands, ours, peers};

/// Something to measure: who does what.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) subject: &'static str,
    pub(crate) work: &'static str,
    task: Task,
}

#[derive(Clone, Copy)]
enum Task {
    /// Reads a stream; says how many frames it found.
    Read(fn(&[u8]) -> u32, Stream),
    /// Writes this many rounds of commands.
    Write(fn(u32)),
}

/// Everyone who reads: for RESP2 and for RESP3.
type Reader = (&'static str, fn(&[u8]) -> u32, fn(&[u8]) -> u32);

pub(crate) const READERS: [Reader; 8] = [
    ("borrowed", ours::borrowed, ours::borrowed),
    ("owned", ours::owned, ours::owned),
    ("walked", ours::walked, ours::walked),
    ("skipped", ours::skipped, ours::skipped),
    (
        "redis-protocol-borrowed",
        peers::redis_protocol_borrowed,
        peers::redis_protocol_borrowed_resp3,
    ),
    (
        "redis-protocol-owned",
        peers::redis_protocol_owned,
        peers::redis_protocol_owned_resp3,
    ),
    ("resp-rs", peers::resp_rs, peers::resp_rs_resp3),
    ("redis-rs", peers::redis_rs, peers::redis_rs),
];

/// Everyone who writes: who, which command, and how.
type Writer = (&'static str, &'static str, fn(u32));

pub(crate) const WRITERS: [Writer; 4] = [
    ("prepared", "set", commands::set),
    ("prepared", "evalsha", commands::evalsha),
    ("general", "set", commands::general),
    ("redis-rs", "set", commands::redis_rs),
];

impl Case {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let reads = Stream::ALL.into_iter().flat_map(|stream| {
            READERS.map(|(subject, resp2, resp3)| {
                let reader = if stream == Stream::Nested {
                    resp3
                } else {
                    resp2
                };
                Self {
                    subject,
                    work: stream.name(),
                    task: Task::Read(reader, stream),
                }
            })
        });
        let writes = WRITERS.into_iter().map(|(subject, work, write)| Self {
            subject,
            work,
            task: Task::Write(write),
        });
        reads.chain(writes)
    }

    pub(crate) fn named(subject: &str, work: &str) -> Option<Self> {
        Self::all().find(|case| case.subject == subject && case.work == work)
    }

    /// Does the work so many times over.
    pub(crate) fn run(self, rounds: u32) {
        match self.task {
            Task::Read(read, stream) => {
                let bytes = stream.bytes();
                for _ in 0..rounds {
                    assert_eq!(read(&bytes), FRAMES, "{} read less", self.subject);
                }
            }
            Task::Write(write) => write(rounds),
        }
    }

    /// Instructions per frame or command: what three rounds cost more than one, so that neither starting the
    /// program nor making the stream counts.
    pub(crate) fn instructions(self) -> u64 {
        const MORE: u32 = 2;
        let units = match self.task {
            Task::Read(..) => FRAMES,
            Task::Write(_) => commands::COMMANDS,
        };
        let more = self.collected(1 + MORE) - self.collected(1);
        more.div_ceil(u64::from(MORE * units))
    }

    /// Instructions of a whole run, as valgrind counts them.
    fn collected(self, rounds: u32) -> u64 {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().expect("this program"))
            .args([self.subject, self.work, &rounds.to_string()])
            .output()
            .expect("valgrind is installed");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        let (_, count) = text.rsplit_once("Collected :").expect("a count");
        let count = count.split_whitespace().next().expect("a count");
        count.parse().expect("a number")
    }
}
