//! How a stream is cut makes no difference: frames, error and offset are the same.

use proptest::prelude::*;
use quorlock_resp::Limits;

use crate::harness::{WAYS, read};

/// Pieces of RESP, right and wrong, to be put together at random.
const PIECES: &[&[u8]] = &[
    b"+OK\r\n",
    b"+",
    b"K\r\n",
    b"-ERR x\r\n",
    b":1\r\n",
    b":-1234567890123\r\n",
    b":",
    b"12",
    b"\r",
    b"\n",
    b"\r\n",
    b"$3\r\nabc\r\n",
    b"$",
    b"$-1\r\n",
    b"*-1\r\n",
    b"$10\r\n",
    b"0123456789",
    b"*0\r\n",
    b"*1\r\n",
    b"*2\r\n",
    b"*3\r\n",
    b"%1\r\n",
    b"~2\r\n",
    b">1\r\n",
    b"|1\r\n",
    b"|0\r\n",
    b"_\r\n",
    b"#t\r\n",
    b",1.5\r\n",
    b",inf\r\n",
    b"(123\r\n",
    b"!3\r\nERR\r\n",
    b"=5\r\ntxt:a\r\n",
    b"$?\r\n",
    b";2\r\nab\r\n",
    b";0\r\n",
    b"*?\r\n",
    b"%?\r\n",
    b".\r\n",
    b"x",
    b"-",
    b"?",
    b"9999999999999999999",
];

/// A stream of such pieces.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

fn limits() -> impl Strategy<Value = Limits> {
    prop_oneof![
        Just(Limits::DEFAULT),
        (
            0..6_usize,
            0..12_usize,
            0..12_usize,
            0..8_usize,
            0..64_usize
        )
            .prop_map(|(depth, elements, bulk, line, frame)| Limits {
                depth,
                elements,
                bulk,
                line,
                frame
            }),
    ]
}

/// The stream cut at lengths taken in turn.
fn cut<'a>(mut stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for &length in lengths.iter().cycle() {
        if stream.is_empty() {
            break;
        }
        let (piece, rest) = stream.split_at(length.min(stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_cut_gives_the_same(
        stream in stream(),
        limits in limits(),
        lengths in prop::collection::vec(1..10_usize, 1..8),
    ) {
        for way in WAYS {
            let whole = read(way, limits, [stream.as_slice()]);
            let cut = read(way, limits, cut(&stream, &lengths));
            prop_assert_eq!(cut, whole, "{:?}", way);
        }
    }

    #[test]
    fn all_ways_of_reading_agree(stream in stream(), limits in limits()) {
        let [borrowed, owned, skipped] = WAYS.map(|way| read(way, limits, [stream.as_slice()]));
        prop_assert_eq!(&borrowed, &owned);
        prop_assert_eq!(borrowed.0.len(), skipped.0.len());
        prop_assert_eq!(borrowed.1, skipped.1);
    }

    #[test]
    fn work_is_twice_the_bytes_at_most(
        stream in stream(),
        lengths in prop::collection::vec(1..10_usize, 1..8),
    ) {
        let mut decoder = quorlock_resp::Decoder::default();
        let (mut start, mut end) = (0, 0);
        for piece in cut(&stream, &lengths) {
            end += piece.len();
            while let Ok(Some(len)) = decoder.skip(&stream[start..end]) {
                start += len;
            }
        }
        prop_assert!(decoder.examined() <= 2 * stream.len() as u64);
    }
}
