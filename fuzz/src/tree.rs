//! Values as trees, which the codec itself does not have: something to write, and to compare with.

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::BytesMut;
use quorlock_resp::{Protocol, Value, encode};

/// Deepest nesting of a generated tree: the tree recurses, the codec does not.
const DEEPEST: usize = 12;

/// One value.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants of `quorlock_resp::Value`, owned")]
pub enum Tree {
    Array(Vec<Tree>),
    BigNumber(Vec<u8>),
    Boolean(bool),
    Bulk(Vec<u8>),
    BulkError(Vec<u8>),
    Double(f64),
    Error(Vec<u8>),
    Integer(i64),
    Map(Vec<(Tree, Tree)>),
    Null,
    Push(Vec<Tree>),
    Set(Vec<Tree>),
    Simple(Vec<u8>),
    Verbatim([u8; 3], Vec<u8>),
}

impl<'a> Arbitrary<'a> for Tree {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        tree(input, DEEPEST)
    }
}

fn tree(input: &mut Unstructured<'_>, depth: usize) -> Result<Tree> {
    let variants = if depth == 0 { 10 } else { 14 };
    Ok(match input.int_in_range(0..=variants - 1)? {
        0 => Tree::Null,
        1 => Tree::Integer(i64::arbitrary(input)?),
        2 => Tree::Bulk(bytes(input)?),
        3 => Tree::Simple(line(input)?),
        4 => Tree::Error(line(input)?),
        5 => Tree::Boolean(bool::arbitrary(input)?),
        6 => Tree::Double(f64::arbitrary(input)?),
        7 => Tree::BigNumber(i128::arbitrary(input)?.to_string().into_bytes()),
        8 => Tree::BulkError(bytes(input)?),
        9 => Tree::Verbatim(<[u8; 3]>::arbitrary(input)?, bytes(input)?),
        10 => Tree::Array(list(input, depth)?),
        11 => Tree::Map(pairs(input, depth)?),
        12 => Tree::Set(list(input, depth)?),
        _ => Tree::Push(list(input, depth)?),
    })
}

fn bytes(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let len = input.int_in_range(0..=input.len().min(300))?;
    Ok(input.bytes(len.min(input.len()))?.to_vec())
}

fn line(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut line = bytes(input)?;
    line.retain(|byte| !matches!(byte, b'\r' | b'\n'));
    Ok(line)
}

fn list(input: &mut Unstructured<'_>, depth: usize) -> Result<Vec<Tree>> {
    let len = input.int_in_range(0..=12)?;
    (0..len).map(|_| tree(input, depth - 1)).collect()
}

fn pairs(input: &mut Unstructured<'_>, depth: usize) -> Result<Vec<(Tree, Tree)>> {
    let len = input.int_in_range(0..=6)?;
    (0..len)
        .map(|_| Ok((tree(input, depth - 1)?, tree(input, depth - 1)?)))
        .collect()
}

impl Tree {
    /// Appends the value as RESP3, type by type.
    pub fn write(&self, out: &mut BytesMut) {
        let protocol = Protocol::Resp3;
        match self {
            Self::Array(trees) => {
                encode::array(out, trees.len());
                trees.iter().for_each(|tree| tree.write(out));
            }
            Self::BigNumber(digits) => encode::big_number(out, digits, protocol),
            Self::Boolean(truth) => encode::boolean(out, *truth, protocol),
            Self::Bulk(text) => encode::bulk(out, text),
            Self::BulkError(text) => encode::bulk_error(out, text, protocol),
            Self::Double(number) => encode::double(out, *number, protocol),
            Self::Error(text) => encode::error(out, text),
            Self::Integer(number) => encode::integer(out, *number),
            Self::Map(pairs) => {
                encode::map(out, pairs.len(), protocol);
                for (key, value) in pairs {
                    key.write(out);
                    value.write(out);
                }
            }
            Self::Null => encode::null(out, protocol),
            Self::Push(trees) => {
                encode::push(out, trees.len(), protocol);
                trees.iter().for_each(|tree| tree.write(out));
            }
            Self::Set(trees) => {
                encode::set(out, trees.len(), protocol);
                trees.iter().for_each(|tree| tree.write(out));
            }
            Self::Simple(text) => encode::simple(out, text),
            Self::Verbatim(format, text) => encode::verbatim(out, *format, text, protocol),
        }
    }

    /// Whether a decoded value is this tree.
    #[must_use]
    pub fn is(&self, value: Value<'_>) -> bool {
        let all = |trees: &[Self], values: quorlock_resp::Items<'_>| {
            trees.len() == values.len()
                && trees.iter().zip(values).all(|(tree, value)| tree.is(value))
        };
        match (self, value) {
            (Self::Array(trees), Value::Array(values))
            | (Self::Push(trees), Value::Push(values))
            | (Self::Set(trees), Value::Set(values)) => all(trees, values),
            (Self::Map(pairs), Value::Map(values)) => {
                pairs.len() == values.len()
                    && pairs
                        .iter()
                        .zip(values)
                        .all(|(own, other)| own.0.is(other.0) && own.1.is(other.1))
            }
            (Self::BigNumber(own), Value::BigNumber(other))
            | (Self::Bulk(own), Value::Bulk(other))
            | (Self::BulkError(own), Value::BulkError(other))
            | (Self::Error(own), Value::Error(other))
            | (Self::Simple(own), Value::Simple(other)) => own == other,
            (Self::Boolean(own), Value::Boolean(other)) => *own == other,
            (Self::Double(own), Value::Double(other)) => {
                own.to_bits() == other.to_bits() || own.is_nan() && other.is_nan()
            }
            (Self::Integer(own), Value::Integer(other)) => *own == other,
            (Self::Null, Value::Null) => true,
            (
                Self::Verbatim(own, text),
                Value::Verbatim {
                    format,
                    text: other,
                },
            ) => *own == format && text == other,
            _ => false,
        }
    }
}
