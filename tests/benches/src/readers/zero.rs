//! redis-zero-protocol-parser: values that borrow from the input, in vectors.

use core::hint::black_box;

use redis_zero_protocol_parser::parse;

use crate::reader::{Entry, Kind, Reader, borrowing, whole};
use crate::streams::Stream;

pub(crate) const READER: Reader = Reader {
    name: "redis-zero-protocol-parser",
    kind: Kind::Borrowed,
    resp2: Entry::new(
        |stream| whole(stream, value),
        |pieces, room| borrowing(pieces, room, value),
    ),
    resp3: Entry::NONE,
    rescans: true,
    cannot: |stream| match stream {
        Stream::LockMix | Stream::HeldOut2 => Some("`$-1` is an error"),
        Stream::Nested | Stream::HeldOut3 => Some("no maps and no pushes"),
        Stream::OkOnly | Stream::ThreeIntegers | Stream::Bulk64 | Stream::Bulk16K => None,
    },
};

fn value(input: &[u8]) -> Option<usize> {
    let (rest, value) = parse(input).ok()?;
    black_box(&value);
    Some(input.len() - rest.len())
}
