use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use bytes::BytesMut;

use super::Protocol::{Resp2, Resp3};
use super::*;

/// What `write` appends to an empty buffer, and that it reserved no more than that.
fn written(write: impl Fn(&mut BytesMut)) -> BytesMut {
    let mut out = BytesMut::new();
    write(&mut out);
    let mut exact = BytesMut::with_capacity(out.len());
    let capacity = exact.capacity();
    write(&mut exact);
    assert_eq!(exact.capacity(), capacity, "reserved more than written");
    out
}

#[test]
fn commands_are_arrays_of_bulks() {
    assert_eq!(written(|out| command(out, &[])), "*0\r\n");
    assert_eq!(
        written(|out| command(out, &[b"SET", b"", b"a\r\nb"])),
        "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\nb\r\n"
    );
}

#[test]
fn integers_in_commands_are_bulks() {
    assert_eq!(written(|out| bulk_integer(out, 42)), "$2\r\n42\r\n");
    assert_eq!(
        written(|out| bulk_integer(out, i64::MIN)),
        "$20\r\n-9223372036854775808\r\n"
    );
}

#[test]
fn bulk_size_is_what_bulk_appends() {
    for len in [0, 1, 9, 10, 99, 100, 999, 1000, 65_536] {
        let text = vec![b'x'; len];
        assert_eq!(written(|out| bulk(out, &text)).len(), bulk_size(len));
    }
}

#[test]
fn prepared_commands_are_the_same_bytes() {
    let prepared = Prepared::new(&[b"EVALSHA", b"0123", b"1"], 2);
    let started = written(|out| {
        prepared.start(out, bulk_size(3) + bulk_size(2));
        bulk(out, b"key");
        bulk_integer(out, -7);
    });
    let plain = written(|out| command(out, &[b"EVALSHA", b"0123", b"1", b"key", b"-7"]));
    assert_eq!(started, plain);
}

/// A command of these arguments, one after the other.
fn expected(arguments: &[String]) -> BytesMut {
    let mut out = BytesMut::new();
    array(&mut out, arguments.len());
    for text in arguments {
        bulk(&mut out, text.as_bytes());
    }
    out
}

/// What `write` appends to a buffer with this much room and something in it.
fn appended(room: usize, write: &dyn Fn(&mut BytesMut)) -> BytesMut {
    let mut out = BytesMut::with_capacity(room + 3);
    out.extend_from_slice(b"+OK");
    write(&mut out);
    assert_eq!(out.split_to(3), "+OK");
    out
}

#[test]
fn commands_are_the_same_in_much_room_and_in_little() {
    for len in 0..300 {
        let text = "x".repeat(len);
        for arguments in [
            vec![text.clone()],
            vec!["SET".into(), text.clone(), "NX".into()],
            vec![text.clone(); len % 130],
        ] {
            let slices: Vec<_> = arguments.iter().map(String::as_bytes).collect();
            for room in [0, short::ROOM - 1, short::ROOM, 4096] {
                let found = appended(room, &|out| command(out, &slices));
                assert_eq!(found, expected(&arguments));
            }
        }
    }
}

#[test]
fn prepared_numbers_are_the_same_in_much_room_and_in_little() {
    let prepared = Prepared::new(&[b"SET"], 3);
    let powers = (0..19).map(|power| 10_i64.pow(power));
    let near = powers.flat_map(|power| [power - 1, power, power + 1, power / 3, -power]);
    for number in near.chain([i64::MIN, i64::MAX]) {
        let arguments = ["SET", "k", &number.to_string(), "PX"].map(Into::into);
        for room in [0, short::ROOM - 1, short::ROOM, 4096] {
            let found = appended(room, &|out| {
                let number = Argument::Integer(number);
                prepared.command(out, &[Argument::Text(b"k"), number, Argument::Text(b"PX")]);
            });
            assert_eq!(found, expected(&arguments));
        }
    }
}

#[test]
fn lines_keep_to_their_line() {
    assert_eq!(written(|out| simple(out, b"OK")), "+OK\r\n");
    assert_eq!(written(|out| error(out, b"ERR a\r\nb")), "-ERR a  b\r\n");
    assert_eq!(written(|out| integer(out, -10)), ":-10\r\n");
}

#[test]
fn types_that_resp2_lacks_fall_back() {
    let both = |write: &dyn Fn(&mut BytesMut, Protocol)| {
        (
            written(|out| write(out, Resp2)),
            written(|out| write(out, Resp3)),
        )
    };
    let check = |write: &dyn Fn(&mut BytesMut, Protocol), resp2: &str, resp3: &str| {
        let (second, third) = both(write);
        assert_eq!(second, resp2);
        assert_eq!(third, resp3);
    };
    check(&null, "$-1\r\n", "_\r\n");
    check(&null_array, "*-1\r\n", "_\r\n");
    check(
        &|out, protocol| boolean(out, true, protocol),
        ":1\r\n",
        "#t\r\n",
    );
    check(
        &|out, protocol| boolean(out, false, protocol),
        ":0\r\n",
        "#f\r\n",
    );
    check(&|out, protocol| map(out, 2, protocol), "*4\r\n", "%2\r\n");
    check(&|out, protocol| set(out, 2, protocol), "*2\r\n", "~2\r\n");
    check(&|out, protocol| push(out, 2, protocol), "*2\r\n", ">2\r\n");
    check(
        &|out, protocol| big_number(out, b"-12", protocol),
        "$3\r\n-12\r\n",
        "(-12\r\n",
    );
    check(
        &|out, protocol| bulk_error(out, b"ERR\n", protocol),
        "-ERR \r\n",
        "!4\r\nERR\n\r\n",
    );
    check(
        &|out, protocol| verbatim(out, *b"txt", b"hi", protocol),
        "$2\r\nhi\r\n",
        "=6\r\ntxt:hi\r\n",
    );
    assert_eq!(written(|out| attribute(out, 1)), "|1\r\n");
}

#[test]
fn doubles_are_short() {
    let text = |number| written(|out| double(out, number, Resp3));
    assert_eq!(text(1.0), ",1\r\n");
    assert_eq!(text(-0.1), ",-0.1\r\n");
    assert_eq!(text(f64::INFINITY), ",inf\r\n");
    assert_eq!(text(f64::NEG_INFINITY), ",-inf\r\n");
    assert_eq!(text(-f64::NAN), ",nan\r\n");
    assert_eq!(text(1e300), ",1e300\r\n");
    assert_eq!(text(f64::MIN_POSITIVE), ",2.2250738585072014e-308\r\n");
    assert_eq!(
        text(123_456_789_012_345_680.0),
        ",1.2345678901234568e17\r\n"
    );
    assert_eq!(written(|out| double(out, 0.5, Resp2)), "$3\r\n0.5\r\n");
}
