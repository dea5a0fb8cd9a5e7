//! That what is usual is taken. What is left to the general way comes out the same, so that no caller could tell.

use alloc::format;

use super::{LONGEST, Usual, boolean, bulk, double, header, integer, line, null, tiny};
use crate::scan::word::load_at;
use crate::tape::Tag;

/// What a taken value says: its tag, its `value` and `len`, and how many bytes it takes.
type Taken = Option<(Tag, u64, u32, usize)>;

fn said(usual: Option<Usual>) -> Taken {
    usual.map(|usual| {
        let node = usual.node;
        (node.tag, node.value, node.len, usual.len)
    })
}

/// What `read` makes of a value that stands behind three other bytes.
fn behind(read: impl Fn(u64, &[u8], usize) -> Option<Usual>, value: &str) -> Taken {
    let input = format!("+a\n{value}");
    said(read(load_at(input.as_bytes(), 3), input.as_bytes(), 3))
}

fn alone(read: impl Fn(u64) -> Option<Usual>, value: &str) -> Taken {
    said(read(load_at(value.as_bytes(), 0)))
}

#[test]
fn what_a_lock_client_reads() {
    let taken = |value: &str| alone(tiny, value);
    assert_eq!(taken("+OK\r\n"), Some((Tag::Simple, 1, 2, 5)));
    assert_eq!(taken("$-1\r\n+OK"), Some((Tag::Null, 0, 0, 5)));
    assert_eq!(taken("_\r\n:1\r\n"), Some((Tag::Null, 0, 0, 3)));
    for digit in 0..10 {
        let value = format!(":{digit}\r\n$1");
        assert_eq!(taken(&value), Some((Tag::Integer, digit, 0, 4)));
    }
    for other in [
        "", "+OK\r", "+Ok\r\n", ":/\r\n", "::\r\n", ":1\n\n", "*1\r\n",
    ] {
        assert_eq!(taken(other), None, "{other:?}");
    }
}

#[test]
fn headers_of_three_digits_at_most() {
    let taken = |text: &str| header(load_at(text.as_bytes(), 0));
    for number in 0..1000 {
        let text = format!("${number}\r\n");
        assert_eq!(taken(&text), Some((number, text.len())));
    }
    for other in [
        "$\r\n",
        "$01\r\n",
        "$00\r\n",
        "$1000\r\n",
        "$1:\r\n",
        "$12\n\n",
        "$-1\r\n",
    ] {
        assert_eq!(taken(other), None, "{other:?}");
    }
}

#[test]
fn bulks_and_nulls() {
    for len in [0, 1, 9, 10, 99, 100, 999] {
        let header = format!("${len}\r\n");
        let value = format!("{header}{}\r\n", "x".repeat(len));
        let offset = 3 + header.len() as u64;
        let len = u32::try_from(len).unwrap();
        assert_eq!(
            behind(bulk, &value),
            Some((Tag::Bulk, offset, len, value.len()))
        );
        assert_eq!(behind(bulk, value.trim_end()), None);
    }
    assert_eq!(behind(bulk, "$-1\r\n"), Some((Tag::Null, 0, 0, 5)));
    assert_eq!(behind(bulk, "$-2\r\n"), None);
    assert_eq!(alone(null, "_\r\n"), Some((Tag::Null, 0, 0, 3)));
    assert_eq!(alone(null, "_\n\n"), None);
}

#[test]
fn booleans() {
    assert_eq!(alone(boolean, "#t\r\n"), Some((Tag::Boolean, 1, 0, 4)));
    assert_eq!(alone(boolean, "#f\r\n:1"), Some((Tag::Boolean, 0, 0, 4)));
    assert_eq!(alone(boolean, "#T\r\n"), None);
}

#[test]
fn lines_up_to_the_longest() {
    for len in (0..40).chain(1000..1040) {
        let value = format!("-{}\r\n", "x".repeat(len));
        let text = u32::try_from(len).unwrap();
        let expected = (text + 1 < LONGEST).then_some((Tag::Error, 4, text, value.len()));
        let found = behind(|head, input, at| line(Tag::Error, head, input, at), &value);
        assert_eq!(found, expected, "{len}");
    }
}

#[test]
fn integers_of_sixteen_digits_at_most() {
    for digits in 1..=19 {
        for sign in [1, -1] {
            let number = sign * (1_987_654_321_012_345_678 / 10_i64.pow(19 - digits));
            let value = format!(":{number}\r\n");
            let bits = number.cast_unsigned();
            let expected = (digits <= 16).then_some((Tag::Integer, bits, 0, value.len()));
            assert_eq!(behind(integer, &value), expected, "{value:?}");
        }
    }
    assert_eq!(behind(integer, ":0\r\n"), Some((Tag::Integer, 0, 0, 4)));
    for other in [
        ":-0\r\n",
        ":01\r\n",
        ":+1\r\n",
        ":\r\n",
        ":0x\r\n",
        ":-01234567\r\n",
    ] {
        assert_eq!(behind(integer, other), None, "{other:?}");
    }
}

#[test]
fn doubles_of_five_characters_at_most() {
    for number in [0.0, 0.5, 3.25, 10.0, 99.5, 0.125, 12.75, 123.5, 12345.0] {
        let value = format!(",{number}\r\n");
        let bits = f64::to_bits(number);
        assert_eq!(
            alone(double, &value),
            Some((Tag::Double, bits, 0, value.len()))
        );
    }
    for other in [
        ",.5\r\n",
        ",5.\r\n",
        ",01.5\r\n",
        ",1e3\r\n",
        ",-1.5\r\n",
        ",1.5x\r\n",
    ] {
        assert_eq!(alone(double, other), None, "{other:?}");
    }
}
