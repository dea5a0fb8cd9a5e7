//! Fencing for data in Redis: a write that is refused once a newer tenure has written.
//!
//! A lock's holder that was paused past its lease does not know it when it writes. The
//! resource does, if it keeps the highest token that it has seen and compares. Source:
//! Kleppmann, How to do distributed locking (2016).

use bytes::BytesMut;
use quorlock_resp::{Value, encode};

use crate::command::integer_of;
use crate::script::APPLY;
use crate::server_error::ServerError;
use crate::token::{FencingToken, encode_sibling_key};
use crate::validity::Ttl;

/// What the name of the highest token has behind the key of the value.
const HIGHEST: &[u8] = b":quorlock-highest";

/// "Set this value, with a token at least as new as any that wrote it before": one
/// script, [`APPLY`], for a Redis or Valkey that keeps what a lock protects.
///
/// It is sent over whatever connection the program has to that server, which need not be
/// a lock node. The highest token of `stock:7` is under
/// `stock:7:quorlock-highest:{stock:7}`, of `{stock}7` under `{stock}7:quorlock-highest`,
/// and never expires: 16 digits per key. In a cluster it is in the hash slot of the
/// value; a key with a brace and without a hash tag can't have that, and gets `CROSSSLOT`.
/// Whoever deletes the highest token, or writes the value by a plain `SET`, lets stale
/// writes through; and a replica that is promoted may have missed it.
///
/// ```
/// use quorlock_core::{Applied, Apply, FencingToken};
/// use quorlock_resp::{Decoder, Limits};
///
/// let token = FencingToken::new(1_700_000_000_000_123); // the guard's, or the event's
/// let write = Apply { key: b"stock:7", token, value: b"41", expiry: None };
/// let mut out = bytes::BytesMut::new();
/// write.encode(&mut out);
/// assert!(out.starts_with(b"*7\r\n$7\r\nEVALSHA\r\n"));
///
/// // what the server answers where token 1700000000000124 was there before
/// let mut reply = bytes::BytesMut::from(&b"*2\r\n:0\r\n:1700000000000124\r\n"[..]);
/// let reply = Decoder::new(Limits::DEFAULT).decode_frame(&mut reply)?.expect("a frame");
/// let highest = FencingToken::new(1_700_000_000_000_124);
/// assert_eq!(Applied::read(reply.value())?, Applied::Refused { highest });
/// # Ok::<_, Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apply<'a> {
    /// The key of the value; not the lock's key, should both be on one server.
    pub key: &'a [u8],
    /// The token of the tenure that writes.
    pub token: FencingToken,
    /// The value. Whatever stood there before is gone, also where it was no string.
    pub value: &'a [u8],
    /// How long the value lives; `None`: until somebody deletes it.
    pub expiry: Option<Ttl>,
}

impl Apply<'_> {
    /// Appends the command, by the script's digest. A server that has not seen the
    /// script answers an [`ErrorKind::NoScript`](crate::ErrorKind), has done nothing,
    /// and wants [`encode_in_full`](Self::encode_in_full).
    pub fn encode(&self, out: &mut BytesMut) {
        self.encode_by(false, out);
    }

    /// Appends the command with the script's text, which the server keeps.
    pub fn encode_in_full(&self, out: &mut BytesMut) {
        self.encode_by(true, out);
    }

    fn encode_by(&self, full_text: bool, out: &mut BytesMut) {
        let arguments = if self.expiry.is_some() { 3 } else { 2 };
        APPLY.begin_call(full_text, 2, arguments, out);
        encode::bulk(out, self.key);
        encode_sibling_key(out, self.key, HIGHEST);
        encode::bulk_integer(out, integer_of(self.token.get()));
        encode::bulk(out, self.value);
        if let Some(expiry) = self.expiry {
            encode::bulk_integer(out, i64::from(expiry.as_millis()));
        }
    }
}

/// What became of an [`Apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// A newer tenure has written: nothing was changed. The lock is lost.
    Refused {
        /// The highest token that has written.
        highest: FencingToken,
    },
    /// The value was written.
    Written,
}

impl Applied {
    /// Reads the reply.
    ///
    /// # Errors
    /// See [`ApplyError`].
    pub fn read(reply: Value<'_>) -> Result<Self, ApplyError> {
        if let Value::Error(line) | Value::BulkError(line) = reply {
            return Err(ApplyError::Server(ServerError::new(line)));
        }
        let Value::Array(mut items) = reply else {
            return Err(ApplyError::Unexpected);
        };
        match (items.next(), items.next(), items.next()) {
            (Some(Value::Integer(1)), Some(Value::Integer(_)), None) => Ok(Self::Written),
            (Some(Value::Integer(0)), Some(Value::Integer(highest)), None) => {
                let highest = u64::try_from(highest).map_err(|_| ApplyError::Unexpected)?;
                Ok(Self::Refused {
                    highest: FencingToken::new(highest),
                })
            }
            _ => Err(ApplyError::Unexpected),
        }
    }
}

/// Why it is not known to be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The server answered with an error.
    #[error("the server says: {0}")]
    Server(ServerError),
    /// The reply is none that the script can give: the connection can't be trusted.
    #[error("a reply that the script can't give")]
    Unexpected,
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorlock_resp::{Decoder, Limits};

    fn read(reply: &str) -> Option<Result<Applied, ApplyError>> {
        let mut bytes = BytesMut::from(reply);
        let frame = Decoder::new(Limits::DEFAULT).decode_frame(&mut bytes);
        Some(Applied::read(frame.ok()??.value()))
    }

    #[test]
    fn keys_and_arguments_are_in_the_order_of_the_script() {
        let mut out = BytesMut::new();
        let apply = Apply {
            key: b"k",
            token: FencingToken::MAX,
            value: b"v",
            expiry: Some(Ttl::from_millis(250)),
        };
        apply.encode(&mut out);
        let sha = APPLY.sha;
        let expected = alloc::format!(
            "*8\r\n$7\r\nEVALSHA\r\n$40\r\n{sha}\r\n$1\r\n2\r\n$1\r\nk\r\n$22\r\nk:quorlock-highest:{{k}}\r\n\
             $16\r\n9007199254740991\r\n$1\r\nv\r\n$3\r\n250\r\n"
        );
        assert_eq!(out, expected.as_bytes());
    }

    #[test]
    fn only_the_scripts_replies_are_read() {
        let refused = Applied::Refused {
            highest: FencingToken::new(8),
        };
        let server = ApplyError::Server(ServerError::new(b"OOM full"));
        for (reply, expected) in [
            ("*2\r\n:1\r\n:7\r\n", Ok(Applied::Written)),
            ("*2\r\n:0\r\n:8\r\n", Ok(refused)),
            ("*2\r\n:0\r\n:-8\r\n", Err(ApplyError::Unexpected)),
            ("*2\r\n:2\r\n:8\r\n", Err(ApplyError::Unexpected)),
            ("*1\r\n:1\r\n", Err(ApplyError::Unexpected)),
            ("*3\r\n:1\r\n:7\r\n:0\r\n", Err(ApplyError::Unexpected)),
            ("+OK\r\n", Err(ApplyError::Unexpected)),
            ("-OOM full\r\n", Err(server)),
        ] {
            assert_eq!(read(reply), Some(expected), "{reply:?}");
        }
    }
}
