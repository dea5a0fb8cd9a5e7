//! quorlock-resp in its three ways.

use core::hint::black_box;

use bytes::BytesMut;
use quorlock_resp::{Decoder, Value};

use crate::reader::{Entry, Kind, Reader, borrowing, reads_all, whole};

/// Replies borrowed from the input.
pub(crate) const BORROWED: Reader = reader(
    "quorlock borrowed",
    Kind::Borrowed,
    Entry::new(
        |stream| {
            let mut decoder = Decoder::default();
            whole(stream, |input| borrow(&mut decoder, input))
        },
        |pieces, room| {
            let mut decoder = Decoder::default();
            borrowing(pieces, room, |input| borrow(&mut decoder, input))
        },
    ),
);

/// The same, and every value of the reply is looked at.
pub(crate) const WALKED: Reader = reader(
    "quorlock borrowed, walked",
    Kind::Borrowed,
    Entry::new(
        |stream| {
            let mut decoder = Decoder::default();
            whole(stream, |input| walk(&mut decoder, input))
        },
        |pieces, room| {
            let mut decoder = Decoder::default();
            borrowing(pieces, room, |input| walk(&mut decoder, input))
        },
    ),
);

/// Owned frames.
pub(crate) const OWNED: Reader = reader(
    "quorlock owned",
    Kind::Owned { shared: true },
    Entry::pieces(own),
);

/// Lengths only.
pub(crate) const SKIPPED: Reader = reader(
    "quorlock skip",
    Kind::Nothing,
    Entry::new(
        |stream| {
            let mut decoder = Decoder::default();
            whole(stream, |input| skip(&mut decoder, input))
        },
        |pieces, room| {
            let mut decoder = Decoder::default();
            borrowing(pieces, room, |input| skip(&mut decoder, input))
        },
    ),
);

const fn reader(name: &'static str, kind: Kind, entry: Entry) -> Reader {
    Reader {
        name,
        kind,
        resp2: entry,
        resp3: entry,
        rescans: false,
        cannot: reads_all,
    }
}

// A caller's loop has the decoder's fast path in it. So that ours do too, however many of them there are:
#[inline(always)]
#[expect(clippy::inline_always, reason = "one call from each of two loops")]
fn borrow(decoder: &mut Decoder, input: &[u8]) -> Option<usize> {
    let reply = decoder.decode(input).expect("valid")?;
    black_box(&reply);
    Some(reply.len())
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "one call from each of two loops")]
fn walk(decoder: &mut Decoder, input: &[u8]) -> Option<usize> {
    let reply = decoder.decode(input).expect("valid")?;
    visit(reply.value());
    Some(reply.len())
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "one call from each of two loops")]
pub(crate) fn skip(decoder: &mut Decoder, input: &[u8]) -> Option<usize> {
    black_box(decoder.skip(input).expect("valid"))
}

fn own(pieces: &[&[u8]], room: usize) -> u32 {
    let mut decoder = Decoder::default();
    let mut input = BytesMut::with_capacity(room);
    let mut frames = 0;
    for piece in pieces {
        input.reserve(decoder.needed().max(piece.len()));
        input.extend_from_slice(piece);
        // Looked at where it was put: what it costs to move a frame is the caller's. An error would leave frames over.
        while let Ok(Some(frame)) = &decoder.decode_frame(&mut input) {
            black_box(frame);
            frames += 1;
        }
    }
    frames
}

fn visit(value: Value<'_>) {
    black_box(&value);
    match value {
        Value::Array(items) | Value::Push(items) | Value::Set(items) => items.for_each(visit),
        Value::Map(pairs) => pairs.for_each(|(key, value)| {
            visit(key);
            visit(value);
        }),
        Value::BigNumber(_)
        | Value::Boolean(_)
        | Value::Bulk(_)
        | Value::BulkError(_)
        | Value::Double(_)
        | Value::Error(_)
        | Value::Integer(_)
        | Value::Null
        | Value::Simple(_)
        | Value::Streamed(_)
        | Value::Verbatim { .. } => {}
    }
}
