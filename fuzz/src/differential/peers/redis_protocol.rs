//! redis-protocol: reads most of RESP3, hashes maps and sets, and recurses without a limit.

use redis_protocol::resp3::decode::complete::decode;
use redis_protocol::resp3::types::{OwnedFrame, VerbatimStringFormat};

use super::{Said, all, pairs};
use crate::tree::Tree;

/// Openings of aggregates that it may see: it overflows a stack of 2 MiB at a depth of 1,221.
const DEEPEST: usize = 100;

pub(super) fn read(input: &[u8]) -> Said {
    let openings = input.iter().filter(|byte| b"*~>%|".contains(byte)).count();
    if openings > DEEPEST {
        return Said::Unclear;
    }
    match decode(input) {
        Ok(Some((frame, length))) => match tree(frame) {
            Some(tree) => Said::Value {
                tree,
                length: Some(length),
            },
            None => Said::Unclear,
        },
        Ok(None) => Said::Unclear,
        Err(_) => Said::Refused,
    }
}

/// Maps and sets have no order.
pub(super) fn blur(tree: Tree) -> Tree {
    match tree {
        Tree::Map(mut pairs) => {
            pairs.sort_by_cached_key(|pair| format!("{pair:?}"));
            Tree::Map(pairs)
        }
        Tree::Set(mut trees) => {
            trees.sort_by_cached_key(|tree| format!("{tree:?}"));
            Tree::Set(trees)
        }
        other => other,
    }
}

fn tree(frame: OwnedFrame) -> Option<Tree> {
    Some(match frame {
        OwnedFrame::Array { data, .. } => Tree::Array(all(data, tree)?),
        OwnedFrame::BigNumber { data, .. } => Tree::BigNumber(data),
        OwnedFrame::BlobError { data, .. } => Tree::BulkError(data),
        OwnedFrame::BlobString { data, .. } => Tree::Bulk(data),
        OwnedFrame::Boolean { data, .. } => Tree::Boolean(data),
        OwnedFrame::Double { data, .. } => Tree::Double(data),
        OwnedFrame::Map { data, .. } => Tree::Map(pairs(data, tree)?),
        OwnedFrame::Null => Tree::Null,
        OwnedFrame::Number { data, .. } => Tree::Integer(data),
        OwnedFrame::Push { data, .. } => Tree::Push(all(data, tree)?),
        OwnedFrame::Set { data, .. } => Tree::Set(all(data, tree)?),
        OwnedFrame::SimpleError { data, .. } => Tree::Error(data.into_bytes()),
        OwnedFrame::SimpleString { data, .. } => Tree::Simple(data),
        OwnedFrame::VerbatimString { data, format, .. } => {
            let format = match format {
                VerbatimStringFormat::Markdown => *b"mkd",
                VerbatimStringFormat::Text => *b"txt",
            };
            Tree::Verbatim(format, data)
        }
        // a client's command, and pieces of streamed types
        OwnedFrame::ChunkedString(_) | OwnedFrame::Hello { .. } => return None,
    })
}
