//! What can be done with a value once it is there: compare it, write it, show it.

use bytes::BytesMut;
use quorlock_resp::{Decoder, ErrorKind, Frame, Limits, Protocol, Value, encode};

/// Two of each kind that differ, in RESP3.
const PAIRS: [(&str, &str); 14] = [
    ("(12\r\n", "(13\r\n"),
    ("#t\r\n", "#f\r\n"),
    ("$1\r\na\r\n", "$1\r\nb\r\n"),
    ("!1\r\na\r\n", "!1\r\nb\r\n"),
    (",1.5\r\n", ",2.5\r\n"),
    ("-a\r\n", "-b\r\n"),
    (":1\r\n", ":2\r\n"),
    ("+a\r\n", "+b\r\n"),
    ("=5\r\ntxt:a\r\n", "=5\r\nmkd:a\r\n"),
    ("*2\r\n+a\r\n:1\r\n", "*2\r\n+a\r\n:2\r\n"),
    (">2\r\n+a\r\n*1\r\n_\r\n", ">2\r\n+a\r\n*1\r\n#t\r\n"),
    ("~2\r\n+a\r\n,1\r\n", "~2\r\n+b\r\n,1\r\n"),
    ("%1\r\n+a\r\n:1\r\n", "%1\r\n+b\r\n:1\r\n"),
    (
        "$?\r\n;1\r\na\r\n;1\r\nb\r\n;0\r\n",
        "$?\r\n;2\r\nab\r\n;0\r\n",
    ),
];

fn frame(stream: &str) -> Frame {
    let mut input = BytesMut::from(stream);
    let frame = Decoder::default().decode_frame(&mut input);
    frame.unwrap().unwrap()
}

#[test]
fn values_are_equal_to_themselves_and_to_no_other() {
    let all: Vec<Frame> = PAIRS
        .iter()
        .flat_map(|(one, other)| [frame(one), frame(other)])
        .chain([frame("_\r\n"), frame("*0\r\n"), frame("~0\r\n")])
        .collect();
    for (at, one) in all.iter().enumerate() {
        for (place, other) in all.iter().enumerate() {
            assert_eq!(one == other, at == place, "{one:?} and {other:?}");
            assert_eq!(one.value() == other.value(), at == place);
        }
    }
}

#[test]
fn the_pieces_of_a_streamed_string_are_counted() {
    let frame = frame("$?\r\n;1\r\na\r\n;2\r\nbc\r\n;0\r\n");
    let Value::Streamed(mut chunks) = frame.value() else {
        panic!("{frame:?}");
    };
    for left in [2, 1, 0] {
        assert_eq!(chunks.size_hint(), (left, Some(left)));
        assert_eq!(chunks.next().is_some(), left > 0);
    }
}

#[test]
fn doubles_without_digits_are_written_as_they_are() {
    for (number, text) in [
        (0.0, ",0\r\n"),
        (-0.0, ",-0\r\n"),
        (f64::INFINITY, ",inf\r\n"),
        (f64::NEG_INFINITY, ",-inf\r\n"),
        (f64::NAN, ",nan\r\n"),
    ] {
        let mut out = BytesMut::new();
        encode::double(&mut out, number, Protocol::Resp3);
        assert_eq!(out, text);
    }
}

#[test]
fn how_an_aggregate_was_sent_makes_no_difference() {
    assert_eq!(frame("*1\r\n:7\r\n"), frame("*?\r\n:7\r\n.\r\n"));
    assert_eq!(frame("$-1\r\n"), frame("_\r\n"));
    assert_ne!(frame("|1\r\n+a\r\n:1\r\n:7\r\n"), frame(":7\r\n"));
}

#[test]
fn every_value_can_be_written_again() {
    for (one, other) in PAIRS.into_iter().chain([("_\r\n", "*0\r\n")]) {
        for stream in [one, other] {
            let frame = frame(stream);
            let mut out = BytesMut::new();
            encode::value(&mut out, frame.value(), Protocol::Resp3);
            let again = Decoder::default().decode_frame(&mut out).unwrap();
            assert_eq!(again.unwrap(), frame);
        }
    }
}

#[test]
fn pushes_are_told_apart() {
    assert!(frame(">1\r\n+a\r\n").is_push());
    assert!(frame("|1\r\n+a\r\n:1\r\n>1\r\n+a\r\n").is_push());
    assert!(!frame("*1\r\n+a\r\n").is_push());
    assert!(!frame("+a\r\n").is_push());
}

/// Not what is in it: a reply may hold a million values, or a secret.
#[test]
fn what_a_reply_shows_of_an_aggregate_is_its_size() {
    let mut decoder = Decoder::new(Limits::default());
    let reply = decoder.decode(b"*2\r\n:1\r\n+a\r\n").unwrap().unwrap();
    assert_eq!(format!("{reply:?}"), "Reply(Array(Items(2)))");
    assert_eq!(
        format!("{:?}", frame("%1\r\n+a\r\n:1\r\n")),
        "Frame(Map(Pairs(1)))"
    );
}

#[test]
fn errors_say_what_and_where() {
    let error = Decoder::default().decode(b"_x\r\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Terminator);
    assert_eq!(error.to_string(), "CR LF expected at byte 1 of the frame");
}

#[test]
fn a_bulk_of_several_pieces_is_one_bulk() {
    let none: &[&[u8]] = &[];
    for pieces in [none, &[b""], &[b"{job}", b"", b":count"]] {
        let (mut joined, mut whole) = (BytesMut::new(), BytesMut::new());
        encode::bulk_of(&mut joined, pieces);
        encode::bulk(&mut whole, &pieces.concat());
        assert_eq!(joined, whole);
    }
}
