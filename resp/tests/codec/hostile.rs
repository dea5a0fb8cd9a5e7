//! Streams that broke other decoders in 2025 and 2026, each with our verdict. Who is named in a
//! comment got it wrong when measured.

use core::time::Duration;
use std::time::Instant;

use allocation_counter::measure;
use quorlock_resp::ErrorKind::{
    BigNumber, BulkLimit, DepthLimit, Double, ElementLimit, Integer, Length, LineLimit, Terminator,
    Verbatim,
};
use quorlock_resp::{Decoder, Limits};

use crate::harness::{accepts, rejects, rejects_within, waits};

/// What one hostile stream may cost. Peers abort at 50 to 170 GB.
const MEMORY: u64 = 10 << 20;
const TIME: Duration = Duration::from_millis(100);

/// Feeds a stream whole and asserts that it costs next to nothing.
#[track_caller]
#[allow(
    clippy::disallowed_methods,
    reason = "the test is about time, the codec has none"
)]
fn is_cheap(stream: &[u8]) {
    let begun = Instant::now();
    let cost = measure(|| {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        // What it says is the other assertions' business.
        let _verdict = decoder
            .decode(stream)
            .map(|reply| reply.map(|reply| reply.len()));
    });
    assert!(cost.bytes_max < MEMORY, "{} bytes", cost.bytes_max);
    assert!(begun.elapsed() < TIME, "{:?}", begun.elapsed());
}

/// 100,000 levels of one aggregate. redis-protocol 6, redis-async 0.18, respite 0.4, redis-parser
/// 0.1.2 and redis-zero-protocol-parser 0.3.4 overflow the stack; hiredis did until 2026.
#[track_caller]
fn deep_nest(header: &str) {
    let stream = header.repeat(100_000);
    is_cheap(stream.as_bytes());
    let opener = header.len();
    rejects(stream, DepthLimit, opener * 128);
}

#[test]
fn nested_arrays() {
    deep_nest("*1\r\n");
}

#[test]
fn nested_maps() {
    deep_nest("%1\r\n+a\r\n");
}

#[test]
fn nested_maps_as_keys() {
    deep_nest("%1\r\n");
}

#[test]
fn nested_sets() {
    deep_nest("~1\r\n");
}

#[test]
fn nested_pushes() {
    deep_nest(">1\r\n");
}

#[test]
fn nested_attributes() {
    deep_nest("|1\r\n+a\r\n");
}

#[test]
fn nested_attributes_as_keys() {
    deep_nest("|1\r\n");
}

#[test]
fn nested_streamed_aggregates() {
    for header in ["*?\r\n", "~?\r\n", "%?\r\n"] {
        deep_nest(header);
    }
}

/// redis-async, redis-parser and redis-zero-protocol-parser allocate 50 GB and more.
#[test]
fn an_array_of_two_to_the_31() {
    for count in [
        "2147483647",
        "2147483648",
        "4294967295",
        "4294967296",
        "4294967297",
    ] {
        let stream = format!("*{count}\r\n");
        is_cheap(stream.as_bytes());
        rejects(stream, ElementLimit, 0);
    }
}

#[test]
fn nested_arrays_of_16_million() {
    let stream = "*16777216\r\n".repeat(100);
    is_cheap(stream.as_bytes());
    rejects(stream, ElementLimit, 0);
}

/// Below the limit the elements may still come, and nothing is allocated for them.
#[test]
fn nested_arrays_below_the_limit() {
    let stream = "*10000\r\n".repeat(100);
    is_cheap(stream.as_bytes());
    waits(stream);
}

/// redis-protocol and redis-rs wait for ever; redis-async and redis-parser panic.
#[test]
fn counts_at_the_end_of_i64() {
    for header in [
        "*9223372036854775807",
        "~9223372036854775807",
        ">9223372036854775807",
        "%9223372036854775807",
        "|9223372036854775807",
        "%4611686018427387903",
        "%4611686018427387904",
        "|4611686018427387904",
    ] {
        let stream = format!("{header}\r\n");
        is_cheap(stream.as_bytes());
        rejects(stream, ElementLimit, 0);
    }
}

/// redis-protocol, redis-rs and hiredis wait for ever and buffer all that comes.
#[test]
fn bulk_lengths_above_the_limit() {
    for length in [
        "9223372036854775807",
        "536870913",
        "4294967296",
        "2147483648",
    ] {
        for kind in ["$", "!", "=", "$?\r\n;"] {
            let stream = format!("{kind}{length}\r\n");
            is_cheap(stream.as_bytes());
            rejects(&stream, BulkLimit, kind.len() - 1);
        }
    }
}

#[test]
fn a_declared_gigabyte_with_ten_bytes_behind_it() {
    let limits = Limits {
        bulk: 1 << 30,
        frame: 2 << 30,
        ..Limits::DEFAULT
    };
    let stream = b"$1073741824\r\n0123456789";
    let cost = measure(|| {
        let mut decoder = Decoder::new(limits);
        assert!(decoder.decode(stream).unwrap().is_none());
        assert!(decoder.needed() <= 64 << 10, "{}", decoder.needed());
    });
    assert!(cost.bytes_max < MEMORY, "{} bytes", cost.bytes_max);
}

/// redis-rs takes `$-2` for nil; it waits for ever on `%-1`, `=-1` and `!-1`. rustis and hiredis take
/// those for nil.
#[test]
fn negative_lengths() {
    for header in ["$-2", "*-2", "$-9223372036854775808"] {
        rejects(format!("{header}\r\n"), Length, 2);
    }
    for header in ["%-1", "~-1", "=-1", "!-1", ">-1", "|-1"] {
        rejects(format!("{header}\r\n"), Length, 1);
    }
}

/// redis-protocol's RESP3 decoder takes `$-1` for a streamed string and the connection stalls.
#[test]
fn resp2_nulls_among_resp3_types() {
    accepts(
        "$-1\r\n_\r\n*-1\r\n#t\r\n%1\r\n$-1\r\n*-1\r\n",
        &["_", "_", "_", "#true", "%{_=_}"],
    );
}

/// redis-protocol and hiredis 1.5 accept any two bytes behind a body.
#[test]
fn a_body_without_its_cr_lf() {
    rejects("$1\r\naXY", Terminator, 5);
    rejects("$1\r\na\rY", Terminator, 6);
    rejects("$1\r\nab\r\n", Terminator, 5);
    rejects("!1\r\naXY", Terminator, 5);
    rejects("=5\r\ntxt:aXY", Terminator, 9);
    rejects("$?\r\n;1\r\naXY", Terminator, 9);
}

/// redis-protocol, redis-rs and resp-rs accept it; rustis waits for ever.
#[test]
fn a_cr_or_lf_alone_in_a_line() {
    for kind in ["+", "-", ",", "("] {
        rejects(format!("{kind}1\rb\r\n"), Terminator, 3);
        rejects(format!("{kind}1\nb\r\n"), Terminator, 2);
        rejects(format!("{kind}1\r\r\n"), Terminator, 3);
        rejects(format!("{kind}1\n"), Terminator, 2);
    }
}

/// hiredis 1.5 and respite let the attribute eat an element: every later reply is off by one.
#[test]
fn an_attribute_inside_an_array() {
    accepts(
        "*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n:3\r\n",
        &["*[|{+a=+b}:1 :2]", ":3"],
    );
}

/// redis-protocol, redis-rs and rustis take it for nil.
#[test]
fn a_null_with_content() {
    rejects("_x\r\n", Terminator, 1);
    rejects("_\rx", Terminator, 2);
}

/// redis-rs trims.
#[test]
fn blanks_around_an_integer() {
    rejects(": 1\r\n", Integer, 1);
    rejects(":1 \r\n", Integer, 2);
}

/// The specification allows a plus sign on an integer (hiredis refuses it), not on a length
/// (redis-protocol and redis-rs accept it).
#[test]
fn plus_signs() {
    accepts(":+1\r\n", &[":1"]);
    rejects("$+1\r\na\r\n", Length, 1);
    rejects("*+1\r\n:1\r\n", Length, 1);
    rejects(":+-1\r\n", Integer, 2);
}

/// Only resp-rs and hiredis reject it.
#[test]
fn a_big_number_with_letters() {
    rejects("(12a\r\n", BigNumber, 0);
}

/// All Rust peers say infinity.
#[test]
fn doubles_beyond_f64() {
    rejects(",1e400\r\n", Double, 0);
    rejects(",infinity\r\n", Double, 0);
}

/// redis-rs drops the connection; redis-protocol rejects the error.
#[test]
fn bytes_that_are_not_utf8() {
    accepts(
        b"+\xff\r\n-ERR \xff\r\n$1\r\n\xfe\r\n",
        &["+\\xff", "-ERR \\xff", "$\\xfe"],
    );
    accepts(
        b"!1\r\n\xff\r\n=5\r\ntxt:\xff\r\n",
        &["!\\xff", "=txt:\\xff"],
    );
    rejects(b",\xff\r\n", Double, 0);
}

#[test]
fn verbatim_strings_without_their_prefix() {
    rejects("=3\r\ntxt\r\n", Verbatim, 0);
    rejects("=2\r\ntx\r\n", Verbatim, 0);
    rejects("=4\r\ntxta\r\n", Verbatim, 7);
}

/// redis-protocol waits for ever; rustis, redis-rs and hiredis reject. No server sends them.
#[test]
fn streamed_types() {
    accepts("$?\r\n;3\r\nabc\r\n;0\r\n:1\r\n", &["$?abc", ":1"]);
    accepts("*?\r\n:1\r\n.\r\n:2\r\n", &["*[:1]", ":2"]);
}

/// redis-protocol rejects keys that do not hash and drops duplicates.
#[test]
fn maps_and_sets_that_are_no_maps_and_sets() {
    accepts(
        "%2\r\n*1\r\n:1\r\n:2\r\n*1\r\n:1\r\n:3\r\n~2\r\n:1\r\n:1\r\n",
        &["%{*[:1]=:2 *[:1]=:3}", "~[:1 :1]"],
    );
}

/// redis-protocol, redis-rs, rustis and hiredis buffer it without a bound.
#[test]
fn a_line_of_64_mib() {
    let mut stream = vec![b'a'; 64 << 20];
    stream[0] = b'+';
    is_cheap(&stream);
    stream.truncate(70_000);
    rejects(&stream, LineLimit, 0);
}

/// A number that does not end is rejected long before the line limit.
#[test]
fn a_number_without_end() {
    rejects(":".to_owned() + &"1".repeat(100), Integer, 20);
    rejects("$".to_owned() + &"1".repeat(100), Length, 20);
}

#[test]
fn empty_aggregates_count_against_the_limit() {
    let limits = Limits {
        elements: 10,
        ..Limits::DEFAULT
    };
    rejects_within(limits, "|0\r\n".repeat(20), ElementLimit, 40);
    rejects_within(
        limits,
        "*?\r\n".to_owned() + &"*0\r\n".repeat(20),
        ElementLimit,
        44,
    );
}
