//! Other parsers, each in the fastest way that its documentation offers.

use core::hint::black_box;

use bytes::{Bytes, BytesMut};

use crate::ours::READ;

/// redis-protocol 6: ranges into the input.
pub(crate) fn redis_protocol_borrowed(stream: &[u8]) -> u32 {
    let (mut rest, mut frames) = (stream, 0);
    while let Some((frame, len)) = redis_protocol::resp2::decode::decode_range(rest).expect("valid")
    {
        black_box(&frame);
        rest = rest.get(len..).expect("inside");
        frames += 1;
    }
    frames
}

/// The same for RESP3.
pub(crate) fn redis_protocol_borrowed_resp3(stream: &[u8]) -> u32 {
    use redis_protocol::resp3::decode::complete::decode_range;
    let (mut rest, mut frames) = (stream, 0);
    while let Some((frame, len)) = decode_range(rest).expect("valid") {
        black_box(&frame);
        rest = rest.get(len..).expect("inside");
        frames += 1;
    }
    frames
}

/// redis-protocol 6: trees of shared bytes, split off the input.
pub(crate) fn redis_protocol_owned(stream: &[u8]) -> u32 {
    use redis_protocol::resp2::decode::decode_bytes_mut;
    reads(stream, |input| {
        let (frame, _len, _bytes) = decode_bytes_mut(input).expect("valid")?;
        black_box(&frame);
        Some(())
    })
}

/// The same for RESP3.
pub(crate) fn redis_protocol_owned_resp3(stream: &[u8]) -> u32 {
    use redis_protocol::resp3::decode::complete::decode_bytes_mut;
    reads(stream, |input| {
        let (frame, _len, _bytes) = decode_bytes_mut(input).expect("valid")?;
        black_box(&frame);
        Some(())
    })
}

/// Calls `next` on the input until it has no frame, for every read; how often it had one.
fn reads(stream: &[u8], mut next: impl FnMut(&mut BytesMut) -> Option<()>) -> u32 {
    let mut input = BytesMut::new();
    let mut frames = 0;
    for read in stream.chunks(READ) {
        input.reserve(READ);
        input.extend_from_slice(read);
        while next(&mut input).is_some() {
            frames += 1;
        }
    }
    frames
}

/// redis-rs 1: owned values from a reader, its only way.
pub(crate) fn redis_rs(stream: &[u8]) -> u32 {
    let mut parser = redis::Parser::new();
    let (mut rest, mut frames) = (stream, 0);
    while let Ok(value) = parser.parse_value(&mut rest) {
        black_box(&value);
        frames += 1;
    }
    frames
}

/// resp-rs 0.3: trees of shared bytes, RESP2, the stream all there.
pub(crate) fn resp_rs(stream: &[u8]) -> u32 {
    let (mut rest, mut frames) = (Bytes::copy_from_slice(stream), 0);
    while let Ok((frame, behind)) = resp_rs::resp2::parse_frame(rest) {
        black_box(&frame);
        rest = behind;
        frames += 1;
    }
    frames
}

/// The same for RESP3.
pub(crate) fn resp_rs_resp3(stream: &[u8]) -> u32 {
    let (mut rest, mut frames) = (Bytes::copy_from_slice(stream), 0);
    while let Ok((frame, behind)) = resp_rs::resp3::parse_frame(rest) {
        black_box(&frame);
        rest = behind;
        frames += 1;
    }
    frames
}
