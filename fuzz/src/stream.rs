//! Reading a stream that arrives in pieces, and what came of it.

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use quorlock_resp::{DecodeError, Decoder, Frame, Limits};

/// How a stream was read: its whole frames, and the error that ended it if one did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) frames: Vec<Frame>,
    pub(crate) error: Option<DecodeError>,
    /// Bytes that were frames.
    pub(crate) consumed: usize,
    /// Bytes that the decoder says it looked at.
    pub(crate) examined: u64,
}

/// Owned frames of a stream that arrives in the pieces given.
pub(crate) fn read<'a>(limits: Limits, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut decoder = Decoder::new(limits);
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    let mut consumed = 0;
    let mut error = None;
    'stream: for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let before = buffer.len();
            match decoder.decode_frame(&mut buffer) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(found) => {
                    error = Some(found);
                    break 'stream;
                }
            }
            consumed += before - buffer.len();
        }
    }
    Outcome {
        frames,
        error,
        consumed,
        examined: decoder.examined(),
    }
}

/// Limits from a few bytes: the usual ones, or small ones that streams of a fuzzer's size go over.
pub(crate) fn limits(input: &mut Unstructured<'_>) -> Limits {
    let small = |input: &mut Unstructured<'_>| usize::from(u8::arbitrary(input).unwrap_or(u8::MAX));
    if !bool::arbitrary(input).unwrap_or(false) {
        return Limits::DEFAULT;
    }
    Limits {
        depth: small(input),
        elements: small(input),
        bulk: small(input),
        line: small(input),
        frame: small(input) * 4,
    }
}
