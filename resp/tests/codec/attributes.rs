//! Attributes annotate a value and never take its place.

use crate::harness::{accepts, rejects, waits};
use quorlock_resp::ErrorKind::End;
use quorlock_resp::{Decoder, Value};

#[test]
fn in_front_of_a_reply() {
    accepts(
        "|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n+OK\r\n",
        &["|{+ttl=:3600}$v", "+OK"],
    );
    waits("|1\r\n+ttl\r\n:3600\r\n");
}

#[test]
fn at_every_place_of_every_aggregate() {
    accepts(
        "*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n|1\r\n+c\r\n+d\r\n:2\r\n:3\r\n",
        &["*[|{+a=+b}:1 |{+c=+d}:2]", ":3"],
    );
    accepts(
        "~2\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n",
        &["~[:1 |{+a=+b}:2]"],
    );
    accepts(">1\r\n|1\r\n+a\r\n+b\r\n:2\r\n", &[">[|{+a=+b}:2]"]);
    accepts(
        "%1\r\n|1\r\n+a\r\n+b\r\n+k\r\n|1\r\n+c\r\n+d\r\n:2\r\n:3\r\n",
        &["%{|{+a=+b}+k=:2}", ":3"],
    );
    accepts("*?\r\n|1\r\n+a\r\n+b\r\n:1\r\n.\r\n", &["*[|{+a=+b}:1]"]);
}

#[test]
fn around_aggregates_and_inside_attributes() {
    accepts(
        "*1\r\n|1\r\n+a\r\n*1\r\n:9\r\n*1\r\n:1\r\n",
        &["*[|{+a=*[:9]}*[:1]]"],
    );
    accepts(
        "|1\r\n|1\r\n+x\r\n+y\r\n+a\r\n+b\r\n:1\r\n",
        &["|{|{+x=+y}+a=+b}:1"],
    );
}

#[test]
fn several_in_a_row_show_the_first() {
    accepts(
        "|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n+OK\r\n",
        &["|{+a=:1}+OK"],
    );
}

#[test]
fn empty_ones() {
    accepts("|0\r\n+OK\r\n", &["|{}+OK"]);
    accepts("*1\r\n|0\r\n:1\r\n", &["*[|{}:1]"]);
    rejects("*?\r\n|0\r\n.\r\n", End, 8);
}

#[test]
fn counting_and_iterating_leave_them_out() {
    let mut decoder = Decoder::default();
    let reply = decoder
        .decode(b"*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n")
        .unwrap()
        .unwrap();
    let Value::Array(items) = reply.value() else {
        panic!("an array")
    };
    assert_eq!(items.len(), 2);
    let values: Vec<_> = items.collect();
    assert_eq!(values, [Value::Integer(1), Value::Integer(2)]);
}

#[test]
fn of_values_in_maps() {
    let mut decoder = Decoder::default();
    let stream = b"%1\r\n+k\r\n|1\r\n+a\r\n+b\r\n:2\r\n";
    let reply = decoder.decode(stream).unwrap().unwrap();
    let Value::Map(pairs) = reply.value() else {
        panic!("a map")
    };
    let mut items = pairs.items();
    assert_eq!(items.attributes(), None);
    assert_eq!(items.next(), Some(Value::Simple(b"k")));
    let expected = (Value::Simple(b"a"), Value::Simple(b"b"));
    assert_eq!(items.attributes().unwrap().next(), Some(expected));
    assert_eq!(items.next(), Some(Value::Integer(2)));
}

/// One that has its value is forgotten: the end of the stream around it is not in its way.
#[test]
fn of_the_last_value_inside_a_stream() {
    accepts(
        "*?\r\n*1\r\n|1\r\n+a\r\n+b\r\n:1\r\n.\r\n",
        &["*[*[|{+a=+b}:1]]"],
    );
    accepts(
        "*?\r\n*1\r\n|1\r\n+a\r\n+b\r\n$3\r\nabc\r\n.\r\n",
        &["*[*[|{+a=+b}$abc]]"],
    );
}
