//! Bugs that other decoders had, by where they were reported.

use core::fmt::Write as _;

use allocation_counter::measure;
use bytes::BytesMut;
use quorlock_resp::ErrorKind::{ElementLimit, LineLimit, Terminator, Type};
use quorlock_resp::{Decoder, Limits};

use crate::harness::{End, accepts, rejects, verdict_within};

/// CVE-2021-32765 (hiredis, GHSA-hfm9-39pp-55p2): count times size overflows the allocation.
#[test]
fn count_times_size() {
    for shift in [31, 32, 59, 60, 61, 62] {
        for count in [(1_u64 << shift) - 1, 1 << shift, (1 << shift) + 1] {
            rejects(format!("*{count}\r\n"), ElementLimit, 0);
        }
    }
}

/// hiredis #1322 (2026), redis-rs 765075f (2024): entries times two overflow.
#[test]
fn entries_times_two() {
    for count in [i64::MAX, i64::MAX / 2, i64::MAX / 2 + 1] {
        rejects(format!("%{count}\r\n"), ElementLimit, 0);
        rejects(format!("|{count}\r\n"), ElementLimit, 0);
    }
}

/// resp-rs #52: 121 KB of nested headers reserved 351 MB. Here a frame costs at most its tape: 16
/// bytes for each value that arrived, twice that while the tape grows.
#[test]
fn memory_follows_what_arrived() {
    let mut headers = String::new();
    for _ in 0..100 {
        headers.push_str("*10000\r\n");
    }
    for stream in [
        headers,
        "*1000000\r\n".to_owned() + &"_\r\n".repeat(100_000),
    ] {
        let values = stream.matches("\r\n").count() as u64;
        let cost = measure(|| {
            let mut decoder = Decoder::new(Limits::DEFAULT);
            assert!(decoder.decode(stream.as_bytes()).unwrap().is_none());
        });
        assert!(
            cost.bytes_max <= 3 * 16 * values + 1024,
            "{} bytes",
            cost.bytes_max
        );
    }
}

/// resp-rs #59 and #66, hiredis 1.5, respite: an attribute eats an element slot, so that all later
/// replies shift by one.
#[test]
fn attributes_at_every_position() {
    let attribute = "|1\r\n+a\r\n:0\r\n";
    let elements = [":1\r\n", "*1\r\n:2\r\n", "$1\r\n3\r\n"];
    for mask in 0..8 {
        let mut stream = "*3\r\n".to_owned();
        for (place, element) in elements.iter().enumerate() {
            if mask >> place & 1 == 1 {
                stream.push_str(attribute);
            }
            stream.push_str(element);
        }
        let (frames, end) = verdict_within(Limits::DEFAULT, (stream + ":4\r\n").as_bytes());
        assert_eq!(end, End::Clean);
        let plain = frames[0].replace("|{+a=:0}", "");
        assert_eq!([plain.as_str(), &frames[1]], ["*[:1 *[:2] $3]", ":4"]);
    }
}

/// resp-rs #65 and #68: a bare CR stops the line scan in one of two paths only. Every place in lines
/// around the width of a machine word.
#[test]
fn bare_line_ends_at_every_place() {
    for width in 1..=20_usize {
        for place in 0..width {
            for (byte, shift) in [(b'\r', 1), (b'\n', 0)] {
                let mut stream = b"+".to_vec();
                stream.resize(1 + width, b'x');
                stream[1 + place] = byte;
                stream.extend_from_slice(b"\r\n");
                rejects(stream, Terminator, 1 + place + shift);
            }
        }
    }
}

/// resp-rs #69 and #71: an unterminated line holds the parser and is scanned again and again.
#[test]
fn unterminated_lines() {
    let line = "x".repeat(70_000);
    rejects(format!("+{line}"), LineLimit, 0);
    rejects(format!("+{line}\r\n"), LineLimit, 0);
}

/// resp-rs #77 (`:+0` decoded as 2510), #80 (`i64::MIN` overflows): the same digits by every path.
#[test]
fn signs_and_extremes_on_every_path() {
    accepts(
        ":+0\r\n*3\r\n:+0\r\n:-9223372036854775808\r\n:9223372036854775807\r\n",
        &[":0", "*[:0 :-9223372036854775808 :9223372036854775807]"],
    );
}

/// hiredis 1091975, 7bef042, bc8d837, #830, #1030: lengths cut to 32 bits.
#[test]
fn lengths_around_32_bits() {
    use quorlock_resp::ErrorKind::BulkLimit;
    let wide = Limits {
        bulk: usize::MAX,
        frame: usize::MAX,
        ..Limits::DEFAULT
    };
    for length in [u64::from(u32::MAX) + 1, u64::from(u32::MAX) + 2, 1 << 33] {
        let stream = format!("${length}\r\n\r\n");
        crate::harness::rejects_within(wide, stream, BulkLimit, 0);
    }
    for length in [1_u64 << 31, (1 << 31) + 1, u64::from(u32::MAX)] {
        let stream = format!("${length}\r\n\r\n");
        assert_eq!(verdict_within(wide, stream.as_bytes()), (vec![], End::More));
    }
}

/// The three streams of redis/tests/unit/protocol.tcl that put a server out of step.
#[test]
fn desync_streams_of_the_server_tests() {
    use quorlock_resp::ErrorKind::Length;
    rejects("\0junk", Type, 0);
    rejects("*\0junk", Length, 1);
    rejects("$\0junk", Length, 1);
}

/// redis-protocol, resp-rs and redis-async start again at each read: quadratic. Here every byte is
/// examined twice at most, by the decoder's own count.
#[test]
fn no_byte_is_examined_a_third_time() {
    let mut array = "*2000\r\n".to_owned();
    for number in 0..1000_u32 {
        write!(
            array,
            ":{}\r\n$3\r\nabc\r\n",
            number.wrapping_mul(2_654_435_761)
        )
        .unwrap();
    }
    let line = format!("+{}\r\n", "x".repeat(60_000));
    let mixed = "*2\r\n,3.25\r\n(123456789012345678901234567890\r\n$-1\r\n_\r\n#t\r\n".repeat(200)
        + &"*?\r\n$?\r\n;5\r\nabcde\r\n;0\r\n.\r\n|1\r\n+a\r\n+b\r\n-ERR x\r\n".repeat(200);
    let bulk = format!("${}\r\n{}\r\n", 100_000, "x".repeat(100_000));
    for stream in [array, line, mixed, bulk] {
        for size in [1, 2, 3, 5, 8, 13, 64, 1448, usize::MAX] {
            let mut decoder = Decoder::default();
            let mut start = 0;
            let mut end = 0;
            while end < stream.len() {
                end = end.saturating_add(size).min(stream.len());
                while let Some(len) = decoder.skip(&stream.as_bytes()[start..end]).unwrap() {
                    start += len;
                }
            }
            assert_eq!(start, stream.len());
            assert!(
                decoder.examined() <= 2 * stream.len() as u64,
                "{} of {} bytes in pieces of {size}",
                decoder.examined(),
                stream.len()
            );
        }
    }
}

/// Lines are looked at whole, what a bulk holds is not: the count would else tell nothing.
#[test]
fn the_count_of_what_is_examined_is_true() {
    let examined = |stream: &str| {
        let mut decoder = Decoder::default();
        let mut input = BytesMut::from(stream);
        while let Some(frame) = decoder.decode_frame(&mut input).unwrap() {
            assert!(!frame.is_push());
        }
        assert!(input.is_empty());
        decoder.examined()
    };
    for stream in [":12345\r\n", "+OK\r\n", "*2\r\n:1\r\n,1.5\r\n"] {
        let len = stream.len() as u64;
        assert_eq!(examined(stream), len, "{stream:?}");
        assert_eq!(examined(&stream.repeat(10)), 10 * len, "{stream:?}");
    }
    // Lines of no usual form, without their type bytes: looked at once more in the hope that they had one, or for the value.
    assert_eq!(examined("(12345\r\n"), 7 + 7);
    assert_eq!(examined(",1.2345678\r\n"), 11 + 9);
    // The same of a header whose text is not all there.
    let mut decoder = Decoder::default();
    assert!(decoder.decode(b"$100\r\na text").unwrap().is_none());
    assert_eq!(decoder.examined(), 5 + 5);
    // What is left of a line that came in part is counted as it comes.
    let mut decoder = Decoder::default();
    assert!(decoder.decode(b"+a line").unwrap().is_none());
    let before = decoder.examined();
    assert!(decoder.decode(b"+a line of some words").unwrap().is_none());
    assert_eq!(decoder.examined() - before, 14);
    for len in [20, 64, 100_000] {
        let stream = format!("${len}\r\n{}\r\n", "x".repeat(len));
        assert!(examined(&stream) <= 20, "{}", examined(&stream));
        let two = format!("*2\r\n{stream}{stream}");
        assert!(examined(&two) <= 44, "{}", examined(&two));
        let mut decoder = Decoder::default();
        let begun = format!("*3\r\n{stream}{stream}");
        assert!(decoder.decode(begun.as_bytes()).unwrap().is_none());
        assert!(decoder.examined() <= 44, "{}", decoder.examined());
    }
}

/// A reader may skip what it has begun to decode, and decode what it has begun to skip.
#[test]
fn a_reader_may_change_its_mind_within_a_frame() {
    let stream = "*3\r\n*2\r\n$5\r\nabcde\r\n:7\r\n+line\r\n$3\r\nend\r\n";
    let whole = Decoder::default().decode_frame(&mut BytesMut::from(stream));
    let whole = whole.unwrap().unwrap();
    for cut in 1..stream.len() {
        let (first, _) = stream.split_at(cut);
        let mut decoder = Decoder::default();
        assert_eq!(decoder.skip(first.as_bytes()).unwrap(), None);
        let frame = decoder.decode_frame(&mut BytesMut::from(stream));
        assert_eq!(frame.unwrap().unwrap(), whole, "skipped {cut} bytes");
        let mut decoder = Decoder::default();
        assert!(decoder.decode(first.as_bytes()).unwrap().is_none());
        let skipped = decoder.skip(stream.as_bytes()).unwrap();
        assert_eq!(skipped, Some(stream.len()), "decoded {cut} bytes");
    }
}

/// Without a hint to the reader a 16 MiB bulk in small reads is slow in every Rust peer.
#[test]
fn large_bulks_say_how_much_to_reserve() {
    let mut decoder = Decoder::default();
    let mut input = b"$16777216\r\n".to_vec();
    assert_eq!(decoder.skip(&input), Ok(None));
    assert_eq!(decoder.needed(), 16 << 10);
    input.resize(1 << 20, b'x');
    assert_eq!(decoder.skip(&input), Ok(None));
    assert_eq!(decoder.needed(), 1 << 20);
    input.resize(11 + (16 << 20), b'x');
    assert_eq!(decoder.skip(&input), Ok(None));
    assert_eq!(decoder.needed(), 2);
    input.push(b'\r');
    assert_eq!(decoder.skip(&input), Ok(None));
    assert_eq!(decoder.needed(), 1);
    input.push(b'\n');
    assert_eq!(decoder.skip(&input), Ok(Some(input.len())));
    assert_eq!(decoder.needed(), 1);
}
