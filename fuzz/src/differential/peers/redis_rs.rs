//! redis-rs: the client that most programs use; lenient, and it forgets what it takes for detail.

use redis::{ErrorKind, Value, VerbatimFormat, parse_redis_value};

use super::{Said, all, pairs};
use crate::tree::Tree;

pub(super) fn read(input: &[u8]) -> Said {
    match parse_redis_value(input) {
        Ok(value) => match tree(value) {
            Some(tree) => Said::Value { tree, length: None },
            None => Said::Unclear,
        },
        Err(error) if error.kind() == ErrorKind::Parse => Said::Refused,
        // the input ends too early
        Err(_) => Said::Unclear,
    }
}

/// One kind of error; texts of errors and verbatim strings as UTF-8, the format up to the first colon;
/// the first element of a push is its kind, a string.
pub(super) fn blur(tree: Tree) -> Tree {
    let utf8 = |text: &[u8]| String::from_utf8_lossy(text).into_owned().into_bytes();
    match tree {
        Tree::BulkError(text) | Tree::Error(text) => Tree::Error(utf8(&text)),
        Tree::Push(mut trees) => {
            match trees.first_mut() {
                Some(first) => {
                    if let Tree::Simple(kind) = first {
                        *first = Tree::Bulk(core::mem::take(kind));
                    }
                }
                None => trees.push(Tree::Bulk(Vec::new())),
            }
            Tree::Push(trees)
        }
        Tree::Verbatim(format, text) => Tree::Bulk(utf8(&[&format, &b":"[..], &text].concat())),
        other => other,
    }
}

fn tree(value: Value) -> Option<Tree> {
    Some(match value {
        Value::Array(values) => Tree::Array(all(values, tree)?),
        Value::Attribute { data, .. } => tree(*data)?,
        Value::BigNumber(digits) => Tree::BigNumber(digits),
        Value::Boolean(truth) => Tree::Boolean(truth),
        Value::BulkString(text) => Tree::Bulk(text),
        Value::Double(number) => Tree::Double(number),
        Value::Int(number) => Tree::Integer(number),
        Value::Map(entries) => Tree::Map(pairs(entries, tree)?),
        Value::Nil => Tree::Null,
        Value::Okay => Tree::Simple(b"OK".to_vec()),
        Value::Push { kind, data } => {
            let mut trees = vec![Tree::Bulk(kind.to_string().into_bytes())];
            trees.extend(all(data, tree)?);
            Tree::Push(trees)
        }
        Value::ServerError(error) => {
            let mut text = error.code().to_owned();
            if let Some(details) = error.details() {
                text.push(' ');
                text.push_str(details);
            }
            Tree::Error(text.into_bytes())
        }
        Value::Set(values) => Tree::Set(all(values, tree)?),
        Value::SimpleString(text) => Tree::Simple(text.into_bytes()),
        Value::VerbatimString { format, text } => {
            let format = match format {
                VerbatimFormat::Markdown => "mkd".to_owned(),
                VerbatimFormat::Text => "txt".to_owned(),
                VerbatimFormat::Unknown(format) => format,
                _ => return None,
            };
            Tree::Bulk(format!("{format}:{text}").into_bytes())
        }
        _ => return None,
    })
}
