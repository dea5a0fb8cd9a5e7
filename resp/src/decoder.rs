//! The resumable decoder: three ways to read, one scanner underneath.

use bytes::BytesMut;

use crate::error::DecodeError;
use crate::frame::Frame;
use crate::limits::Limits;
use crate::reply::Reply;
use crate::scan::Scanner;
use crate::tape::Node;

/// Finds frames at the front of a buffer that stays the caller's.
///
/// The contract: until a call returns a frame or an error, the next call passes the same bytes and
/// more behind them. The decoder remembers where it stood, so the bytes already there are not
/// examined again. After a frame, the caller drops its length from the buffer's front; an error
/// stays until [`reset`](Self::reset).
///
/// ```
/// use quorlock_resp::{Decoder, Limits, Value};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// assert!(decoder.decode(b"$5\r\nhel").unwrap().is_none());
/// let reply = decoder.decode(b"$5\r\nhello\r\n+OK\r\n").unwrap().unwrap();
/// assert_eq!(reply.value(), Value::Bulk(b"hello"));
/// assert_eq!(reply.len(), 11);
/// ```
#[derive(Debug)]
pub struct Decoder {
    scanner: Scanner,
}

/// A hint of [`Decoder::needed`] is at least allowed to be this long.
const SMALL_RESERVE: usize = 16 << 10;

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            scanner: Scanner::new(limits),
        }
    }

    /// Looks for a whole reply at the front of `input`. `None`: more bytes are needed.
    ///
    /// Allocates only when a reply has more values than any before it.
    ///
    /// # Errors
    /// The bytes are not RESP, or go over a limit.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs half of a short reply")]
    pub fn decode<'a>(&'a mut self, input: &'a [u8]) -> Result<Option<Reply<'a>>, DecodeError> {
        let (len, nodes, root) = match self.scanner.single(input) {
            Some(usual) => (usual.len, &[][..], usual.node),
            None => match self.scanner.advance(input, true) {
                Some(len) => (len, self.scanner.tape(), Node::NULL),
                None => return self.unfinished(),
            },
        };
        Ok(Some(Reply::new(input, len, nodes, root)))
    }

    /// Looks for a whole reply at the front of `input` and splits it off. `None`: more bytes are
    /// needed.
    ///
    /// # Errors
    /// The bytes are not RESP, or go over a limit. `input` is left as it was.
    #[inline]
    pub fn decode_frame(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        if let Some(usual) = self.scanner.single(input) {
            return match Frame::tiny(usual.node, input, usual.len) {
                Some(frame) => Ok(Some(frame)),
                None => Ok(Some(Frame::single(usual.node, input, usual.len))),
            };
        }
        self.decode_larger_frame(input)
    }

    fn decode_larger_frame(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        let Some(len) = self.scanner.advance(input, true) else {
            return self.unfinished();
        };
        Ok(Some(match self.scanner.tape() {
            [node] => Frame::single(*node, input, len),
            tape => Frame::new(tape, input, len),
        }))
    }

    /// Looks for a whole reply at the front of `input` and says only how long it is. Everything is
    /// checked as in [`decode`](Self::decode), and memory is bounded by the depth instead of the
    /// number of elements. `None`: more bytes are needed.
    ///
    /// # Errors
    /// The bytes are not RESP, or go over a limit.
    pub fn skip(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        if let Some(usual) = self.scanner.single(input) {
            return Ok(Some(usual.len));
        }
        match self.scanner.advance(input, false) {
            Some(len) => Ok(Some(len)),
            None => self.unfinished(),
        }
    }

    /// Why there is no whole frame: an error, or `None` for want of more bytes.
    #[inline]
    fn unfinished<T>(&self) -> Result<Option<T>, DecodeError> {
        match self.scanner.failure() {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// How many bytes to make room for before the next read, when the last call returned `None`:
    /// what the string being read still lacks, or 1 when that is
    /// not known. Never more than what was received already or 16 KiB, so that a peer that announces
    /// a gigabyte and sends ten bytes gets no gigabyte.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.scanner
            .missing()
            .min(self.scanner.received().max(SMALL_RESERVE))
    }

    /// Forgets the frame being read and any error: for a new connection.
    pub fn reset(&mut self) {
        self.scanner.reset();
    }

    /// Bytes examined since the decoder was made: never more than twice what was received, however
    /// it was cut (if [`skip`](Self::skip) and the others are not mixed within one frame).
    #[must_use]
    pub fn examined(&self) -> u64 {
        self.scanner.examined()
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Limits::DEFAULT)
    }
}
