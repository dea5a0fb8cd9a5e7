//! Error replies, in the words of Redis 7.0.

use std::borrow::Cow;

use quorlock_core::{Endpoint, HashSlot};

/// An error reply: code word and text, without the leading `-`.
///
/// Arguments may be quoted in it, so that it is bytes and not text. When it is built,
/// line ends are cut off at its end and made blanks elsewhere, because the reply is one
/// line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(Cow<'static, [u8]>);

impl Failure {
    pub(crate) const CLUSTER_DATABASE: Self =
        Self::fixed("ERR SELECT is not allowed in cluster mode");
    pub(crate) const CLUSTER_DOWN: Self = Self::fixed("CLUSTERDOWN The cluster is down");
    pub(crate) const CROSS_SLOT: Self =
        Self::fixed("CROSSSLOT Keys in request don't hash to the same slot");
    pub(crate) const DATABASE_RANGE: Self = Self::fixed("ERR DB index is out of range");
    pub(crate) const NO_AUTH: Self = Self::fixed("NOAUTH Authentication required.");
    pub(crate) const NO_CLUSTER: Self =
        Self::fixed("ERR This instance has cluster support disabled");
    pub(crate) const NO_SCRIPT: Self = Self::fixed("NOSCRIPT No matching script. Please use EVAL.");
    pub(crate) const NOT_AN_INTEGER: Self =
        Self::fixed("ERR value is not an integer or out of range");
    pub(crate) const NOT_LOCAL: Self =
        Self::fixed("ERR Script attempted to access a non local key in a cluster node");
    pub(crate) const OUT_OF_MEMORY: Self =
        Self::fixed("OOM command not allowed when used memory > 'maxmemory'.");
    pub(crate) const SYNTAX: Self = Self::fixed("ERR syntax error");
    pub(crate) const TRY_AGAIN: Self =
        Self::fixed("TRYAGAIN Multiple keys request during rehashing of slot");
    pub(crate) const UNBOUND_SLOT: Self = Self::fixed("CLUSTERDOWN Hash slot not served");
    pub(crate) const WRONG_PASSWORD: Self =
        Self::fixed("WRONGPASS invalid username-password pair or user is disabled.");
    pub(crate) const WRONG_TYPE: Self =
        Self::fixed("WRONGTYPE Operation against a key holding the wrong kind of value");

    pub(crate) const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }

    /// The parts one after the other.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut text = parts.concat();
        while let Some(b'\r' | b'\n') = text.last() {
            text.pop();
        }
        for byte in &mut text {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        Self(Cow::Owned(text))
    }

    pub(crate) fn arity(command: &str) -> Self {
        Self::of(&[
            b"ERR wrong number of arguments for '",
            command.as_bytes(),
            b"' command",
        ])
    }

    pub(crate) fn expire_time(command: &str) -> Self {
        Self::of(&[
            b"ERR invalid expire time in '",
            command.as_bytes(),
            b"' command",
        ])
    }

    /// `MOVED` or `ASK`, in the words of Redis: an IPv6 address has no brackets.
    pub(crate) fn redirect(word: &str, slot: HashSlot, to: &Endpoint) -> Self {
        let (slot, Endpoint { host, port }) = (slot.number(), to);
        Self::of(&[format!("{word} {slot} {host}:{port}").as_bytes()])
    }

    /// Quotes the name and as many arguments as begin within 128 bytes, each up to
    /// its first NUL, as the C format that Redis uses does.
    pub(crate) fn unknown_command<'a>(
        name: &[u8],
        arguments: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let mut quoted = Vec::new();
        for argument in arguments {
            let Some(room) = QUOTED.checked_sub(quoted.len()).filter(|&room| room > 0) else {
                break;
            };
            quoted.push(b'\'');
            quoted.extend_from_slice(quote(argument, room));
            quoted.extend_from_slice(b"' ");
        }
        let name = quote(name, QUOTED);
        Self::of(&[
            b"ERR unknown command '",
            name,
            b"', with args beginning with: ",
            &quoted,
        ])
    }

    pub(crate) fn unknown_subcommand(group: &str, name: &[u8]) -> Self {
        let group = group.to_ascii_uppercase();
        let name = quote(name, QUOTED);
        Self::of(&[
            b"ERR unknown subcommand '",
            name,
            b"'. Try ",
            group.as_bytes(),
            b" HELP.",
        ])
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.0
    }
}

/// How many bytes of a client's words an error quotes.
const QUOTED: usize = 128;

/// `text` up to its first NUL and at most `room` bytes.
pub(crate) fn quote(text: &[u8], room: usize) -> &[u8] {
    let end = text
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(text.len())
        .min(room);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_the_client_said_on_one_line() {
        let failure = Failure::unknown_command(b"f\r\nx\0y", [b"a\nb".as_slice(), b"c\0d"]);
        assert_eq!(
            failure.text(),
            b"ERR unknown command 'f  x', with args beginning with: 'a b' 'c' "
        );
    }

    #[test]
    fn ends_without_a_line_end() {
        let failure = Failure::of(&[b"ERR Unsupported option ", b"\nx\r\n\n"]);
        assert_eq!(failure.text(), b"ERR Unsupported option  x");
    }

    #[test]
    fn quotes_no_more_than_redis_does() {
        // Measured on Redis 7.0.15: 'a' * 100, then 25 of the b's.
        let (a, b) = ([b'a'; 100], [b'b'; 100]);
        let failure = Failure::unknown_command(&[b'f'; 200], [a.as_slice(), &b, b"never"]);
        let expected = format!(
            "ERR unknown command '{}', with args beginning with: '{}' '{}' ",
            "f".repeat(128),
            "a".repeat(100),
            "b".repeat(25)
        );
        assert_eq!(failure.text(), expected.as_bytes());
    }
}
