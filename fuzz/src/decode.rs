//! Any bytes, any limits: no panic, and the three ways of reading agree frame by frame.

use arbitrary::Unstructured;
use bytes::BytesMut;
use quorlock_resp::{Decoder, Protocol, encode};

use crate::stream::{limits, read};

/// Reads the stream whole and asserts that
/// - borrowed, owned and skipped frames are the same;
/// - every frame ends where a line or a bulk can end;
/// - what a frame says can be written in both protocols, and the RESP3 form says the same;
/// - the decoder looked at no byte more than twice.
pub fn check(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let limits = limits(&mut source);
    let stream = source.take_rest();
    let outcome = read(limits, [stream]);
    assert!(
        outcome.examined <= 2 * stream.len() as u64,
        "{} bytes examined",
        outcome.examined
    );

    let mut borrowing = Decoder::new(limits);
    let mut skipping = Decoder::new(limits);
    let mut rest = stream;
    for frame in &outcome.frames {
        let reply = borrowing
            .decode(rest)
            .expect("owned read it")
            .expect("owned read it");
        assert_eq!(reply.bytes(), frame.bytes());
        let whole = reply.bytes().ends_with(b"\r\n");
        assert!(whole, "{frame:?} ends in the middle");
        assert_eq!(reply.value(), frame.value());
        assert_eq!(reply.attributes(), frame.attributes());
        assert_eq!(reply.is_push(), frame.is_push());
        assert_eq!(skipping.skip(rest), Ok(Some(reply.len())));
        rest = &rest[reply.len()..];
        rewrite(frame);
    }
    assert_eq!(borrowing.decode(rest).err(), outcome.error);
    assert_eq!(skipping.skip(rest).err(), outcome.error);
    assert_eq!(rest.len(), stream.len() - outcome.consumed);
}

fn rewrite(frame: &quorlock_resp::Frame) {
    let mut written = BytesMut::new();
    encode::value(&mut written, frame.value(), Protocol::Resp2);
    let mut decoder = Decoder::default();
    let plain = decoder.skip(&written).expect("RESP2 is RESP");
    assert_eq!(plain, Some(written.len()));
    written.clear();
    encode::value(&mut written, frame.value(), Protocol::Resp3);
    let again = decoder
        .decode(&written)
        .expect("RESP3 is RESP")
        .expect("all of it");
    assert_eq!(again.value(), frame.value());
    assert_eq!(again.len(), written.len());
}
