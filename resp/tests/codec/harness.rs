//! Decoding in every way at once: whole or cut, borrowed, owned or skipped, the verdict is one.

use bytes::BytesMut;
use quorlock_resp::{DecodeError, Decoder, ErrorKind, Limits, Pairs, Value};

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it was frames.
    Clean,
    /// The last frame is not whole.
    More,
    /// Rejected: why, and where in the stream.
    Error(ErrorKind, usize),
}

/// The frames of a stream as [`show`] writes them, and how it ended.
pub(crate) type Verdict = (Vec<String>, End);

/// A way to read a stream that arrives in pieces.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Borrowed,
    Owned,
    Skipped,
}

pub(crate) const WAYS: [Way; 3] = [Way::Borrowed, Way::Owned, Way::Skipped];

/// Reads a stream that arrives in the pieces given. Skipping shows frames as their bytes.
pub(crate) fn read<'a>(
    way: Way,
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Verdict {
    let mut decoder = Decoder::new(limits);
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    let mut consumed = 0;
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let before = buffer.len();
            match next(way, &mut decoder, &mut buffer) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => {
                    assert!(
                        decoder.needed() > 0,
                        "a read of nothing is the end of a stream"
                    );
                    break;
                }
                Err(error) => {
                    let again = next(way, &mut decoder, &mut buffer);
                    assert_eq!(again, Err(error), "errors are sticky");
                    return (frames, End::Error(error.kind(), consumed + error.offset()));
                }
            }
            consumed += before - buffer.len();
        }
    }
    let end = if buffer.is_empty() {
        End::Clean
    } else {
        End::More
    };
    (frames, end)
}

/// The next frame, dropped from the front of the buffer.
fn next(
    way: Way,
    decoder: &mut Decoder,
    buffer: &mut BytesMut,
) -> Result<Option<String>, DecodeError> {
    match way {
        Way::Borrowed => {
            let Some(reply) = decoder.decode(buffer)? else {
                return Ok(None);
            };
            assert_eq!(reply.bytes(), &buffer[..reply.len()]);
            assert_eq!(reply.is_push(), matches!(reply.value(), Value::Push(_)));
            let shown = show_reply(reply.attributes(), reply.value());
            let len = reply.len();
            drop(buffer.split_to(len));
            Ok(Some(shown))
        }
        Way::Owned => {
            let before = buffer.clone();
            let Some(frame) = decoder.decode_frame(buffer)? else {
                return Ok(None);
            };
            assert_eq!([frame.bytes(), &buffer[..]].concat(), before);
            Ok(Some(show_reply(frame.attributes(), frame.value())))
        }
        Way::Skipped => {
            let Some(len) = decoder.skip(buffer)? else {
                return Ok(None);
            };
            Ok(Some(
                String::from_utf8_lossy(&buffer.split_to(len)).into_owned(),
            ))
        }
    }
}

/// The verdict on a stream; asserts that every way of reading and cutting it comes to the same.
pub(crate) fn verdict_within(limits: Limits, stream: &[u8]) -> Verdict {
    let expected = read(Way::Borrowed, limits, [stream]);
    for way in WAYS {
        let sizes: &[usize] = if stream.len() > 4096 {
            &[1448]
        } else {
            &[1, 2, 3, 7]
        };
        let whole = read(way, limits, [stream]);
        assert_eq!(whole.1, expected.1, "{way:?}");
        assert_eq!(whole.0.len(), expected.0.len(), "{way:?}");
        for &size in sizes {
            let cut = read(way, limits, stream.chunks(size));
            assert_eq!(cut, whole, "{way:?} in pieces of {size}");
        }
    }
    expected
}

/// Asserts that a stream is exactly the frames shown.
#[track_caller]
pub(crate) fn accepts(stream: impl AsRef<[u8]>, frames: &[&str]) {
    let (found, end) = verdict_within(Limits::DEFAULT, stream.as_ref());
    assert_eq!(found, frames);
    assert_eq!(end, End::Clean);
}

/// Asserts that a stream is rejected at its first frame.
#[track_caller]
pub(crate) fn rejects(stream: impl AsRef<[u8]>, kind: ErrorKind, offset: usize) {
    rejects_within(Limits::DEFAULT, stream, kind, offset);
}

/// Asserts that a stream is rejected at its first frame by a decoder with these limits, whatever follows. Readers
/// that look at eight bytes at a time see more of it then.
#[track_caller]
pub(crate) fn rejects_within(
    limits: Limits,
    stream: impl AsRef<[u8]>,
    kind: ErrorKind,
    offset: usize,
) {
    let stream = stream.as_ref();
    for stream in [stream.to_vec(), [stream, b"+more\r\n+more\r\n"].concat()] {
        let (frames, end) = verdict_within(limits, &stream);
        assert_eq!(end, End::Error(kind, offset));
        assert!(frames.is_empty(), "{frames:?}");
    }
}

/// Asserts that a stream is the beginning of a frame.
#[track_caller]
pub(crate) fn waits(stream: impl AsRef<[u8]>) {
    let verdict = verdict_within(Limits::DEFAULT, stream.as_ref());
    assert_eq!(verdict, (Vec::new(), End::More));
}

fn show_reply(attributes: Option<Pairs<'_>>, value: Value<'_>) -> String {
    match attributes {
        Some(pairs) => format!("|{{{}}}{}", show_pairs(pairs), show(value)),
        None => show(value),
    }
}

/// A value on one line: the type byte, then what is in it. Attributes stand as `|{..}` in front of
/// their value.
pub(crate) fn show(value: Value<'_>) -> String {
    let text = |kind: char, bytes: &[u8]| format!("{kind}{}", bytes.escape_ascii());
    match value {
        Value::Array(items) => format!("*[{}]", show_items(items)),
        Value::BigNumber(digits) => text('(', digits),
        Value::Boolean(truth) => format!("#{truth}"),
        Value::Bulk(bytes) => text('$', bytes),
        Value::BulkError(bytes) => text('!', bytes),
        Value::Double(number) => format!(",{number:?}"),
        Value::Error(bytes) => text('-', bytes),
        Value::Integer(number) => format!(":{number}"),
        Value::Map(pairs) => format!("%{{{}}}", show_pairs(pairs)),
        Value::Null => "_".to_owned(),
        Value::Push(items) => format!(">[{}]", show_items(items)),
        Value::Set(items) => format!("~[{}]", show_items(items)),
        Value::Simple(bytes) => text('+', bytes),
        Value::Streamed(chunks) => {
            let shown: Vec<_> = chunks
                .map(|chunk| chunk.escape_ascii().to_string())
                .collect();
            format!("$?{}", shown.join(";"))
        }
        Value::Verbatim { format, text } => {
            format!("={}:{}", format.escape_ascii(), text.escape_ascii())
        }
    }
}

fn show_items(mut items: quorlock_resp::Items<'_>) -> String {
    let mut shown = Vec::new();
    while items.len() > 0 {
        let attributes = items.attributes();
        shown.push(show_reply(
            attributes,
            items.next().expect("as many as len says"),
        ));
    }
    assert_eq!(items.next(), None);
    shown.join(" ")
}

fn show_pairs(mut pairs: Pairs<'_>) -> String {
    let mut shown = Vec::new();
    while pairs.len() > 0 {
        let attributes = pairs.attributes();
        let (key, value) = pairs.next().expect("as many as len says");
        shown.push(format!("{}={}", show_reply(attributes, key), show(value)));
    }
    assert_eq!(pairs.next(), None);
    shown.join(" ")
}
