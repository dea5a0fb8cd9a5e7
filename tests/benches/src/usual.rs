//! The usual streams, in all deliveries, and the commands: who takes how long.

use core::hint::black_box;

use crate::delivery::Delivery;
use crate::reader::READERS;
use crate::streams::{Sample, Stream};
use crate::time::{Task, Timings, side_by_side};
use crate::writer::{COMMANDS, Command, WRITERS, Writer};

/// Replies per round: more than a branch predictor remembers.
const FRAMES: u32 = 20_000;

const ROUNDS: usize = 31;

/// What memory allows: a copy of the stream, and a search for the end of every line.
pub(crate) const MEMCPY: &str = "limit: memcpy";
pub(crate) const MEMCHR: &str = "limit: memchr of CR";

/// Times all readers on all streams.
pub(crate) fn reads() -> Timings {
    let mut timings = Timings::new();
    for stream in Stream::ALL {
        let sample = stream.sample(FRAMES);
        for delivery in Delivery::ALL {
            eprintln!("{} in {}", stream.name(), delivery.description());
            let pieces = delivery.pieces(&sample.bytes);
            let mut tasks = Vec::new();
            for reader in READERS {
                if let Some(way) = reader.way(stream, delivery) {
                    let (sample, pieces) = (&sample, &pieces);
                    tasks.push(Task {
                        key: [reader.name, stream.name(), delivery.name()],
                        units: sample.frames as usize,
                        round: Box::new(move || {
                            let frames = way.read(&sample.bytes, pieces);
                            assert_eq!(frames, sample.frames, "{}", reader.name);
                        }),
                    });
                }
            }
            if delivery == Delivery::Slice {
                tasks.extend(limits(stream, &sample));
            }
            timings.extend(side_by_side(&mut tasks, ROUNDS));
        }
    }
    timings
}

fn limits(stream: Stream, sample: &Sample) -> [Task<'_>; 2] {
    let mut copy = sample.bytes.to_vec();
    let task = |name, round| Task {
        key: [name, stream.name(), Delivery::Slice.name()],
        units: sample.frames as usize,
        round,
    };
    [
        task(
            MEMCPY,
            Box::new(move || {
                copy.copy_from_slice(black_box(&sample.bytes));
                black_box(&copy);
            }),
        ),
        task(
            MEMCHR,
            Box::new(|| {
                black_box(memchr::memchr_iter(b'\r', black_box(&sample.bytes)).count());
            }),
        ),
    ]
}

/// Times all writers.
pub(crate) fn writes() -> Timings {
    let mut timings = Timings::new();
    for command in Command::ALL {
        let writers = WRITERS.into_iter().filter(Writer::is_there);
        let tasks = writers.map(|writer| Task {
            key: [writer.name, command.name(), "buffer"],
            units: COMMANDS as usize,
            round: Box::new(move || (writer.write)(command, 1)),
        });
        timings.extend(side_by_side(&mut tasks.collect::<Vec<_>>(), ROUNDS));
    }
    timings
}
