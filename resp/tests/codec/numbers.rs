//! Integers, lengths, doubles and big numbers at their edges.

use crate::harness::{accepts, rejects, waits};
use quorlock_resp::ErrorKind::{BigNumber, Double, Integer, Length, Terminator};

#[test]
fn integers_of_every_width() {
    let mut number = 0_i64;
    for digit in [1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 9, 8, 7, 6, 5, 4, 3, 2] {
        number = number * 10 + digit;
        accepts(
            format!(":{number}\r\n:-{number}\r\n:+{number}\r\n+\r\n"),
            &[
                &format!(":{number}"),
                &format!(":-{number}"),
                &format!(":{number}"),
                "+",
            ],
        );
    }
}

#[test]
fn integers_at_powers_of_ten() {
    let mut power = 1_i64;
    for _ in 0..19 {
        for number in [power - 1, power, power + 1, -power] {
            accepts(format!(":{number}\r\n"), &[&format!(":{number}")]);
        }
        power = power.saturating_mul(10);
    }
}

#[test]
fn integers_at_the_ends_of_i64() {
    accepts(
        ":9223372036854775807\r\n:-9223372036854775808\r\n:0\r\n:+0\r\n",
        &[":9223372036854775807", ":-9223372036854775808", ":0", ":0"],
    );
    rejects(":9223372036854775808\r\n", Integer, 19);
    rejects(":-9223372036854775809\r\n", Integer, 20);
    rejects(":99999999999999999999\r\n", Integer, 19);
    rejects(":18446744073709551616\r\n", Integer, 20);
}

#[test]
fn malformed_integers() {
    let cases: [(&str, usize); 16] = [
        (":\r\n", 1),
        (":-\r\n", 2),
        (":+\r\n", 2),
        (":--1\r\n", 2),
        (":+-1\r\n", 2),
        (":-+1\r\n", 2),
        (":-0\r\n", 2),
        (":00\r\n", 2),
        (":01\r\n", 2),
        (":-01\r\n", 2),
        (": 1\r\n", 1),
        (":1 \r\n", 2),
        (":1a\r\n", 2),
        (":12345678x\r\n", 9),
        (":1234567890123456x\r\n", 17),
        (":1.0\r\n", 2),
    ];
    for (stream, offset) in cases {
        rejects(stream, Integer, offset);
    }
}

#[test]
fn a_stray_byte_at_every_place_of_an_integer() {
    for width in 1..=18_usize {
        for place in 0..width {
            for stray in [b'/', b':', b'\n', 0, 0x80, 0xff, b'0' | 0x80, b' '] {
                let mut stream = b":".to_vec();
                stream.resize(1 + width, b'7');
                stream[1 + place] = stray;
                stream.extend_from_slice(b"\r\n+more\r\n");
                rejects(stream, Integer, 1 + place);
            }
        }
    }
}

#[test]
fn integers_that_are_not_whole() {
    for part in [":", ":1", ":-", ":12345678", ":123456789012345678", ":1\r"] {
        waits(part);
    }
    rejects(":1\rx", Terminator, 3);
    rejects(":1\n", Integer, 2);
}

#[test]
fn malformed_lengths_of_every_header() {
    for kind in ["$", "*", "~", "%", "!", "=", ">", "|"] {
        let reject =
            |content: &str, offset| rejects(format!("{kind}{content}\r\n"), Length, offset);
        reject("", 1);
        reject("+1", 1);
        reject(" 1", 1);
        reject("1 ", 2);
        reject("01", 2);
        reject("00", 2);
        reject("1a", 2);
        reject("123x", 4);
        reject("9223372036854775808", 19);
        reject("99999999999999999999", 19);
        rejects(format!("{kind}1\rx"), Terminator, 3);
        waits(kind);
        waits(format!("{kind}1"));
        waits(format!("{kind}1\r"));
    }
}

#[test]
fn negative_lengths_other_than_the_nulls() {
    for kind in ["$", "*"] {
        for content in ["-2", "-0", "-9223372036854775808", "--1", "-"] {
            rejects(format!("{kind}{content}\r\n"), Length, 2);
        }
        rejects(format!("{kind}-11\r\n"), Terminator, 3);
        waits(format!("{kind}-"));
        waits(format!("{kind}-1\r"));
    }
    for kind in ["~", "%", "!", "=", ">", "|"] {
        rejects(format!("{kind}-1\r\n"), Length, 1);
    }
}

#[test]
fn doubles() {
    accepts(
        ",1.23\r\n,10\r\n,-0.5\r\n,1e5\r\n,1.5E-7\r\n,1e+20\r\n,0\r\n,-0\r\n,+1\r\n",
        &[
            ",1.23",
            ",10.0",
            ",-0.5",
            ",100000.0",
            ",1.5e-7",
            ",1e20",
            ",0.0",
            ",-0.0",
            ",1.0",
        ],
    );
    accepts(
        ",inf\r\n,-inf\r\n,nan\r\n,-nan\r\n",
        &[",inf", ",-inf", ",NaN", ",NaN"],
    );
    accepts(
        ",1.7976931348623157e308\r\n,5e-324\r\n,0.10000000000000001\r\n",
        &[",1.7976931348623157e308", ",5e-324", ",0.1"],
    );
}

#[test]
fn malformed_doubles() {
    for content in [
        "", "-", ".", ".5", "5.", "1.e5", "1e", "1e+", "e5", "01", "-01", "1.5 ", " 1", "0x10",
        "1_0", "infinity", "Inf", "+inf", "NaN", "1e400", "-1e400", "1,5", "1.2.3", "\u{e9}",
    ] {
        rejects(format!(",{content}\r\n"), Double, 0);
    }
}

#[test]
fn big_numbers() {
    let digits = "3492890328409238509324850943850943825024385";
    accepts(
        format!("({digits}\r\n(-{digits}\r\n(0\r\n(+7\r\n"),
        &[&format!("({digits}"), &format!("(-{digits}"), "(0", "(+7"],
    );
    for content in ["", "-", "12a", "1 ", "007", "-01", "--1", "1.5"] {
        rejects(format!("({content}\r\n"), BigNumber, 0);
    }
}
