//! The Lua scripts that a lock node runs, with their digests.
//!
//! Each script is one file beside this module, so that it can be read, sent by
//! hand with `redis-cli --eval`, and compared with what a server has loaded.

/// A script: its text for `EVAL` and `SCRIPT LOAD`, its SHA-1 for `EVALSHA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// The digest, 40 lowercase hexadecimal digits.
    pub sha: &'static str,
    /// The Lua source.
    pub text: &'static str,
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

/// `KEYS[1]` lock, `ARGV[1]` owner.
///
/// Answers `1` when released, `0` when the key was gone, `-1` when another owner
/// has it (the key stays).
pub const RELEASE: Script = Script {
    sha: "b0b88a3956e43723e3fe0fe8dbfa68a3add5e5bd",
    text: include_str!("script/release.lua"),
};

/// Every script, in the order in which a session loads them.
pub const ALL: [Script; 4] = [ACQUIRE, ARM, EXTEND, RELEASE];

#[cfg(test)]
mod tests {
    use super::*;
    use sha1::{Digest, Sha1};

    #[test]
    fn digests_are_those_of_the_texts() {
        for script in ALL {
            let digest = Sha1::digest(script.text.as_bytes());
            let hex = alloc::format!("{digest:x}");
            assert_eq!(hex, script.sha, "{}", script.text);
        }
    }
}
