//! RESP2 and RESP3, the protocol of Redis and Valkey, without I/O.
//!
//! [`Decoder`] reads what a server sends, in pieces of any size, and never examines a byte more than
//! twice. It hands a reply out borrowed ([`Reply`]), owned ([`Frame`]) or only measured
//! ([`Decoder::skip`]). [`encode`] appends commands, and replies too, to a buffer of the caller's.
//!
//! No allocation for what a header merely announces, no recursion, a [limit](Limits) on everything,
//! and strict: malformed input is an error with the offset of the byte at fault.
//!
//! ```
//! use bytes::BytesMut;
//! use quorlock_resp::{Decoder, Limits, Value, encode};
//!
//! let mut out = BytesMut::new();
//! encode::command(&mut out, &[b"GET", b"key"]);
//! assert_eq!(&out[..], b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n");
//!
//! let mut decoder = Decoder::new(Limits::DEFAULT);
//! let reply = decoder.decode(b"$5\r\nvalue\r\n").unwrap().unwrap();
//! assert_eq!(reply.value(), Value::Bulk(b"value"));
//! ```
#![no_std]

extern crate alloc;

mod decoder;
pub mod encode;
mod error;
mod frame;
mod iter;
mod limits;
mod reply;
mod scan;
mod tape;
mod value;

pub use decoder::Decoder;
pub use encode::Protocol;
pub use error::{DecodeError, ErrorKind};
pub use frame::Frame;
pub use iter::{Chunks, Items, Pairs};
pub use limits::Limits;
pub use reply::Reply;
pub use value::Value;
