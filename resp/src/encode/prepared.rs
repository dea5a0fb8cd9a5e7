//! Commands whose first arguments never change.

use alloc::vec::Vec;

use bytes::{BufMut, BytesMut};

use super::{array, bulk};

/// The fixed head of a command, encoded once: the count of all arguments and the first of them. The
/// others follow it with [`bulk`] and [`bulk_integer`](super::bulk_integer).
///
/// ```
/// use bytes::BytesMut;
/// use quorlock_resp::encode::{self, Prepared};
///
/// let get = Prepared::new(&[b"GET"], 1);
/// let mut out = BytesMut::new();
/// get.start(&mut out, encode::bulk_size(3));
/// encode::bulk(&mut out, b"key");
/// assert_eq!(&out[..], b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    head: Vec<u8>,
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

    /// Appends the head, with room for `reserve` bytes behind it: the sum of
    /// [`bulk_size`](super::bulk_size) over the other arguments makes it exact.
    #[inline]
    pub fn start(&self, out: &mut BytesMut, reserve: usize) {
        out.reserve(self.head.len() + reserve);
        out.put_slice(&self.head);
    }
}
