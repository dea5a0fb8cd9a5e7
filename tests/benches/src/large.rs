//! Replies that take many reads: does a byte cost the same however long the reply is?

use core::hint::black_box;

use quorlock_resp::Decoder;

use crate::delivery::{Delivery, READ, ROOM};
use crate::reader::{READERS, Reader, Way, borrowing};
use crate::readers::ours;
use crate::streams::Stream;
use crate::time::{Task, Timings, side_by_side};
use crate::usual::MEMCPY;

/// Payload of a TCP segment on Ethernet.
const SEGMENT: usize = 1448;

const ROUNDS: usize = 7;

/// Those who start again with each read would take minutes for the larger ones.
const RESCANNABLE: usize = 1_024;

/// How often the stream comes. The first time it meets buffers that have yet to grow.
const REPEATS: usize = 4;

/// One column of a table: replies of one size.
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
///
/// Whatever the size of its replies, a stream has as many bytes (but for some headers) and is cut at the same places,
/// and the buffer has room for the largest reply: there are the same branches to learn by heart and the same memory to
/// walk through, and only the length of a reply differs.
pub(crate) fn reads() -> Timings {
    let mut timings = Timings::new();
    let element = format!("$64\r\n{}\r\n", "x".repeat(64));
    for array in &ARRAYS {
        let reply = format!("*{}\r\n{}", array.length, element.repeat(array.length));
        let replies = 65_536 / array.length;
        let stream = reply.repeat(replies).into_bytes();
        let pieces: Vec<_> = stream.chunks(SEGMENT).collect();
        let room = stream.len() + READ;
        timings.extend(time(array, IN_SEGMENTS, &pieces, replies, room));
    }
    for line in &LINES {
        let reply = format!("+{}\r\n", "x".repeat(line.length));
        // 60 kB is no multiple of 16 kB, but this is.
        let replies = 240_000 / line.length;
        let stream = reply.repeat(replies).into_bytes();
        let pieces = Delivery::Chunks.pieces(&stream);
        let room = 60_000 + READ;
        timings.extend(time(line, IN_CHUNKS, &pieces, replies, room));
    }
    for bulk in &BULKS {
        let reply = format!("${}\r\n{}\r\n", bulk.length, "x".repeat(bulk.length)).into_bytes();
        let pieces: Vec<_> = reply.chunks(SEGMENT).collect();
        timings.extend(time(bulk, BULK_IN_SEGMENTS, &pieces, 1, ROOM));
        timings.extend(time_in_place(bulk, &reply));
    }
    timings
}

/// Times everyone on a stream of so many replies, with so much room in the buffer.
fn time(
    size: &Size,
    delivery: &'static str,
    stream: &[&[u8]],
    replies: usize,
    room: usize,
) -> Timings {
    eprintln!("{} {delivery}", size.name);
    let pieces = &stream.repeat(REPEATS);
    let units = pieces.iter().map(|piece| piece.len()).sum();
    let replies = replies * REPEATS;
    let mut tasks = Vec::new();
    for reader in READERS {
        // Any stream of RESP2 that all can read.
        let way = reader.way(Stream::OkOnly, Delivery::Reads);
        let Some(Way::Pieces(read)) = way.filter(|_| takes(&reader, size)) else {
            continue;
        };
        tasks.push(Task {
            key: [reader.name, size.name, delivery],
            units,
            round: Box::new(move || {
                assert_eq!(read(pieces, room) as usize, replies, "{}", reader.name);
            }),
        });
    }
    tasks.push(Task {
        key: [MEMCPY, size.name, delivery],
        units,
        round: Box::new(move || {
            let reply = units / replies;
            assert_eq!(copied(pieces, room.max(reply + READ), reply), replies);
        }),
    });
    side_by_side(&mut tasks, ROUNDS)
}

/// Copies the pieces to where a reader would have put them, into a buffer that need not grow.
fn copied(pieces: &[&[u8]], room: usize, reply: usize) -> usize {
    borrowing(pieces, room, |input| {
        black_box(input);
        (input.len() >= reply).then_some(reply)
    }) as usize
}

/// Times the decoder alone: the reply lies where the reads would have put it, and is looked at after each.
fn time_in_place(size: &Size, reply: &[u8]) -> Timings {
    let mut task = Task {
        key: [IN_PLACE, size.name, BULK_IN_SEGMENTS],
        units: reply.len() * REPEATS,
        round: Box::new(|| {
            let mut decoder = Decoder::default();
            for _ in 0..REPEATS {
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
