//! Every limit at one below, exactly and one above.

use quorlock_resp::ErrorKind::{BulkLimit, DepthLimit, ElementLimit, FrameLimit, LineLimit};
use quorlock_resp::{Decoder, Limits};

use crate::harness::{End, rejects_within, verdict_within};

#[track_caller]
fn accepts_within(limits: Limits, stream: impl AsRef<[u8]>) {
    let (frames, end) = verdict_within(limits, stream.as_ref());
    assert_eq!(end, End::Clean);
    assert_eq!(frames.len(), 1);
}

#[test]
fn depth_of_every_aggregate() {
    let nests = [
        ("*1\r\n", ":1\r\n", ""),
        ("%1\r\n+k\r\n", ":1\r\n", ""),
        ("%1\r\n", ":1\r\n", ":1\r\n"),
        ("~1\r\n", ":1\r\n", ""),
        (">1\r\n", ":1\r\n", ""),
        ("|1\r\n", ":1\r\n:1\r\n", ":1\r\n"),
        ("*?\r\n", ":1\r\n", ".\r\n"),
        ("~?\r\n", ":1\r\n", ".\r\n"),
        ("%?\r\n+k\r\n", ":1\r\n", ".\r\n"),
    ];
    for (open, inside, close) in nests {
        let nest = |depth: usize| {
            let mut close = close.repeat(depth);
            if open.starts_with('|') {
                // Key, value and the annotated value: one more on each level.
                close = ":1\r\n:1\r\n".repeat(depth - 1) + ":1\r\n";
            }
            open.repeat(depth) + inside + &close
        };
        accepts_within(Limits::DEFAULT, nest(127));
        accepts_within(Limits::DEFAULT, nest(128));
        rejects_within(Limits::DEFAULT, nest(129), DepthLimit, open.len() * 128);
    }
}

#[test]
fn depth_zero_lets_plain_values_through() {
    let limits = Limits {
        depth: 0,
        ..Limits::DEFAULT
    };
    accepts_within(limits, "$1\r\na\r\n");
    for nested in [
        "*0\r\n",
        "*1\r\n:1\r\n",
        "*?\r\n.\r\n",
        "$?\r\n;0\r\n",
        "|0\r\n:1\r\n",
    ] {
        rejects_within(limits, nested, DepthLimit, 0);
    }
}

#[test]
fn siblings_do_not_add_up_to_depth() {
    let limits = Limits {
        depth: 2,
        ..Limits::DEFAULT
    };
    accepts_within(
        limits,
        "*3\r\n*1\r\n:1\r\n*?\r\n.\r\n|1\r\n:1\r\n:2\r\n~0\r\n",
    );
}

#[test]
fn elements_of_one_aggregate() {
    let limits = Limits {
        elements: 4,
        ..Limits::DEFAULT
    };
    accepts_within(limits, "*3\r\n:1\r\n:2\r\n:3\r\n");
    accepts_within(limits, "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n");
    accepts_within(limits, "%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n");
    rejects_within(limits, "*5\r\n", ElementLimit, 0);
    rejects_within(limits, "%3\r\n", ElementLimit, 0);
    accepts_within(limits, "|1\r\n:1\r\n:2\r\n:3\r\n");
    rejects_within(limits, "|2\r\n", ElementLimit, 0);
}

#[test]
fn elements_are_summed_over_the_frame() {
    let limits = Limits {
        elements: 4,
        ..Limits::DEFAULT
    };
    accepts_within(limits, "*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n");
    rejects_within(
        limits,
        "*2\r\n*1\r\n:1\r\n*2\r\n:1\r\n:2\r\n",
        ElementLimit,
        12,
    );
}

#[test]
fn elements_start_anew_with_each_frame() {
    let limits = Limits {
        elements: 1,
        ..Limits::DEFAULT
    };
    let (frames, end) = verdict_within(limits, "*1\r\n:1\r\n".repeat(10).as_bytes());
    assert_eq!((frames.len(), end), (10, End::Clean));
}

#[test]
fn elements_of_streamed_values() {
    let limits = Limits {
        elements: 2,
        ..Limits::DEFAULT
    };
    accepts_within(limits, "*?\r\n:1\r\n:2\r\n.\r\n");
    rejects_within(limits, "*?\r\n:1\r\n:2\r\n:3\r\n", ElementLimit, 12);
    accepts_within(limits, "$?\r\n;1\r\na\r\n;1\r\nb\r\n;0\r\n");
    rejects_within(
        limits,
        "$?\r\n;1\r\na\r\n;1\r\nb\r\n;1\r\nc\r\n",
        ElementLimit,
        18,
    );
}

#[test]
fn an_element_of_a_streamed_array_counts_when_it_is_complete() {
    let limits = Limits {
        elements: 1,
        ..Limits::DEFAULT
    };
    rejects_within(limits, "*?\r\n*1\r\n:1\r\n", ElementLimit, 8);
}

#[test]
fn bulk_lengths() {
    let limits = Limits {
        bulk: 5,
        ..Limits::DEFAULT
    };
    for (kind, at) in [("$", 0), ("!", 0), ("=", 0), ("$?\r\n;", 4)] {
        let end = if at > 0 { ";0\r\n" } else { "" };
        accepts_within(limits, format!("{kind}4\r\ntxt:\r\n{end}"));
        accepts_within(limits, format!("{kind}5\r\ntxt:a\r\n{end}"));
        rejects_within(limits, format!("{kind}6\r\n"), BulkLimit, at);
    }
}

#[test]
fn lines() {
    let limits = Limits {
        line: 3,
        ..Limits::DEFAULT
    };
    for kind in ["+", "-", ",", "("] {
        accepts_within(limits, format!("{kind}12\r\n"));
        accepts_within(limits, format!("{kind}123\r\n"));
        rejects_within(limits, format!("{kind}1234\r\n"), LineLimit, 0);
        rejects_within(limits, format!("{kind}1234"), LineLimit, 0);
    }
    let whole = "a".repeat(64 << 10);
    accepts_within(Limits::DEFAULT, format!("+{whole}\r\n"));
    rejects_within(Limits::DEFAULT, format!("+{whole}a\r\n"), LineLimit, 0);
}

#[test]
fn frames() {
    let limits = |frame| Limits {
        frame,
        ..Limits::DEFAULT
    };
    for stream in [
        "+OK\r\n",
        ":123\r\n",
        "$3\r\nabc\r\n",
        "*2\r\n:1\r\n$1\r\na\r\n",
        "|1\r\n+a\r\n+b\r\n:1\r\n",
        "*?\r\n.\r\n",
        "#t\r\n",
    ] {
        accepts_within(limits(stream.len() + 1), stream);
        accepts_within(limits(stream.len()), stream);
        let (frames, end) = verdict_within(limits(stream.len() - 1), stream.as_bytes());
        assert!(frames.is_empty());
        assert!(matches!(end, End::Error(FrameLimit, _)), "{stream} {end:?}");
    }
    rejects_within(limits(12), "*2\r\n:1\r\n$1\r\n", FrameLimit, 8);
}

#[test]
fn limits_wider_than_the_tape_are_cut_to_it() {
    let everything = Limits {
        depth: usize::MAX,
        elements: usize::MAX,
        bulk: usize::MAX,
        line: usize::MAX,
        frame: usize::MAX,
    };
    rejects_within(everything, "$4294967296\r\n", BulkLimit, 0);
    rejects_within(everything, "*4294967295\r\n", ElementLimit, 0);
    let nest = "*1\r\n".repeat(10_000) + "+a\r\n";
    assert_eq!(
        Decoder::new(everything).skip(nest.as_bytes()),
        Ok(Some(nest.len()))
    );
    accepts_within(everything, "+".to_owned() + &"a".repeat(100_000) + "\r\n");
}

/// No recursion anywhere: a million levels are read, compared, printed and dropped on a small stack.
#[test]
fn depth_costs_no_stack() {
    let work = || {
        let limits = Limits {
            depth: usize::MAX,
            ..Limits::DEFAULT
        };
        let nest = "*1\r\n".repeat(1_000_000) + ":1\r\n";
        let mut frames = [0, 1].map(|_| {
            let mut input = bytes::BytesMut::from(nest.as_str());
            Decoder::new(limits)
                .decode_frame(&mut input)
                .unwrap()
                .unwrap()
        });
        assert_eq!(frames[0], frames[1]);
        assert_eq!(format!("{:?}", frames[0]), "Frame(Array(Items(1)))");
        frames[0] = frames[1].clone();
        let mut out = bytes::BytesMut::new();
        quorlock_resp::encode::value(&mut out, frames[0].value(), quorlock_resp::Protocol::Resp3);
        assert_eq!(out, nest);
    };
    std::thread::Builder::new()
        .stack_size(128 << 10)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_reset_decoder_starts_anew() {
    let mut decoder = Decoder::default();
    let error = decoder.decode(b"*1\r\n?").unwrap_err();
    assert_eq!(decoder.skip(b"+OK\r\n"), Err(error));
    assert_eq!(
        error.to_string(),
        "unknown type byte at byte 4 of the frame"
    );
    decoder.reset();
    assert_eq!(decoder.skip(b"+OK\r\n"), Ok(Some(5)));
    assert_eq!(decoder.skip(b"*1\r\n$5\r\nab"), Ok(None));
    decoder.reset();
    assert_eq!(decoder.skip(b"+OK\r\n"), Ok(Some(5)));
}

/// The caller may change its mind in the middle of a frame: all of its bytes are still there.
#[test]
fn skipping_and_reading_may_alternate() {
    let stream = b"*2\r\n$3\r\nabc\r\n:7\r\n";
    for first in 0..stream.len() {
        for second in first..stream.len() {
            let mut decoder = Decoder::default();
            assert_eq!(decoder.skip(&stream[..first]), Ok(None));
            assert!(decoder.decode(&stream[..second]).unwrap().is_none());
            assert_eq!(decoder.skip(stream), Ok(Some(stream.len())));
            let reply = decoder.decode(stream).unwrap().unwrap();
            assert_eq!(crate::harness::show(reply.value()), "*[$abc :7]");
        }
    }
}
