//! Every type of RESP2 and RESP3, the ways servers send it.

use quorlock_resp::Frame;

use crate::harness::{accepts, rejects, waits};
use quorlock_resp::ErrorKind::{Boolean, Chunk, End, Terminator, Type, Verbatim};

#[test]
fn simple_strings() {
    accepts("+OK\r\n+QUEUED\r\n+\r\n", &["+OK", "+QUEUED", "+"]);
}

#[test]
fn errors() {
    accepts(
        "-NOSCRIPT No matching script. Please use EVAL.\r\n-\r\n",
        &["-NOSCRIPT No matching script. Please use EVAL.", "-"],
    );
}

#[test]
fn bulk_strings() {
    accepts(
        "$3\r\nabc\r\n$0\r\n\r\n$6\r\na\r\n$1\r\r\n",
        &["$abc", "$", "$a\\r\\n$1\\r"],
    );
    waits("$3\r\nabc");
    waits("$3\r\nabc\r");
}

#[test]
fn bulk_strings_of_every_width_of_length() {
    for len in [
        1, 9, 10, 11, 99, 100, 101, 999, 1000, 9999, 10_000, 99_999, 100_000,
    ] {
        let body = "x".repeat(len);
        let stream = format!("${len}\r\n{body}\r\n:1\r\n");
        accepts(stream, &[&format!("${body}"), ":1"]);
    }
}

#[test]
fn bulk_errors() {
    accepts("!10\r\nERR a\r\nb c\r\n", &["!ERR a\\r\\nb c"]);
    accepts("!0\r\n\r\n", &["!"]);
}

#[test]
fn nulls_of_all_three_kinds() {
    accepts("_\r\n$-1\r\n*-1\r\n", &["_", "_", "_"]);
    accepts("*3\r\n_\r\n$-1\r\n*-1\r\n", &["*[_ _ _]"]);
}

#[test]
fn arrays() {
    accepts(
        "*0\r\n*3\r\n:1\r\n$1\r\na\r\n*2\r\n+x\r\n*0\r\n",
        &["*[]", "*[:1 $a *[+x *[]]]"],
    );
    waits("*2\r\n:1\r\n");
}

#[test]
fn errors_inside_arrays() {
    accepts(
        "*2\r\n-WRONGTYPE Operation\r\n!3\r\nERR\r\n",
        &["*[-WRONGTYPE Operation !ERR]"],
    );
}

#[test]
fn booleans() {
    accepts("#t\r\n#f\r\n", &["#true", "#false"]);
    for malformed in ["#T\r\n", "#1\r\n", "#\r\n"] {
        rejects(malformed, Boolean, 1);
    }
    rejects("#tr\r\n", Terminator, 2);
    waits("#");
    waits("#t\r");
}

#[test]
fn sets_and_maps_keep_order_and_duplicates() {
    accepts("~3\r\n:2\r\n:1\r\n:2\r\n", &["~[:2 :1 :2]"]);
    accepts("%2\r\n+a\r\n:1\r\n+a\r\n:2\r\n", &["%{+a=:1 +a=:2}"]);
    accepts("%0\r\n~0\r\n", &["%{}", "~[]"]);
}

#[test]
fn maps_may_have_any_value_as_key() {
    accepts(
        "%2\r\n*1\r\n:1\r\n_\r\n%1\r\n,0.5\r\n#t\r\n~0\r\n",
        &["%{*[:1]=_ %{,0.5=#true}=~[]}"],
    );
}

#[test]
fn verbatim_strings() {
    accepts("=8\r\ntxt:abcd\r\n", &["=txt:abcd"]);
    accepts("=4\r\nmkd:\r\n", &["=mkd:"]);
    for len in 0..4 {
        let short = format!("={len}\r\n{}\r\n", &"txt:"[..len]);
        rejects(short, Verbatim, 0);
    }
    rejects("=5\r\ntxt_a\r\n", Verbatim, 7);
}

#[test]
fn streamed_strings() {
    accepts(
        "$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;2\r\nld\r\n;0\r\n",
        &["$?Hell;o wor;ld"],
    );
    accepts("*2\r\n$?\r\n;0\r\n:1\r\n", &["*[$? :1]"]);
    rejects("$?\r\n$1\r\na\r\n", Chunk, 4);
    rejects("$?\r\n.\r\n", Chunk, 4);
    rejects(";0\r\n", Type, 0);
    rejects("*1\r\n;1\r\na\r\n", Type, 4);
    rejects("$?x", Terminator, 2);
    waits("$?\r\n;1\r\na\r\n");
}

#[test]
fn streamed_aggregates_look_like_counted_ones() {
    accepts(
        "*?\r\n:1\r\n*?\r\n.\r\n+a\r\n.\r\n~?\r\n:1\r\n.\r\n%?\r\n+k\r\n:1\r\n.\r\n",
        &["*[:1 *[] +a]", "~[:1]", "%{+k=:1}"],
    );
    accepts("*2\r\n*?\r\n:1\r\n.\r\n:2\r\n", &["*[*[:1] :2]"]);
}

#[test]
fn ends_belong_to_streamed_aggregates() {
    rejects(".\r\n", End, 0);
    rejects("*1\r\n.\r\n", End, 4);
    rejects("%?\r\n+k\r\n.\r\n", End, 8);
    rejects("*?\r\n|1\r\n+a\r\n+b\r\n.\r\n", End, 16);
    rejects(".x", Terminator, 1);
}

#[test]
fn pushes_and_attributes_are_never_streamed() {
    use quorlock_resp::ErrorKind::Length;
    for kind in [">", "|", "!", "="] {
        rejects(format!("{kind}?\r\n"), Length, 1);
    }
}

#[test]
fn unknown_types() {
    for byte in 0..=u8::MAX {
        if !b"+-:$*_#,(!=~%>|".contains(&byte) {
            let kind = if byte == b'.' { Terminator } else { Type };
            rejects([byte, b'x'], kind, usize::from(byte == b'.'));
        }
    }
}

#[test]
fn frames_are_equal_by_content() {
    let frame = |bytes: &str| -> Frame {
        let mut input = bytes::BytesMut::from(bytes);
        quorlock_resp::Decoder::default()
            .decode_frame(&mut input)
            .unwrap()
            .unwrap()
    };
    let same = [
        ("*?\r\n:1\r\n.\r\n", "*1\r\n:1\r\n"),
        ("$-1\r\n", "_\r\n"),
        (",nan\r\n", ",-nan\r\n"),
        (":+5\r\n", ":5\r\n"),
        ("*1\r\n%1\r\n+a\r\n,1.0\r\n", "*1\r\n%1\r\n+a\r\n,1\r\n"),
    ];
    for (left, right) in same {
        assert_eq!(frame(left), frame(right));
        assert_eq!(frame(left), frame(left).clone());
    }
    let different = [
        ("*1\r\n:1\r\n", "~1\r\n:1\r\n"),
        ("*1\r\n:1\r\n", "*1\r\n:2\r\n"),
        ("*2\r\n*1\r\n:1\r\n:2\r\n", "*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n"),
        ("*2\r\n*0\r\n:1\r\n", "*1\r\n*1\r\n:1\r\n"),
        ("+a\r\n", "$1\r\na\r\n"),
        ("*1\r\n+a\r\n", "*1\r\n+b\r\n"),
        (",0\r\n", ",-0\r\n"),
        ("|1\r\n+a\r\n+b\r\n:1\r\n", ":1\r\n"),
        ("#t\r\n", "#f\r\n"),
        ("=5\r\ntxt:a\r\n", "=5\r\nmkd:a\r\n"),
    ];
    for (left, right) in different {
        assert_ne!(frame(left), frame(right), "{left} {right}");
    }
}
