//! resp-rs: complete and strict, but for streamed types, which it hands out in pieces.

use bytes::Bytes;
use resp_rs::ParseError;
use resp_rs::resp3::{Frame, parse_frame};

use super::{Said, all, pairs};
use crate::tree::Tree;

pub(super) fn read(input: &[u8]) -> Said {
    let mut rest = Bytes::copy_from_slice(input);
    loop {
        match parse_frame(rest) {
            // in front of a reply it is a frame of its own
            Ok((Frame::Attribute(_), behind)) => rest = behind,
            Ok((frame, behind)) => {
                return match tree(frame) {
                    Some(tree) => Said::Value {
                        tree,
                        length: Some(input.len() - behind.len()),
                    },
                    None => Said::Unclear,
                };
            }
            Err(ParseError::Incomplete) => return Said::Unclear,
            Err(_) => return Said::Refused,
        }
    }
}

fn tree(frame: Frame) -> Option<Tree> {
    Some(match frame {
        Frame::Array(Some(frames)) => Tree::Array(all(frames, tree)?),
        Frame::Array(None) | Frame::BulkString(None) | Frame::Null => Tree::Null,
        Frame::BigNumber(digits) => Tree::BigNumber(digits.to_vec()),
        Frame::BlobError(text) => Tree::BulkError(text.to_vec()),
        Frame::Boolean(truth) => Tree::Boolean(truth),
        Frame::BulkString(Some(text)) => Tree::Bulk(text.to_vec()),
        Frame::Double(number) => Tree::Double(number),
        Frame::Error(text) => Tree::Error(text.to_vec()),
        Frame::Integer(number) => Tree::Integer(number),
        Frame::Map(entries) => Tree::Map(pairs(entries, tree)?),
        Frame::Push(frames) => Tree::Push(all(frames, tree)?),
        Frame::Set(frames) => Tree::Set(all(frames, tree)?),
        Frame::SimpleString(text) => Tree::Simple(text.to_vec()),
        Frame::SpecialFloat(text) => Tree::Double(str::from_utf8(&text).ok()?.parse::<f64>().ok()?),
        Frame::VerbatimString { payload } => {
            let (format, text) = payload.split_at_checked(3)?;
            Tree::Verbatim(format.try_into().ok()?, text.get(1..)?.to_vec())
        }
        // attributes that are nowhere, and pieces of streamed types
        _ => return None,
    })
}
