//! What a decoder accepts at most.

/// The bounds of a [`Decoder`](crate::Decoder). A frame that goes over one of them ends in a
/// [`DecodeError`](crate::DecodeError) that names the bound and the offset; nothing is allocated
/// for what a header merely announces.
///
/// Every bound is inclusive: a frame that reaches it exactly is accepted.
///
/// ```
/// use quorlock_resp::{Decoder, ErrorKind, Limits};
///
/// let mut decoder = Decoder::new(Limits { bulk: 3, ..Limits::DEFAULT });
/// let error = decoder.decode(b"$4\r\nabcd\r\n").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::BulkLimit);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Aggregates that may be open inside one another. A plain string has depth 0, an array of
    /// strings 1.
    pub depth: usize,
    /// Elements in one frame, summed over all its aggregates; a map entry is two, and an attribute
    /// and a chunk of a streamed string are one each. Never above `u32::MAX - 1`, whatever is asked.
    pub elements: usize,
    /// Bytes in one bulk string, bulk error, verbatim string or chunk of a streamed string. Never
    /// above `u32::MAX`, whatever is asked.
    pub bulk: usize,
    /// Bytes in one line, without its type byte and its CR LF.
    pub line: usize,
    /// Bytes in one frame, attributes included.
    pub frame: usize,
}

impl Limits {
    /// 128 levels, 2^20 elements, bulks of 512 MiB (the servers' own `proto-max-bulk-len`), lines
    /// of 64 KiB, frames of 1 GiB.
    pub const DEFAULT: Self = Self {
        depth: 128,
        elements: 1 << 20,
        bulk: 512 << 20,
        line: 64 << 10,
        frame: 1 << 30,
    };

    /// The same bounds, inside what 32-bit node indices can say.
    pub(crate) fn clamped(self) -> Self {
        let widest = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        Self {
            elements: self.elements.min(widest - 1),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
