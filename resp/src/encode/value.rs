//! A decoded value, written again: for proxies, and for round trips in tests.

use bytes::{BufMut, BytesMut};

use super::{
    Protocol, array, attribute, big_number, boolean, bulk, bulk_error, double, error, header,
    integer, map, null, push, set, simple, text_with_length, verbatim,
};
use crate::iter::Chunks;
use crate::tape::Tag;
use crate::value::Value;

/// Appends a value with all that is in it. In RESP3 it decodes to an equal value; in RESP2 types
/// that it lacks become what servers send there, and attributes are left out.
///
/// ```
/// use bytes::BytesMut;
/// use quorlock_resp::{Decoder, Limits, Protocol, encode};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// let reply = decoder.decode(b"%1\r\n+a\r\n#t\r\n").unwrap().unwrap();
/// let mut out = BytesMut::new();
/// encode::value(&mut out, reply.value(), Protocol::Resp2);
/// assert_eq!(&out[..], b"*2\r\n+a\r\n:1\r\n");
/// ```
pub fn value(out: &mut BytesMut, value: Value<'_>, protocol: Protocol) {
    head(out, value, protocol);
    // Parents stand before children on the tape as on the wire: one loop, no recursion.
    let (mut nodes, frame) = value.below();
    while let Some((node, rest)) = nodes.split_first() {
        let (children, behind) = rest.split_at(node.span().min(rest.len()));
        nodes = rest;
        match (node.tag, protocol) {
            (Tag::Attribute, Protocol::Resp2) => nodes = behind,
            (Tag::Attribute, Protocol::Resp3) => attribute(out, entries(node.len)),
            (Tag::Streamed, _) => {
                head(out, Value::new(*node, children, frame), protocol);
                nodes = behind;
            }
            _ => head(out, Value::new(*node, children, frame), protocol),
        }
    }
}

fn entries(children: u32) -> usize {
    usize::try_from(children / 2).unwrap_or(usize::MAX)
}

/// Appends a value without children whole, the header of an aggregate.
fn head(out: &mut BytesMut, value: Value<'_>, protocol: Protocol) {
    match value {
        Value::Array(items) => array(out, items.len()),
        Value::BigNumber(digits) => big_number(out, digits, protocol),
        Value::Boolean(truth) => boolean(out, truth, protocol),
        Value::Bulk(text) => bulk(out, text),
        Value::BulkError(text) => bulk_error(out, text, protocol),
        Value::Double(number) => double(out, number, protocol),
        Value::Error(text) => error(out, text),
        Value::Integer(number) => integer(out, number),
        Value::Map(pairs) => map(out, pairs.len(), protocol),
        Value::Null => null(out, protocol),
        Value::Push(items) => push(out, items.len(), protocol),
        Value::Set(items) => set(out, items.len(), protocol),
        Value::Simple(text) => simple(out, text),
        Value::Streamed(chunks) => streamed(out, chunks, protocol),
        Value::Verbatim { format, text } => verbatim(out, format, text, protocol),
    }
}

fn streamed(out: &mut BytesMut, chunks: Chunks<'_>, protocol: Protocol) {
    match protocol {
        Protocol::Resp2 => {
            header(out, b'$', chunks.map(<[u8]>::len).sum());
            chunks.for_each(|chunk| out.extend_from_slice(chunk));
            out.put_slice(b"\r\n");
        }
        Protocol::Resp3 => {
            out.extend_from_slice(b"$?\r\n");
            chunks.for_each(|chunk| text_with_length(out, b';', chunk));
            out.extend_from_slice(b";0\r\n");
        }
    }
}
