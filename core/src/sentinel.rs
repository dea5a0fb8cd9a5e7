//! Where a primary is, as a sentinel says it: once when asked, and again when it changes.
//!
//! ```text
//! SENTINEL get-master-addr-by-name NAME ──> host, port
//! SUBSCRIBE +switch-master ───────────────> NAME old-host old-port new-host new-port
//! ```
//!
//! Both questions go out in one write, so that a sentinel has no time in between to
//! announce what then would be missed. In RESP2, which every sentinel speaks. The source is
//! the documentation of Redis Sentinel, "Guidelines for Redis clients".
//!
//! Those guidelines also want `ROLE` to be asked of the primary. Here a server that is
//! none says so when it matters: what takes or renews a lock is a write, which a replica
//! answers with `READONLY`; that ends the connection, and leads to a new question.

use alloc::boxed::Box;
use bytes::{Buf, BytesMut};

use quorlock_resp::{DecodeError, Decoder, Limits, Value, encode};

use crate::endpoint::Endpoint;
use crate::server_error::ServerError;

/// The channel on which a sentinel announces another primary.
const SWITCHES: &[u8] = b"+switch-master";

/// No answer of a sentinel is longer than some lines.
const LIMITS: Limits = Limits {
    depth: 2,
    elements: 64,
    bulk: 4_096,
    line: 4_096,
    frame: 16_384,
};

/// One connection to one sentinel, its bytes apart from that.
///
/// ```
/// use bytes::BytesMut;
/// use quorlock_core::{Endpoint, Sentinel};
///
/// let mut sentinel = Sentinel::new("orders");
/// let mut out = BytesMut::new();
/// sentinel.encode(&mut out);
/// assert!(out.starts_with(b"*3\r\n$8\r\nSENTINEL\r\n"));
/// let mut input = BytesMut::from("*2\r\n$8\r\n10.0.0.1\r\n$4\r\n6379\r\n");
/// let primary = sentinel.receive(&mut input)?;
/// assert_eq!(primary, Some(Endpoint::new("10.0.0.1", 6379)));
/// # Ok::<(), quorlock_core::SentinelError>(())
/// ```
#[derive(Debug)]
pub struct Sentinel {
    name: Box<str>,
    decoder: Decoder,
    answered: bool,
}

/// A sentinel that is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SentinelError {
    /// Bytes that are no RESP, or too many.
    #[error("its bytes can't be read: {0}")]
    Decode(#[from] DecodeError),
    /// It answered with an error.
    #[error("{0}")]
    Refused(ServerError),
    /// A reply that no sentinel gives.
    #[error("it answered what no sentinel answers")]
    Unexpected,
    /// It watches no primary of this name.
    #[error("it knows no primary of the name {0:?}")]
    UnknownName(Box<str>),
}

impl Sentinel {
    /// A new connection to a sentinel that is to watch the primary of this name.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self {
            name: name.into(),
            decoder: Decoder::new(LIMITS),
            answered: false,
        }
    }

    /// Appends what is to be sent: once, at the beginning.
    pub fn encode(&self, out: &mut BytesMut) {
        let name = self.name.as_bytes();
        encode::command(out, &[b"SENTINEL", b"get-master-addr-by-name", name]);
        encode::command(out, &[b"SUBSCRIBE", SWITCHES]);
    }

    /// Reads every whole answer from the front of `input`, a partial one stays. Tells
    /// where the primary is, as said last; `None` where nothing was said of it.
    ///
    /// # Errors
    /// Where another sentinel is to be asked.
    pub fn receive(&mut self, input: &mut BytesMut) -> Result<Option<Endpoint>, SentinelError> {
        let mut primary = None;
        while let Some(reply) = self.decoder.decode(input)? {
            let said = if self.answered {
                switched(&self.name, reply.value())?
            } else {
                Some(address(&self.name, reply.value())?)
            };
            self.answered = true;
            primary = said.or(primary);
            let len = reply.len();
            input.advance(len);
        }
        Ok(primary)
    }
}

/// Reads the answer to `get-master-addr-by-name`.
fn address(name: &str, reply: Value<'_>) -> Result<Endpoint, SentinelError> {
    if reply == Value::Null {
        return Err(SentinelError::UnknownName(name.into()));
    }
    let mut items = items(reply)?;
    let host = items.next().and_then(text);
    let port = items.next().and_then(text);
    endpoint(host, port).ok_or(SentinelError::Unexpected)
}

/// Reads what a subscriber is sent: the new address where it is of this name.
fn switched(name: &str, reply: Value<'_>) -> Result<Option<Endpoint>, SentinelError> {
    let mut items = items(reply)?;
    if items.next().and_then(text) != Some("message") {
        return Ok(None);
    }
    let message = items.nth(1).and_then(text);
    let message = message.ok_or(SentinelError::Unexpected)?;
    let mut words = message.split(' ');
    if words.next() != Some(name) {
        return Ok(None);
    }
    // behind the old address
    let (host, port) = (words.nth(2), words.next());
    let endpoint = endpoint(host, port);
    endpoint.map(Some).ok_or(SentinelError::Unexpected)
}

fn items(reply: Value<'_>) -> Result<quorlock_resp::Items<'_>, SentinelError> {
    if let Value::Error(line) = reply {
        return Err(SentinelError::Refused(ServerError::new(line)));
    }
    if let Value::Array(items) = reply {
        Ok(items)
    } else {
        Err(SentinelError::Unexpected)
    }
}

fn text(value: Value<'_>) -> Option<&str> {
    if let Value::Bulk(text) = value {
        core::str::from_utf8(text).ok()
    } else {
        None
    }
}

fn endpoint(host: Option<&str>, port: Option<&str>) -> Option<Endpoint> {
    let host = host.filter(|host| !host.is_empty())?;
    let port = port?.parse().ok().filter(|port| *port != 0)?;
    Some(Endpoint::new(host, port))
}

#[cfg(test)]
#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    const ADDRESS: &str = "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n7001\r\n";
    const SUBSCRIBED: &str = "*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n";

    fn message(text: &str) -> alloc::string::String {
        let len = text.len();
        alloc::format!("*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n${len}\r\n{text}\r\n")
    }

    fn receive(sentinel: &mut Sentinel, bytes: &str) -> Result<Option<Endpoint>, SentinelError> {
        sentinel.receive(&mut BytesMut::from(bytes))
    }

    #[test]
    fn it_is_asked_for_the_address_and_then_for_its_changes() {
        let mut out = BytesMut::new();
        Sentinel::new("orders").encode(&mut out);
        let asked = "*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$6\r\norders\r\n";
        let subscribed = "*2\r\n$9\r\nSUBSCRIBE\r\n$14\r\n+switch-master\r\n";
        assert_eq!(out, [asked, subscribed].concat().as_bytes());
    }

    #[test]
    fn the_address_is_told_first_and_then_its_changes() {
        let mut sentinel = Sentinel::new("orders");
        let at = |port| Ok(Some(Endpoint::new("127.0.0.1", port)));
        assert_eq!(receive(&mut sentinel, ADDRESS), at(7001));
        assert_eq!(receive(&mut sentinel, SUBSCRIBED), Ok(None));
        let other = message("invoices 127.0.0.1 7001 127.0.0.1 7002");
        assert_eq!(receive(&mut sentinel, &other), Ok(None));
        let ours = message("orders 127.0.0.1 7001 127.0.0.1 7003");
        assert_eq!(receive(&mut sentinel, &ours), at(7003));
        let again = message("orders 127.0.0.1 7003 127.0.0.1 7004");
        let both = [ours, again].concat();
        assert_eq!(receive(&mut sentinel, &both), at(7004), "as said last");
    }

    #[test]
    fn answers_cut_anywhere_are_read_alike() {
        let whole = [ADDRESS, SUBSCRIBED].concat();
        for cut in 1..whole.len() {
            let (mut sentinel, mut input) = (Sentinel::new("orders"), BytesMut::new());
            let mut told = None;
            for part in [&whole.as_bytes()[..cut], &whole.as_bytes()[cut..]] {
                input.extend_from_slice(part);
                told = sentinel.receive(&mut input).expect("answers").or(told);
            }
            assert_eq!(told, Some(Endpoint::new("127.0.0.1", 7001)), "{cut}");
            assert!(input.is_empty());
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let unknown = SentinelError::UnknownName("orders".into());
        let refused = SentinelError::Refused(ServerError::new(b"NOAUTH no password"));
        for (bytes, error) in [
            ("*-1\r\n", unknown),
            ("-NOAUTH no password\r\n", refused),
            ("+OK\r\n", SentinelError::Unexpected),
            ("*1\r\n$1\r\nh\r\n", SentinelError::Unexpected),
            ("*2\r\n$0\r\n\r\n$1\r\n1\r\n", SentinelError::Unexpected),
            ("*2\r\n$1\r\nh\r\n$1\r\n0\r\n", SentinelError::Unexpected),
            (
                "*2\r\n$1\r\nh\r\n$5\r\n65536\r\n",
                SentinelError::Unexpected,
            ),
        ] {
            let found = receive(&mut Sentinel::new("orders"), bytes);
            assert_eq!(found, Err(error), "{bytes}");
        }
        let mut sentinel = Sentinel::new("orders");
        receive(&mut sentinel, ADDRESS).expect("an address");
        let short = message("orders 127.0.0.1 7001");
        assert_eq!(
            receive(&mut sentinel, &short),
            Err(SentinelError::Unexpected)
        );
        let huge = "$99999999\r\n";
        let error = receive(&mut sentinel, huge).expect_err("over the limit");
        assert!(matches!(error, SentinelError::Decode(_)), "{error}");
    }
}
