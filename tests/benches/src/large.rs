//! Replies that take many reads: does a byte cost the same however long the reply is?

use core::hint::black_box;

use bytes::BytesMut;
use fastrand::Rng;
use quorlock_resp::Decoder;

use crate::delivery::Delivery;
use crate::reader::{READERS, Reader, Way};
use crate::readers::ours;
use crate::streams::Stream;
use crate::time::{Task, Timings, side_by_side};
use crate::usual::MEMCPY;

/// Payload of a TCP segment on Ethernet.
const SEGMENT: usize = 1448;

const ROUNDS: usize = 7;

/// Those who start again with each read would take minutes for the larger ones.
const RESCANNABLE: usize = 1_024;

/// How often the largest reply of a kind comes; of the smaller ones there are so many more. The first one meets buffers
/// that have yet to grow.
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

/// Our decoder without the copy that a read is.
pub(crate) const IN_PLACE: &str = "quorlock, in place";

/// How the three kinds of a reply arrive; the third word of their keys.
pub(crate) const IN_SEGMENTS: &str = "array in 1,448-byte reads";
pub(crate) const IN_CHUNKS: &str = "line in 1 to 64-byte reads";
pub(crate) const BULK_IN_SEGMENTS: &str = "bulk in 1,448-byte reads";

/// Times arrays, lines and bulks; the unit is a byte.
pub(crate) fn reads() -> Timings {
    let mut timings = Timings::new();
    for array in &ARRAYS {
        let header = format!("*{}\r\n", array.length);
        let body = Body::new(&format!("$64\r\n{}\r\n", "x".repeat(64)), array.length);
        let one = body.pieces(&header, "", || SEGMENT);
        timings.extend(time(
            array,
            IN_SEGMENTS,
            &one,
            LARGEST * 65_536 / array.length,
        ));
    }
    for line in &LINES {
        let mut random = Rng::with_seed(1);
        let body = Body::new("x", line.length);
        let one = body.pieces("+", "\r\n", || random.usize(1..=64));
        timings.extend(time(line, IN_CHUNKS, &one, LARGEST * 60_000 / line.length));
    }
    for bulk in &BULKS {
        let header = format!("${}\r\n", bulk.length);
        let body = Body::new("x", bulk.length);
        let one = body.pieces(&header, "\r\n", || SEGMENT);
        timings.extend(time(bulk, BULK_IN_SEGMENTS, &one, LARGEST));
        timings.extend(time_in_place(bulk, &one.concat()));
    }
    timings
}

/// What is repeated inside of a reply. All pieces are taken from the same few bytes, which stay in the cache as a
/// socket's do: what it costs to fetch a large source from memory is not the parser's.
struct Body {
    element: usize,
    length: usize,
    /// More than a piece of it, from wherever it begins.
    pattern: Vec<u8>,
}

impl Body {
    fn new(element: &str, count: usize) -> Self {
        Self {
            element: element.len(),
            length: element.len() * count,
            pattern: element.repeat(SEGMENT / element.len() + 2).into_bytes(),
        }
    }

    /// One reply in pieces of the lengths asked for.
    fn pieces<'a>(
        &'a self,
        header: &'a str,
        end: &'a str,
        mut length: impl FnMut() -> usize,
    ) -> Vec<&'a [u8]> {
        let mut pieces = vec![header.as_bytes()];
        let mut done = 0;
        while done < self.length {
            let begin = done % self.element;
            let length = length().min(self.length - done);
            pieces.push(self.pattern.get(begin..begin + length).expect("inside"));
            done += length;
        }
        pieces.push(end.as_bytes());
        // Where there is no end, the piece would be one: a read of nothing.
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}

/// Times everyone on a reply that comes so many times.
fn time(size: &Size, delivery: &'static str, one: &[&[u8]], times: usize) -> Timings {
    eprintln!("{} {delivery}", size.name);
    let pieces = one.repeat(times);
    let length: usize = one.iter().map(|piece| piece.len()).sum();
    let mut tasks = Vec::new();
    for reader in READERS.into_iter().filter(|reader| takes(reader, size)) {
        // Any stream of RESP2 that all can read.
        let Some(Way::Pieces(read)) = reader.way(Stream::OkOnly, Delivery::Reads) else {
            continue;
        };
        let pieces = &pieces;
        tasks.push(Task {
            key: [reader.name, size.name, delivery],
            units: length * times,
            round: Box::new(move || assert_eq!(read(pieces) as usize, times, "{}", reader.name)),
        });
    }
    let mut copy = BytesMut::with_capacity(length);
    tasks.push(Task {
        key: [MEMCPY, size.name, delivery],
        units: length * times,
        round: Box::new(move || {
            for _ in 0..times {
                copy.clear();
                for piece in one {
                    copy.extend_from_slice(piece);
                }
                black_box(&copy);
            }
        }),
    });
    side_by_side(&mut tasks, ROUNDS)
}

/// Times the decoder alone: the reply lies where the reads would have put it, and is looked at after each.
fn time_in_place(size: &Size, reply: &[u8]) -> Timings {
    let mut task = Task {
        key: [IN_PLACE, size.name, BULK_IN_SEGMENTS],
        units: reply.len() * LARGEST,
        round: Box::new(|| {
            let mut decoder = Decoder::default();
            for _ in 0..LARGEST {
                let ends = (SEGMENT..reply.len()).step_by(SEGMENT).chain([reply.len()]);
                let read = ends.map(|end| reply.get(..end).expect("inside"));
                let whole = read.filter_map(|read| ours::skip(&mut decoder, black_box(read)));
                assert_eq!(whole.sum::<usize>(), reply.len());
            }
        }),
    };
    side_by_side(core::slice::from_mut(&mut task), ROUNDS)
}

fn takes(reader: &Reader, size: &Size) -> bool {
    !reader.rescans || size.length <= RESCANNABLE
}
