//! A warm decoder and a warm buffer allocate nothing.

use allocation_counter::measure;
use bytes::BytesMut;
use quorlock_resp::{Decoder, Value, encode};

/// What a lock client reads: OK, nil, integers, short arrays, pushes, errors.
const CONVERSATION: &[u8] = b"+OK\r\n$-1\r\n_\r\n:1\r\n:1700000000000\r\n*3\r\n:1\r\n:2\r\n:3\r\n\
    $22\r\nabcdefghijklmnopqrstuv\r\n-NOSCRIPT No matching script.\r\n\
    >2\r\n+invalidate\r\n*1\r\n$4\r\nlock\r\n%2\r\n+server\r\n$5\r\nredis\r\n+proto\r\n:3\r\n\
    |1\r\n+ttl\r\n:5\r\n*2\r\n*2\r\n#t\r\n,1.5\r\n~1\r\n(12345678901234567890\r\n";

/// Reads every value of the conversation, one level deep, and counts those that are not null.
fn read_all(decoder: &mut Decoder, mut input: &[u8]) -> usize {
    let mut values = 0;
    while let Some(reply) = decoder.decode(input).unwrap() {
        values += usize::from(reply.value() != Value::Null);
        if let Value::Array(items) | Value::Push(items) = reply.value() {
            values += items.filter(|value| *value != Value::Null).count();
        }
        input = &input[reply.len()..];
    }
    assert!(input.is_empty());
    values
}

#[test]
fn reading_borrowed() {
    let mut decoder = Decoder::default();
    let cold = read_all(&mut decoder, CONVERSATION);
    let cost = measure(|| {
        for _ in 0..10 {
            assert_eq!(read_all(&mut decoder, CONVERSATION), cold);
        }
    });
    assert_eq!(cost.count_total, 0);
}

#[test]
fn reading_borrowed_in_small_pieces() {
    let mut decoder = Decoder::default();
    read_all(&mut decoder, CONVERSATION);
    let cost = measure(|| {
        let mut start = 0;
        for end in 0..=CONVERSATION.len() {
            if let Some(reply) = decoder.decode(&CONVERSATION[start..end]).unwrap() {
                start += reply.len();
            }
        }
        assert_eq!(start, CONVERSATION.len());
    });
    assert_eq!(cost.count_total, 0);
}

/// Frames of a stream, kept, and how many allocations they cost beyond the list.
fn allocations_of_frames(stream: &str) -> u64 {
    let mut decoder = Decoder::default();
    // A buffer that is shared already, as a reader's is after its first large frame.
    let mut input = BytesMut::from(format!("${}\r\n{}\r\n{stream}", 200, "x".repeat(200)).as_str());
    let first = decoder.decode_frame(&mut input).unwrap().unwrap();
    assert_eq!(first.bytes().len(), 208);
    let warm = "*16\r\n".to_owned() + &":1\r\n".repeat(16);
    decoder.decode(warm.as_bytes()).unwrap();
    let mut frames = Vec::with_capacity(100);
    let cost = measure(|| {
        while let Some(frame) = decoder.decode_frame(&mut input).unwrap() {
            frames.push(frame);
        }
    });
    assert!(input.is_empty());
    assert!(!frames.is_empty());
    cost.count_total
}

#[test]
fn owned_plain_values() {
    let stream = "+OK\r\n$-1\r\n_\r\n:1\r\n:1700000000000\r\n#t\r\n,1.5\r\n-ERR x\r\n$3\r\nabc\r\n";
    assert_eq!(allocations_of_frames(stream), 0);
    let long = format!("$300\r\n{}\r\n", "x".repeat(300));
    assert_eq!(allocations_of_frames(&long), 0);
}

#[test]
fn owned_aggregates() {
    assert_eq!(allocations_of_frames("*3\r\n:1\r\n:2\r\n:3\r\n"), 0);
    assert_eq!(
        allocations_of_frames(&("*7\r\n".to_owned() + &":1\r\n".repeat(7))),
        0
    );
    assert_eq!(
        allocations_of_frames(&("*8\r\n".to_owned() + &":1\r\n".repeat(8))),
        1
    );
    let nested = "%3\r\n+a\r\n*2\r\n~1\r\n#t\r\n_\r\n+b\r\n:1\r\n+c\r\n$1\r\nx\r\n";
    assert_eq!(allocations_of_frames(nested), 1);
}

#[test]
fn a_kept_token_does_not_hold_the_read_buffer() {
    let cost = measure(|| {
        let mut input = BytesMut::with_capacity(16 << 10);
        input.extend_from_slice(b"$22\r\nabcdefghijklmnopqrstuv\r\n");
        let frame = Decoder::default()
            .decode_frame(&mut input)
            .unwrap()
            .unwrap();
        assert_eq!(frame.value(), Value::Bulk(b"abcdefghijklmnopqrstuv"));
        core::mem::forget(frame);
    });
    assert_eq!(cost.bytes_current, 0);
}

#[test]
fn skipping() {
    let mut decoder = Decoder::default();
    let skip_all = |decoder: &mut Decoder| {
        let mut rest = CONVERSATION;
        while let Some(len) = decoder.skip(rest).unwrap() {
            rest = &rest[len..];
        }
        assert!(rest.is_empty());
    };
    skip_all(&mut decoder);
    let cost = measure(|| skip_all(&mut decoder));
    assert_eq!(cost.count_total, 0);
}

#[test]
fn a_skipped_array_costs_no_memory_per_element() {
    let stream = "*100000\r\n".to_owned() + &"*1\r\n_\r\n".repeat(100_000);
    let cost = measure(|| {
        assert_eq!(
            Decoder::default().skip(stream.as_bytes()),
            Ok(Some(stream.len()))
        );
    });
    assert!(cost.bytes_max < 1024, "{}", cost.bytes_max);
}

#[test]
fn a_huge_reply_is_not_remembered() {
    let stream = "*1000000\r\n".to_owned() + &"_\r\n".repeat(1_000_000);
    let cost = measure(|| {
        let mut decoder = Decoder::default();
        assert!(decoder.decode(stream.as_bytes()).unwrap().is_some());
        assert!(decoder.decode(b"*1\r\n").unwrap().is_none());
        core::mem::forget(decoder);
    });
    assert!(cost.bytes_current <= 2 << 20, "{}", cost.bytes_current);
}

#[test]
fn writing() {
    let prepared = encode::Prepared::new(
        &[
            b"EVALSHA",
            b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
            b"1",
        ],
        3,
    );
    let mut out = BytesMut::with_capacity(4096);
    let mut write = || {
        out.clear();
        encode::command(
            &mut out,
            &[b"SET", b"key", b"token", b"NX", b"PX", b"10000"],
        );
        prepared.start(&mut out, 64);
        encode::bulk(&mut out, b"key");
        encode::bulk(&mut out, b"token");
        encode::bulk_integer(&mut out, 10_000);
        encode::integer(&mut out, i64::MIN);
        encode::double(&mut out, 0.1, quorlock_resp::Protocol::Resp3);
        encode::error(&mut out, b"ERR x");
    };
    write();
    let cost = measure(write);
    assert_eq!(cost.count_total, 0);
}
