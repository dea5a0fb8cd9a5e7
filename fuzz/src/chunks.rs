//! Any cutting of a stream gives the same frames and the same error at the same offset.

use arbitrary::{Arbitrary, Unstructured};
use quorlock_resp::{Decoder, Limits};

use crate::stream::{limits, read};

/// Cuts the stream at lengths that the input also gives, and asserts that
/// - owned frames, error and offset are those of the stream read whole;
/// - so are the lengths that a skipper finds;
/// - the decoder looked at no byte more than twice.
pub fn check(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let limits = limits(&mut source);
    let lengths = <[u8; 4]>::arbitrary(&mut source).unwrap_or([1; 4]);
    let stream = source.take_rest();
    let pieces = cut(stream, lengths);

    let whole = read(limits, [stream]);
    let parts = read(limits, pieces.iter().copied());
    assert_eq!(parts.frames, whole.frames);
    assert_eq!(parts.error, whole.error);
    assert_eq!(parts.consumed, whole.consumed);
    assert!(
        parts.examined <= 2 * stream.len() as u64,
        "{} bytes examined",
        parts.examined
    );
    for (part, frame) in parts.frames.iter().zip(&whole.frames) {
        assert_eq!(part.bytes(), frame.bytes());
    }
    let lengths: Vec<usize> = whole
        .frames
        .iter()
        .map(|frame| frame.bytes().len())
        .collect();
    assert_eq!(skip(limits, stream, &pieces), lengths);
}

/// The stream in pieces of 1 to 16 bytes, the lengths taken in turn; a length with its top bit set is
/// 16 times as long.
fn cut(mut stream: &[u8], lengths: [u8; 4]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    for byte in lengths.into_iter().cycle() {
        if stream.is_empty() {
            break;
        }
        let unit = if byte & 0x80 == 0 { 1 } else { 16 };
        let length = (usize::from(byte & 0x0f) + 1) * unit;
        let (piece, rest) = stream.split_at(length.min(stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}

/// Lengths of the frames that a skipper finds, up to the first error.
fn skip(limits: Limits, stream: &[u8], pieces: &[&[u8]]) -> Vec<usize> {
    let mut decoder = Decoder::new(limits);
    let mut lengths = Vec::new();
    let (mut start, mut end) = (0, 0);
    for piece in pieces {
        end += piece.len();
        while let Ok(Some(length)) = decoder.skip(&stream[start..end]) {
            lengths.push(length);
            start += length;
        }
    }
    lengths
}
