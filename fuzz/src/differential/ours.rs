//! What our decoder reads, as a tree.

use quorlock_resp::{DecodeError, Decoder, Limits, Value};

use crate::tree::Tree;

/// A whole frame.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) tree: Tree,
    pub(super) length: usize,
}

/// The first frame of the input; `None` where it is not whole.
pub(super) fn read(input: &[u8], limits: Limits) -> Result<Option<Read>, DecodeError> {
    let mut decoder = Decoder::new(limits);
    let reply = decoder.decode(input)?;
    Ok(reply.map(|reply| Read {
        tree: tree(reply.value()),
        length: reply.len(),
    }))
}

/// Attributes are left out: two of the peers drop them. As deep as the limit, no deeper.
fn tree(value: Value<'_>) -> Tree {
    match value {
        Value::Array(items) => Tree::Array(items.map(tree).collect()),
        Value::BigNumber(digits) => Tree::BigNumber(digits.to_vec()),
        Value::Boolean(truth) => Tree::Boolean(truth),
        Value::Bulk(text) => Tree::Bulk(text.to_vec()),
        Value::BulkError(text) => Tree::BulkError(text.to_vec()),
        Value::Double(number) => Tree::Double(number),
        Value::Error(text) => Tree::Error(text.to_vec()),
        Value::Integer(number) => Tree::Integer(number),
        Value::Map(pairs) => Tree::Map(pairs.map(|(key, it)| (tree(key), tree(it))).collect()),
        Value::Null => Tree::Null,
        Value::Push(items) => Tree::Push(items.map(tree).collect()),
        Value::Set(items) => Tree::Set(items.map(tree).collect()),
        Value::Simple(text) => Tree::Simple(text.to_vec()),
        Value::Streamed(chunks) => Tree::Bulk(chunks.collect::<Vec<_>>().concat()),
        Value::Verbatim { format, text } => Tree::Verbatim(format, text.to_vec()),
    }
}
