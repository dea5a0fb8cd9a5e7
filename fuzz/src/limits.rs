//! Generated sizes around every limit: accepted up to it, refused past it, and no memory for promises.

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use quorlock_resp::{Decoder, ErrorKind, Limits};

/// One stream whose size, in the unit of its limit, is the limit minus one, the limit, or one more.
#[derive(Arbitrary, Debug)]
struct Case {
    limit: u16,
    delta: Delta,
    shape: Shape,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Delta {
    Above,
    At,
    Below,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Shape {
    /// Headers that announce something near a power of two, with nothing behind them.
    Announced(u8, i8),
    Bulk(Text),
    Depth(Nest),
    Elements(Many),
    Frame(Whole),
    Line(Line),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Text {
    Bulk,
    Chunk,
    Error,
    Verbatim,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Nest {
    Array,
    Attribute,
    Map,
    Push,
    Set,
    Streamed,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Many {
    Chunks,
    Flat,
    /// This many of them one level down.
    Nested(u16),
    Streamed,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Whole {
    Bulk,
    Line,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Line {
    BigNumber,
    Error,
    Simple,
}

/// Memory that a decoder may hold whatever it was given.
const MEMORY: u64 = 64 * 1024;
/// Memory that it may hold for each byte it was given: twice the byte itself, in a buffer that grows, and
/// the tape, 16 bytes for a value of three at least, in a vector that doubles and moves.
const MEMORY_PER_BYTE: u64 = 18;
/// Bits of the numbers near which a count times a size stops fitting.
const WIDTHS: [u32; 6] = [15, 16, 31, 32, 62, 63];
/// No stack and no quadratic work to fear, but the fuzzer should stay fast.
const LARGEST: u16 = 500;

/// Decodes the generated stream, whole and byte by byte, and asserts that
/// - it is accepted exactly when its size is within the limit, and the error names the limit;
/// - memory is bounded by the input, whatever was announced.
pub fn check(input: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(input)) else {
        return;
    };
    let limit = usize::from(case.limit % LARGEST) + 1;
    let size = match case.delta {
        Delta::Above => limit + 1,
        Delta::At => limit,
        Delta::Below => limit - 1,
    };
    let default = Limits::DEFAULT;
    let (limits, stream, refusal) = match case.shape {
        Shape::Announced(kind, near) => {
            for bits in WIDTHS {
                announced(kind, (1_u64 << bits).wrapping_add_signed(near.into()));
            }
            return;
        }
        Shape::Bulk(text) => {
            let bulk = limit;
            let stream = bulk_of(text, size);
            (Limits { bulk, ..default }, stream, ErrorKind::BulkLimit)
        }
        Shape::Depth(nest) => {
            let depth = limit;
            let stream = nested(nest, size);
            (Limits { depth, ..default }, stream, ErrorKind::DepthLimit)
        }
        Shape::Elements(many) => {
            let limits = Limits {
                elements: limit,
                ..default
            };
            (limits, elements(many, size), ErrorKind::ElementLimit)
        }
        Shape::Frame(whole) => {
            let frame = limit;
            let stream = frame_of(whole, size);
            (Limits { frame, ..default }, stream, ErrorKind::FrameLimit)
        }
        Shape::Line(line) => {
            let limits = Limits {
                line: limit,
                ..default
            };
            (limits, line_of(line, size), ErrorKind::LineLimit)
        }
    };
    // a generator may not be able to make something so small
    let Some(stream) = stream else {
        return;
    };
    let expected = if size <= limit {
        Ok(stream.len())
    } else {
        Err(refusal)
    };
    assert_eq!(decode(limits, &stream, stream.len()), expected, "{case:?}");
    assert_eq!(decode(limits, &stream, 1), expected, "{case:?} by bytes");
}

/// The length of the only frame, or why it is none; `step` bytes at a time.
fn decode(limits: Limits, stream: &[u8], step: usize) -> Result<usize, ErrorKind> {
    let mut outcome = Ok(0);
    let mut buffer = BytesMut::with_capacity(stream.len());
    let info = allocation_counter::measure(|| {
        let mut decoder = Decoder::new(limits);
        for piece in stream.chunks(step) {
            buffer.extend_from_slice(piece);
            match decoder.decode_frame(&mut buffer) {
                Ok(Some(frame)) => outcome = Ok(frame.bytes().len()),
                Ok(None) => {}
                Err(error) => {
                    outcome = Err(error.kind());
                    break;
                }
            }
        }
    });
    let most = MEMORY + MEMORY_PER_BYTE * stream.len() as u64;
    assert!(
        info.bytes_max <= most,
        "{} bytes held for {}",
        info.bytes_max,
        stream.len()
    );
    outcome
}

/// A count that may be anything, in front of nothing: memory stays small. Aggregates also nested.
fn announced(kind: u8, count: u64) {
    const KINDS: &[u8] = b"*~>%|$!=";
    let kind = KINDS[usize::from(kind) % KINDS.len()];
    let header = format!("{}{count}\r\n", char::from(kind));
    // a string's header would be the contents of the one before
    let nesting = if b"$!=".contains(&kind) { 1 } else { 100 };
    let stream = header.repeat(nesting);
    let info = allocation_counter::measure(|| {
        let mut decoder = Decoder::default();
        let whole = decoder.decode(stream.as_bytes()).map(|it| it.is_some());
        assert!(whole != Ok(true) || count == 0, "{header:?} is a frame");
        assert!(decoder.needed() <= MEMORY as usize, "{header:?}");
    });
    assert!(
        info.bytes_max <= MEMORY,
        "{} bytes held for {header:?}",
        info.bytes_max
    );
}

fn bulk_of(text: Text, size: usize) -> Option<Vec<u8>> {
    let body = "x".repeat(size);
    let stream = match text {
        Text::Bulk => format!("${size}\r\n{body}\r\n"),
        Text::Chunk if size == 0 => return None,
        Text::Chunk => format!("$?\r\n;{size}\r\n{body}\r\n;0\r\n"),
        Text::Error => format!("!{size}\r\n{body}\r\n"),
        Text::Verbatim => {
            let text = "x".repeat(size.checked_sub(4)?);
            format!("={size}\r\ntxt:{text}\r\n")
        }
    };
    Some(stream.into_bytes())
}

fn nested(nest: Nest, depth: usize) -> Option<Vec<u8>> {
    let (open, close) = match nest {
        Nest::Array => ("*1\r\n", ""),
        // the attributed value follows its attributes
        Nest::Attribute => ("|1\r\n+a\r\n", ":1\r\n"),
        Nest::Map => ("%1\r\n+a\r\n", ""),
        Nest::Push => (">1\r\n", ""),
        Nest::Set => ("~1\r\n", ""),
        Nest::Streamed => ("*?\r\n", ".\r\n"),
    };
    Some(
        [&open.repeat(depth), ":1\r\n", &close.repeat(depth)]
            .concat()
            .into_bytes(),
    )
}

fn elements(many: Many, count: usize) -> Option<Vec<u8>> {
    let values = ":1\r\n".repeat(count);
    let stream = match many {
        Many::Chunks => format!("$?\r\n{};0\r\n", ";1\r\na\r\n".repeat(count)),
        Many::Flat => format!("*{count}\r\n{values}"),
        Many::Nested(inner) => {
            // the inner array is an element of the outer one
            let inner = usize::from(inner) % count.checked_sub(1)?.max(1);
            let outer = count - inner;
            let values = ":1\r\n".repeat(count - 1);
            format!("*{outer}\r\n*{inner}\r\n{values}")
        }
        Many::Streamed => format!("*?\r\n{values}.\r\n"),
    };
    Some(stream.into_bytes())
}

fn frame_of(whole: Whole, size: usize) -> Option<Vec<u8>> {
    let stream = match whole {
        Whole::Bulk => {
            // the length's own digits count: not every size can be made
            let body = (1..=4).find_map(|digits| {
                let body = size.checked_sub(5 + digits)?;
                (body.to_string().len() == digits).then_some(body)
            })?;
            format!("${body}\r\n{}\r\n", "x".repeat(body))
        }
        Whole::Line => format!("+{}\r\n", "x".repeat(size.checked_sub(3)?)),
    };
    Some(stream.into_bytes())
}

fn line_of(line: Line, size: usize) -> Option<Vec<u8>> {
    let stream = match line {
        Line::BigNumber if size == 0 => return None,
        Line::BigNumber => format!("({}\r\n", "9".repeat(size)),
        Line::Error => format!("-{}\r\n", "x".repeat(size)),
        Line::Simple => format!("+{}\r\n", "x".repeat(size)),
    };
    Some(stream.into_bytes())
}
