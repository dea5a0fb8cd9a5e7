//! Requests that are none: the same broken bytes to both.
//!
//! Left out is what the node is stricter about on purpose: lines that don't end in CR LF, and inline commands.

use core::ops::RangeInclusive;

use bytes::BytesMut;
use fastrand::Rng;
use quorlock_embedded::ServerTime;
use quorlock_resp::{Decoder, Limits};

use crate::oddities;
use crate::pair::{Pair, Twins};

/// One connection that is told broken requests in pieces, and what becomes of it.
pub(crate) fn run(pair: &Pair, rng: &mut Rng) {
    let mut twins = pair.connect();
    let mut told = Vec::new();
    for _ in 0..4 {
        let bytes = requests(rng);
        told.extend_from_slice(&bytes);
        let mut output = BytesMut::new();
        for piece in pieces(rng, &bytes) {
            twins.embedded.send(piece);
            output.unsplit(twins.embedded.receive());
            // After a protocol error a server may close before it has read everything.
            if twins.real.send(piece).is_err() {
                assert!(
                    !twins.embedded.is_open(),
                    "closed after {}",
                    told.escape_ascii()
                );
            }
        }
        compare(&mut twins, &mut output, &told, pair.now());
        if !twins.embedded.is_open() {
            return;
        }
    }
}

/// Compares as many replies as the node gave, and the end of the connection.
fn compare(twins: &mut Twins, output: &mut BytesMut, told: &[u8], now: ServerTime) {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    while let Some(embedded) = decoder.decode_frame(output).expect("a sound reply") {
        let real = twins.real.receive();
        let real = real.unwrap_or_else(|error| panic!("{error} after {}", told.escape_ascii()));
        twins.compare(&vec![told.into()], now, &real, &embedded);
    }
    if !twins.embedded.is_open() {
        let end = twins.real.receive();
        assert!(
            end.is_err(),
            "the server goes on with {end:?} after {}",
            told.escape_ascii()
        );
    }
}

/// A whole request, most of the time with something wrong in it.
fn requests(rng: &mut Rng) -> Vec<u8> {
    let mut words = vec![b"PING".to_vec(), oddities::word(rng)];
    words.truncate(rng.usize(1..=2));
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"*");
    bytes.extend(count(rng, words.len(), i64::MIN..=1_000_000));
    bytes.extend_from_slice(b"\r\n");
    for word in words {
        bytes.push(if rng.u8(..20) == 0 {
            rng.u8(b'a'..=b'z')
        } else {
            b'$'
        });
        bytes.extend(count(rng, word.len(), 0..=1_000_000));
        bytes.extend_from_slice(b"\r\n");
        bytes.extend(word);
        bytes.extend_from_slice(b"\r\n");
    }
    // A ping that both answer if they are still in step.
    bytes.extend_from_slice(b"*1\r\n$4\r\nPING\r\n");
    bytes
}

/// A length that is right, as a rule, or one that both refuse. One that is only wrong by some bytes leads to a line end
/// that isn't there; an array of none or fewer, to an inline command.
fn count(rng: &mut Rng, right: usize, accepted: RangeInclusive<i64>) -> Vec<u8> {
    if rng.u8(..12) > 0 {
        return right.to_string().into();
    }
    let odd = oddities::number(rng);
    let text = core::str::from_utf8(&odd).expect("oddities of ASCII");
    match text.parse::<i64>() {
        Ok(number) if accepted.contains(&number) && number.to_string() == text => b"x".into(),
        _ => odd,
    }
}

fn pieces<'a>(rng: &mut Rng, bytes: &'a [u8]) -> Vec<&'a [u8]> {
    bytes.chunks(rng.usize(1..40)).collect()
}
