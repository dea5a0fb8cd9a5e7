//! The channel on which a node tells that a lock is free.

use bytes::BytesMut;

use crate::token::{encode_sibling_key, sibling_key};

/// What the name of a channel has behind the key that it is about.
const FREE: &[u8] = b":quorlock-free";

/// Tells a script that the channels are those of the hash slot (`SPUBLISH`).
pub(crate) const SHARDED: &[u8] = b"sharded";

/// Appends the name of the channel of a key, as a bulk string. Like the counter of tokens
/// it begins with the key, and is in its hash slot.
pub(crate) fn encode_channel(out: &mut BytesMut, key: &[u8]) {
    encode_sibling_key(out, key, FREE);
}

/// The key that a channel is about; `None`: it is no channel of ours.
pub(crate) fn key_of_channel(channel: &[u8]) -> Option<&[u8]> {
    // `key` + FREE, or `key` + FREE + `:{` + `key` + `}`
    let twice = channel.len().checked_sub(FREE.len() + 3);
    let bare = channel.len().checked_sub(FREE.len());
    let lengths = [twice.map(|twice| twice / 2), bare];
    lengths.into_iter().flatten().find_map(|length| {
        let key = channel.get(..length)?;
        let parts = sibling_key(key, FREE);
        let mut rest = channel;
        for part in parts {
            rest = rest.strip_prefix(part)?;
        }
        rest.is_empty().then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_names_its_key() {
        for key in [b"job".as_slice(), b"a{b}c", b"a{}c", b"", b"\0:{x", b"{"] {
            let mut out = BytesMut::new();
            encode_channel(&mut out, key);
            let start = out.iter().position(|byte| *byte == b'\n').unwrap_or(0) + 1;
            let channel = out.get(start..out.len() - 2).unwrap_or_default();
            assert!(channel.starts_with(key));
            assert_eq!(
                key_of_channel(channel),
                Some(key),
                "{}",
                channel.escape_ascii()
            );
        }
        for other in [
            b"job".as_slice(),
            b"",
            b"job:quorlock-free",
            b"job:quorlock-free:{jab}",
        ] {
            assert_eq!(key_of_channel(other), None, "{}", other.escape_ascii());
        }
    }
}
