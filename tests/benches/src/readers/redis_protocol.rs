//! redis-protocol: ranges into the input, or trees of shared bytes.

use core::hint::black_box;

use bytes::BytesMut;
use redis_protocol::{resp2, resp3};

use crate::reader::{Entry, Kind, Reader, borrowing, owning, reads_all, whole};

pub(crate) const BORROWED: Reader = Reader {
    name: "redis-protocol ranges",
    kind: Kind::Borrowed,
    resp2: Entry::new(
        |stream| whole(stream, ranges2),
        |pieces, room| borrowing(pieces, room, ranges2),
    ),
    resp3: Entry::new(
        |stream| whole(stream, ranges3),
        |pieces, room| borrowing(pieces, room, ranges3),
    ),
    rescans: true,
    cannot: reads_all,
};

pub(crate) const OWNED: Reader = Reader {
    name: "redis-protocol bytes",
    kind: Kind::Owned { shared: true },
    resp2: Entry::pieces(|pieces, room| owning(pieces, room, bytes2)),
    resp3: Entry::pieces(|pieces, room| owning(pieces, room, bytes3)),
    rescans: true,
    cannot: reads_all,
};

fn ranges2(input: &[u8]) -> Option<usize> {
    let (frame, len) = resp2::decode::decode_range(input).expect("valid")?;
    black_box(&frame);
    Some(len)
}

fn ranges3(input: &[u8]) -> Option<usize> {
    let (frame, len) = resp3::decode::complete::decode_range(input).expect("valid")?;
    black_box(&frame);
    Some(len)
}

fn bytes2(input: &mut BytesMut) -> bool {
    let frame = resp2::decode::decode_bytes_mut(input).expect("valid");
    black_box(&frame);
    frame.is_some()
}

fn bytes3(input: &mut BytesMut) -> bool {
    let frame = resp3::decode::complete::decode_bytes_mut(input).expect("valid");
    black_box(&frame);
    frame.is_some()
}
