//! Replies that take many reads: does a byte cost the same however long the reply is?

use core::hint::black_box;

use bytes::{Bytes, BytesMut};

use crate::delivery::Delivery;
use crate::reader::{READERS, Reader};
use crate::streams::Stream;
use crate::time::{Task, Timings, side_by_side};
use crate::usual::MEMCPY;

/// Payload of a TCP segment on Ethernet.
const SEGMENT: usize = 1448;

const ROUNDS: usize = 7;

/// Those who start again with each read would take minutes for the larger ones.
const RESCANNABLE: usize = 1_024;

/// How often the largest reply of a kind comes in a stream; of the smaller ones there are so many more. The first one
/// meets buffers that have yet to grow.
const LARGEST: usize = 4;

/// One row of a table: replies of one size.
pub(crate) struct Size {
    pub(crate) name: &'static str,
    /// Elements of the array or bytes of the string.
    length: usize,
}

const fn size(name: &'static str, length: usize) -> Size {
    Size { name, length }
}

/// Arrays of 64-byte bulks, by their elements.
pub(crate) const ARRAYS: [Size; 4] = [
    size("128 elements", 128),
    size("1,024 elements", 1_024),
    size("8,192 elements", 8_192),
    size("65,536 elements", 65_536),
];

/// Simple strings.
pub(crate) const LINES: [Size; 4] = [
    size("1 kB", 1_000),
    size("4 kB", 4_000),
    size("16 kB", 16_000),
    size("60 kB", 60_000),
];

/// Bulk strings.
pub(crate) const BULKS: [Size; 1] = [size("16 MiB", 16 << 20)];

/// How the three kinds of a reply arrive; the third word of their keys.
pub(crate) const IN_SEGMENTS: &str = "array in 1,448-byte reads";
pub(crate) const IN_CHUNKS: &str = "line in 1 to 64-byte reads";
pub(crate) const BULK_IN_SEGMENTS: &str = "bulk in 1,448-byte reads";

/// Times arrays, lines and bulks; the unit is a byte.
pub(crate) fn reads() -> Timings {
    let mut timings = Timings::new();
    for array in &ARRAYS {
        let one = format!(
            "*{}\r\n{}",
            array.length,
            format!("$64\r\n{}\r\n", "x".repeat(64)).repeat(array.length)
        );
        let stream = Bytes::from(one.repeat(LARGEST * 65_536 / array.length));
        let pieces: Vec<_> = stream.chunks(SEGMENT).collect();
        timings.extend(time(array, IN_SEGMENTS, &stream, &pieces));
    }
    for line in &LINES {
        let one = format!("+{}\r\n", "x".repeat(line.length));
        let stream = Bytes::from(one.repeat(LARGEST * 60_000 / line.length));
        let pieces = Delivery::Chunks.pieces(&stream);
        timings.extend(time(line, IN_CHUNKS, &stream, &pieces));
    }
    for bulk in &BULKS {
        let one = format!("${0}\r\n{1}\r\n", bulk.length, "x".repeat(bulk.length));
        let stream = Bytes::from(one.repeat(LARGEST));
        let pieces: Vec<_> = stream.chunks(SEGMENT).collect();
        timings.extend(time(bulk, BULK_IN_SEGMENTS, &stream, &pieces));
    }
    timings
}

fn time(size: &Size, delivery: &'static str, stream: &Bytes, pieces: &[&[u8]]) -> Timings {
    eprintln!("{} {delivery}", size.name);
    let units = stream.len();
    let mut tasks = Vec::new();
    for reader in READERS.into_iter().filter(|reader| takes(reader, size)) {
        // Any stream of RESP2 that all can read.
        let Some(way) = reader.way(Stream::OkOnly, Delivery::Reads) else {
            continue;
        };
        tasks.push(Task {
            key: [reader.name, size.name, delivery],
            units,
            round: Box::new(move || assert!(way.read(stream, pieces) > 0, "{}", reader.name)),
        });
    }
    let mut copy = BytesMut::with_capacity(units);
    tasks.push(Task {
        key: [MEMCPY, size.name, delivery],
        units,
        round: Box::new(move || {
            copy.clear();
            for piece in pieces {
                copy.extend_from_slice(piece);
            }
            black_box(&copy);
        }),
    });
    side_by_side(&mut tasks, ROUNDS)
}

fn takes(reader: &Reader, size: &Size) -> bool {
    !reader.rescans || size.length <= RESCANNABLE
}
