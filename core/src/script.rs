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

/// `KEYS[1]` lock, `ARGV[1]` owner, `ARGV[2]` lease in ms.
///
/// Answers `{1, 0, server µs}` when granted, `{0, PTTL, server µs}` when held.
pub const ACQUIRE: Script = Script {
    sha: "3727f0782dc05b27ead2b3e014d74d4e471ec3ae",
    text: include_str!("script/acquire.lua"),
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
pub const ALL: [Script; 3] = [ACQUIRE, EXTEND, RELEASE];

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
