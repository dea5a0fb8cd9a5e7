//! Errors of servers, and what each means for a vote.
//!
//! The texts were collected from Redis 6.2, 7.0, 8.2 and Valkey 9.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// Longest message kept of a server's error, in bytes.
const MESSAGE_MAX: usize = 256;

/// An error that a server answered with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerError {
    kind: ErrorKind,
    message: Box<str>,
}

/// What an error means for the vote that the command asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The node does not vote now and may later: loading, busy, read-only, full.
    Transient,
    /// The node will not vote before somebody changes something: credentials,
    /// rights, a key of another type, an unknown command.
    Permanent,
    /// The server does not know the script's digest: send the text, once.
    NoScript,
}

/// What a replica answers to whoever wants to write.
const READ_ONLY: &str = "READONLY";

/// Code words and what they mean. Searched in the whole text as well as at its
/// start, because Redis 6.2 wraps every error from inside a script
/// (`ERR Error running script (call to f_..): .. -READONLY ..`).
const CODES: [(&str, ErrorKind); 19] = [
    ("NOSCRIPT", ErrorKind::NoScript),
    ("LOADING", ErrorKind::Transient),
    ("MASTERDOWN", ErrorKind::Transient),
    ("BUSY", ErrorKind::Transient),
    ("CLUSTERDOWN", ErrorKind::Transient),
    ("TRYAGAIN", ErrorKind::Transient),
    (READ_ONLY, ErrorKind::Transient),
    ("NOREPLICAS", ErrorKind::Transient),
    ("MISCONF", ErrorKind::Transient),
    ("OOM", ErrorKind::Transient),
    ("NOAUTH", ErrorKind::Permanent),
    ("WRONGPASS", ErrorKind::Permanent),
    ("NOPERM", ErrorKind::Permanent),
    ("NOPROTO", ErrorKind::Permanent),
    ("WRONGTYPE", ErrorKind::Permanent),
    ("CROSSSLOT", ErrorKind::Permanent),
    ("MOVED", ErrorKind::Permanent),
    ("ASK", ErrorKind::Permanent),
    ("DENIED", ErrorKind::Permanent),
];

/// Texts without a code word of their own, behind `ERR`.
const TEXTS: [(&str, ErrorKind); 11] = [
    // a node of a cluster goes on `+ cluster connections reached`
    ("max number of clients", ErrorKind::Transient),
    ("script killed by user", ErrorKind::Transient),
    // of WAIT and WAITAOF; a replica may become a primary
    (
        "cannot be used with replica instances",
        ErrorKind::Transient,
    ),
    ("appendonly is disabled", ErrorKind::Permanent),
    ("unknown command", ErrorKind::Permanent),
    ("acl failure in script", ErrorKind::Permanent),
    ("can't run this command", ErrorKind::Permanent),
    ("invalid password", ErrorKind::Permanent),
    ("db index is out of range", ErrorKind::Permanent),
    ("select is not allowed", ErrorKind::Permanent),
    ("without any password configured", ErrorKind::Permanent),
];

impl ServerError {
    /// Reads an error line, without its leading `-`.
    #[must_use]
    pub fn new(line: &[u8]) -> Self {
        let kind = classify(line);
        let text = String::from_utf8_lossy(line.get(..MESSAGE_MAX).unwrap_or(line));
        // one line, no control bytes: the text goes into logs and terminals
        let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let message: String = text.chars().map(clean).collect();
        Self {
            kind,
            message: message.into_boxed_str(),
        }
    }

    /// What it means for the vote.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether a replica says that it is one.
    pub(crate) fn is_read_only(&self) -> bool {
        self.message.contains(READ_ONLY)
    }

    /// The server's words, at most 256 bytes of them.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What an error line means; anything unknown is transient, so that a new server's
/// new word costs a vote and never a client.
fn classify(line: &[u8]) -> ErrorKind {
    let first = line.split(|byte| *byte == b' ').next().unwrap_or(line);
    let by_code = |word: &[u8]| {
        CODES
            .iter()
            .find(|(code, _)| code.as_bytes() == word)
            .map(|(_, kind)| *kind)
    };
    if let Some(kind) = by_code(first) {
        return kind;
    }
    let contains = |text: &str| {
        line.windows(text.len())
            .any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
    };
    if let Some((_, kind)) = TEXTS.iter().find(|(text, _)| contains(text)) {
        return *kind;
    }
    let inner = line
        .split(|byte| !byte.is_ascii_uppercase())
        .find_map(by_code);
    inner.unwrap_or(ErrorKind::Transient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn each_error_text_has_its_meaning() {
        use ErrorKind::{NoScript, Permanent, Transient};
        let table = [
            ("NOSCRIPT No matching script. Please use EVAL.", NoScript),
            ("NOSCRIPT No matching script.", NoScript),
            ("LOADING Redis is loading the dataset in memory", Transient),
            (
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                Transient,
            ),
            (
                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
                Transient,
            ),
            ("CLUSTERDOWN The cluster is down", Transient),
            (
                "READONLY You can't write against a read only replica.",
                Transient,
            ),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                Transient,
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
                Transient,
            ),
            ("NOREPLICAS Not enough good replicas to write.", Transient),
            ("ERR max number of clients reached", Transient),
            (
                "ERR max number of clients + cluster connections reached",
                Transient,
            ),
            ("NOAUTH Authentication required.", Permanent),
            (
                "WRONGPASS invalid username-password pair or user is disabled.",
                Permanent,
            ),
            (
                "NOPERM this user has no permissions to run the 'evalsha' command",
                Permanent,
            ),
            (
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                Permanent,
            ),
            ("MOVED 2121 127.0.0.1:17060", Permanent),
            ("ERR DB index is out of range", Permanent),
            (
                "ERR unknown command 'EVALSHA', with args beginning with: ",
                Permanent,
            ),
            (
                "ERR ACL failure in script: User alice has no permissions to run the 'set' command",
                Permanent,
            ),
            (
                "ERR The user executing the script can't run this command or subcommand script: x",
                Permanent,
            ),
            (
                "ERR Error running script (call to f_19fb): @user_script:1: @user_script: 1: -READONLY You can't write",
                Transient,
            ),
            (
                "ERR Error running script (call to f_19fb): @user_script:1: WRONGTYPE Operation against a key",
                Permanent,
            ),
            (
                "ERR WAIT cannot be used with replica instances. Please also note that writes",
                Transient,
            ),
            (
                "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
                Permanent,
            ),
            // the code in front says it, whatever is told behind
            ("LOADING unknown command", Transient),
            ("ERR something that no server says today", Transient),
            ("", Transient),
        ];
        for (text, kind) in table {
            assert_eq!(ServerError::new(text.as_bytes()).kind(), kind, "{text}");
        }
    }

    #[test]
    fn a_message_is_short_and_one_line() {
        let long = format!("ERR {}\r\n\u{1b}[2J", "x".repeat(10_000));
        let error = ServerError::new(long.as_bytes());
        assert_eq!(error.message().len(), MESSAGE_MAX);
        let error = ServerError::new(b"ERR a\x1bb\xffc");
        assert_eq!(error.to_string(), "ERR a\u{fffd}b\u{fffd}c");
    }
}
