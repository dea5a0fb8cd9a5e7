//! Commands whose first arguments never change.

use alloc::vec::Vec;

use bytes::{BufMut, BytesMut};

use super::digits::Digits;
use super::{array, bulk, bulk_integer, bulk_size, short};

/// The fixed head of a command, encoded once: the count of all arguments and the first of them. The
/// others follow it: all at once with [`command`](Self::command), which is fastest, or one by one with
/// [`bulk`] and [`bulk_integer`](super::bulk_integer).
///
/// ```
/// use bytes::BytesMut;
/// use quorlock_resp::encode::{self, Argument, Prepared};
///
/// let expire = Prepared::new(&[b"PEXPIRE"], 2);
/// let mut out = BytesMut::new();
/// expire.command(&mut out, &[Argument::Text(b"key"), Argument::Integer(100)]);
/// assert_eq!(&out[..], b"*3\r\n$7\r\nPEXPIRE\r\n$3\r\nkey\r\n$3\r\n100\r\n");
///
/// let get = Prepared::new(&[b"GET"], 1);
/// out.clear();
/// get.start(&mut out, encode::bulk_size(3));
/// encode::bulk(&mut out, b"key");
/// assert_eq!(&out[..], b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    head: Vec<u8>,
}

/// An argument of a command, which is sent as a bulk string whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument<'a> {
    /// A number, in decimal.
    Integer(i64),
    /// Any bytes.
    Text(&'a [u8]),
}

impl Prepared {
    /// A head with the arguments `fixed`, of a command that has `extra_args` more.
    #[must_use]
    pub fn new(fixed: &[&[u8]], extra_args: usize) -> Self {
        let mut head = BytesMut::new();
        array(&mut head, fixed.len() + extra_args);
        for argument in fixed {
            bulk(&mut head, argument);
        }
        Self { head: head.into() }
    }

    /// Appends the head, with room for `reserve` bytes behind it: the sum of [`bulk_size`] over the
    /// other arguments makes it exact.
    #[inline]
    pub fn start(&self, out: &mut BytesMut, reserve: usize) {
        out.reserve(self.head.len() + reserve);
        out.put_slice(&self.head);
    }

    /// Appends the whole command; `arguments` are those that [`new`](Self::new) was told to expect.
    pub fn command(&self, out: &mut BytesMut, arguments: &[Argument<'_>]) {
        let short = short::append(out, |short| {
            short.head(&self.head)?;
            arguments.iter().try_for_each(|argument| match *argument {
                Argument::Integer(number) => short.integer(number),
                Argument::Text(text) => short.text(text),
            })
        });
        if short.is_none() {
            self.long(out, arguments);
        }
    }

    #[inline(never)]
    fn long(&self, out: &mut BytesMut, arguments: &[Argument<'_>]) {
        self.start(out, arguments.iter().map(Argument::size).sum());
        for argument in arguments {
            match *argument {
                Argument::Integer(number) => bulk_integer(out, number),
                Argument::Text(text) => bulk(out, text),
            }
        }
    }
}

impl Argument<'_> {
    /// Bytes on the wire.
    fn size(&self) -> usize {
        match self {
            Self::Integer(number) => bulk_size(Digits::len_of(*number)),
            Self::Text(text) => bulk_size(text.len()),
        }
    }
}
