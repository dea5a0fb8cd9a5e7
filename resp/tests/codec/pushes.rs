//! Push frames: what a client must be able to tell from a reply.

use crate::harness::accepts;
use quorlock_resp::Decoder;

#[test]
fn between_replies() {
    accepts(
        "+OK\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n:1\r\n",
        &["+OK", ">[+invalidate *[$k]]", ":1"],
    );
}

/// `SUBSCRIBE` inside `MULTI` answers with a push in an element slot of the `EXEC` reply.
#[test]
fn inside_an_exec_reply() {
    accepts(
        "*1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
        &["*[>[$subscribe $c :1]]"],
    );
}

#[test]
fn are_told_apart_even_with_attributes() {
    let mut decoder = Decoder::default();
    for (stream, push) in [
        ("|1\r\n+a\r\n+b\r\n>1\r\n+x\r\n", true),
        ("|1\r\n>1\r\n+a\r\n+b\r\n*1\r\n+x\r\n", false),
        (">0\r\n", true),
        ("*1\r\n>0\r\n", false),
        ("+OK\r\n", false),
    ] {
        let reply = decoder.decode(stream.as_bytes()).unwrap().unwrap();
        assert_eq!(reply.is_push(), push, "{stream}");
    }
}
