//! The Lua scripts that a lock node runs, and the one of a guarded Redis, with their digests.
//!
//! Each script is one file beside this module, so that it can be read, sent by
//! hand with `redis-cli --eval`, and compared with what a server has loaded.

use bytes::BytesMut;
use quorlock_resp::encode;

/// A script: its text for `EVAL` and `SCRIPT LOAD`, its SHA-1 for `EVALSHA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// The digest, 40 lowercase hexadecimal digits.
    pub sha: &'static str,
    /// The Lua source.
    pub text: &'static str,
}

impl Script {
    /// Appends the beginning of a call, up to the number of keys: `keys` keys and
    /// `arguments` arguments have to follow. `full_text`: with the text instead of the
    /// digest.
    pub(crate) fn begin_call(
        &self,
        full_text: bool,
        keys: usize,
        arguments: usize,
        out: &mut BytesMut,
    ) {
        encode::array(out, 3 + keys + arguments);
        if full_text {
            encode::bulk(out, b"EVAL");
            encode::bulk(out, self.text.as_bytes());
        } else {
            encode::bulk(out, b"EVALSHA");
            encode::bulk(out, self.sha.as_bytes());
        }
        encode::bulk_integer(out, i64::try_from(keys).unwrap_or(1));
    }
}

/// Takes a lock that is free: `KEYS` are the lock, then the guard and the counter of
/// tokens where they are used; `ARGV` the owner, the lease in ms, and what guard and
/// token need (the file says it all).
///
/// Answers `{code, value, server µs}`: 1 granted, 0 held (PTTL), -1 not guarded as
/// told, -3 too late, -4 outbid (the counter), -5 the token is too far ahead.
pub const ACQUIRE: Script = Script {
    sha: "505f81b8e8d3f0970bb1c5fbd65b5b1b5ef9c252",
    text: include_str!("script/acquire.lua"),
};

/// Takes several locks that are all free, or none of them: `KEYS` are the locks, then the
/// guard and the counters of tokens where they are used; `ARGV` the seven of [`ACQUIRE`]
/// and the number of locks.
///
/// Answers as [`ACQUIRE`] does, with the longest PTTL and the highest counter.
pub const ACQUIRE_ALL: Script = Script {
    sha: "7d6e9375e1bf4dccaabf9ad0bf582a16c182c9d3",
    text: include_str!("script/acquire_all.lua"),
};

/// Takes a lock that is free, unless somebody who came earlier waits for it: `KEYS` and the
/// first seven of `ARGV` are those of [`ACQUIRE`] with the queue before the counter, then
/// come the caller's turn and how long its place in the queue lasts in ms.
///
/// Answers as [`ACQUIRE`] does, and -6: free, but another one comes first (its place lasts so
/// many ms).
pub const ACQUIRE_FAIR: Script = Script {
    sha: "f2098280168ea96c2b618ab63d661e70cfcfbcd9",
    text: include_str!("script/acquire_fair.lua"),
};

/// Writes a value unless a newer tenure has written it before: `KEYS` are the value and
/// the highest token seen, `ARGV` the token, the value, and its expiry in ms where it has
/// one. [`Apply`](crate::Apply) sends it; no lock does.
///
/// Answers `{1, token}` when written, `{0, highest}` when refused.
pub const APPLY: Script = Script {
    sha: "8a89aaa925d3f6a7c73dbd01800a9e7ad39c6a46",
    text: include_str!("script/apply.lua"),
};

/// Lets a node vote whose memory is whole: `KEYS[1]` guard, `ARGV` the server's run
/// id, the longest lease in ms, and `1` to vote at once where no guard is.
///
/// Answers `{1, 0, server µs}` when it votes, `{-1, ms left, server µs}` while it is
/// in quarantine, `{-2, ms, server µs}` where it was armed for another longest lease.
pub const ARM: Script = Script {
    sha: "45657d2ba11bca3f62a390ca1d8aef2ef9ff715d",
    text: include_str!("script/arm.lua"),
};

/// `KEYS[1]` lock, `ARGV[1]` owner, `ARGV[2]` lease in ms.
///
/// Answers `{1, 0, server µs}` when extended, `{0, 0, server µs}` when the key is
/// gone, `{-1, PTTL, server µs}` when another owner has it.
pub const EXTEND: Script = Script {
    sha: "05c5b124266f3653238811df43fa6622258fb301",
    text: include_str!("script/extend.lua"),
};

/// The same for several locks, all of them or none: `KEYS` are the locks.
///
/// Answers as [`EXTEND`] does: 0 when some of them are gone, -1 with the longest PTTL of
/// those that another owner has.
pub const EXTEND_ALL: Script = Script {
    sha: "09cf78a0b8ceb97ef4d5508bc88cbd6cef0da1e9",
    text: include_str!("script/extend_all.lua"),
};

/// Gives a lock from one owner to another: `KEYS` and the first seven of `ARGV` are those of
/// [`ACQUIRE`], then come the owner before and the channel of those who wait, as in
/// [`RELEASE`].
///
/// Answers `{code, value, server µs, released}`: three of an acquire, one of a release.
pub const HANDOVER: Script = Script {
    sha: "8fee6dc74a5ff899d878254de05336f03f5dbcd2",
    text: include_str!("script/handover.lua"),
};

/// `KEYS[1]` lock, `ARGV[1]` owner, `ARGV[2]` the channel of those who wait, if they are to
/// be told, `ARGV[3]` whatever where that channel is one of the hash slot (`SPUBLISH`).
///
/// Answers `1` when released, `0` when the key was gone, `-1` when another owner
/// has it (the key stays).
pub const RELEASE: Script = Script {
    sha: "1be00e071a81bedfbf832a40459091b5bdf44a81",
    text: include_str!("script/release.lua"),
};

/// The same for several locks, each with its channel: `KEYS` are the locks.
///
/// Answers `1` when all were released, `0` when some were gone, `-1` when another owner
/// has some (these stay). What is the owner's is released in any case.
pub const RELEASE_ALL: Script = Script {
    sha: "56ab0e6f55d90f3be5ca364fc3ec222c808ba1cd",
    text: include_str!("script/release_all.lua"),
};

/// Releases a lock for which there is a queue: `KEYS` are lock and queue, `ARGV` the owner,
/// the turn that leaves the queue, and the channel as in [`RELEASE`]. The one who comes first
/// is told by name.
///
/// Answers as [`RELEASE`] does.
pub const RELEASE_FAIR: Script = Script {
    sha: "6354bb8fab665f6ad04c0fd04a22a57a3d416173",
    text: include_str!("script/release_fair.lua"),
};

/// Every script of a lock, in the order in which a session loads them.
pub const ALL: [Script; 10] = [
    ACQUIRE,
    ACQUIRE_ALL,
    ACQUIRE_FAIR,
    ARM,
    EXTEND,
    EXTEND_ALL,
    HANDOVER,
    RELEASE,
    RELEASE_ALL,
    RELEASE_FAIR,
];

#[cfg(test)]
mod tests {
    use super::*;
    use sha1::{Digest, Sha1};

    #[test]
    fn digests_are_those_of_the_texts() {
        for script in ALL.into_iter().chain([APPLY]) {
            let digest = Sha1::digest(script.text.as_bytes());
            let hex = alloc::format!("{digest:x}");
            assert_eq!(hex, script.sha, "{}", script.text);
        }
    }
}
