//! quorlock-resp, read in its three ways. The whole result goes through a black box, as the peers' does.

use core::hint::black_box;

use bytes::BytesMut;
use quorlock_resp::{Decoder, Limits, Value};

use crate::streams::FRAMES;

/// Bytes that one read brings.
pub(crate) const READ: usize = 16 << 10;

/// Replies borrowed from the stream, which is all there.
pub(crate) fn borrowed(stream: &[u8]) -> u32 {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let (mut rest, mut frames) = (stream, 0);
    while let Some(reply) = decoder.decode(rest).expect("valid") {
        black_box(&reply);
        rest = rest.get(reply.len()..).expect("inside");
        frames += 1;
    }
    frames
}

/// The same, and every value of the reply is looked at.
pub(crate) fn walked(stream: &[u8]) -> u32 {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let (mut rest, mut frames) = (stream, 0);
    while let Some(reply) = decoder.decode(rest).expect("valid") {
        walk(reply.value());
        rest = rest.get(reply.len()..).expect("inside");
        frames += 1;
    }
    frames
}

fn walk(value: Value<'_>) {
    black_box(&value);
    match value {
        Value::Array(items) | Value::Push(items) | Value::Set(items) => items.for_each(walk),
        Value::Map(pairs) => pairs.for_each(|(key, value)| {
            walk(key);
            walk(value);
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

/// Owned frames from reads of 16 KiB, each dropped before the next.
pub(crate) fn owned(stream: &[u8]) -> u32 {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut input = BytesMut::new();
    let mut frames = 0;
    for read in stream.chunks(READ) {
        input.reserve(READ);
        input.extend_from_slice(read);
        // Looked at where it was put: what it costs to move a frame is the caller's.
        while let Ok(Some(frame)) = &decoder.decode_frame(&mut input) {
            black_box(frame);
            frames += 1;
        }
    }
    frames
}

/// Lengths only.
pub(crate) fn skipped(stream: &[u8]) -> u32 {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let (mut rest, mut frames) = (stream, 0);
    while let Some(len) = decoder.skip(rest).expect("valid") {
        black_box(len);
        rest = rest.get(len..).expect("inside");
        frames += 1;
    }
    assert_eq!(frames, FRAMES);
    frames
}
