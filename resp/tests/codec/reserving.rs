//! Buffers grow once, by what is written, and not at all where there is room.

use allocation_counter::measure;
use bytes::BytesMut;
use quorlock_resp::encode::{self, Argument, Prepared};

/// Longer than what is written by way of a fixed room.
const LONG: [u8; 700] = [b'x'; 700];

/// Writes to an empty buffer: one allocation, of no more than was needed.
fn reserves_exactly(write: impl Fn(&mut BytesMut)) {
    let mut capacity = 0;
    let mut len = 0;
    let cost = measure(|| {
        let mut out = BytesMut::new();
        write(&mut out);
        (capacity, len) = (out.capacity(), out.len());
    });
    assert_eq!(cost.count_total, 1);
    assert_eq!(capacity, len);
}

#[test]
fn an_empty_buffer_gets_what_is_needed() {
    reserves_exactly(|out| encode::command(out, &[b"SET", b"key", b"value", b"NX"]));
    reserves_exactly(|out| encode::command(out, &[&LONG, &LONG, b"", b"12 bytes long"]));
    reserves_exactly(|out| encode::simple(out, &LONG));
    reserves_exactly(|out| encode::bulk(out, &LONG));
    let prepared = Prepared::new(&[b"SET"], 3);
    reserves_exactly(|out| {
        let arguments = [
            Argument::Text(&LONG),
            Argument::Integer(-1_234),
            Argument::Text(b"PX"),
        ];
        prepared.command(out, &arguments);
    });
}

/// Wherever in the buffer the room begins.
#[test]
fn a_buffer_with_room_does_not_grow() {
    for used in [0, 1, 40, 200, 1_000] {
        for room in [40, 255, 256, 257, 2_000] {
            let mut out = BytesMut::with_capacity(used + room);
            out.resize(used, b'-');
            let cost = measure(|| encode::command(&mut out, &[b"SET", b"key", b"value"]));
            assert_eq!(cost.count_total, 0, "{room} bytes behind {used}");
            assert_eq!(
                &out[used..],
                b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n"
            );
        }
    }
}
