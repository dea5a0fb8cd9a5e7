//! Why a byte stream is not RESP, and where.

use core::fmt;

/// A rejected byte stream: what was wrong and at which byte of the frame.
///
/// A stream that was rejected once cannot be trusted to be in step again, so the error stays until
/// [`Decoder::reset`](crate::Decoder::reset); a client closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DecodeError {
    kind: ErrorKind,
    offset: usize,
}

impl DecodeError {
    pub(crate) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// What was wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Where, in bytes from the start of the frame: the offending byte of malformed input, the type
    /// byte of a value that goes over a limit. It does not depend on how the bytes were cut.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of the frame", self.kind, self.offset)
    }
}

/// What was wrong with a rejected byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A big number that is not an optional sign and digits without a leading zero.
    #[error("malformed big number")]
    BigNumber,
    /// A boolean that is neither `#t` nor `#f`.
    #[error("malformed boolean")]
    Boolean,
    /// A bulk length above [`Limits::bulk`](crate::Limits::bulk).
    #[error("bulk length above the limit `bulk`")]
    BulkLimit,
    /// Something other than a chunk inside a streamed string.
    #[error("chunk of a streamed string expected")]
    Chunk,
    /// Nesting above [`Limits::depth`](crate::Limits::depth).
    #[error("nesting above the limit `depth`")]
    DepthLimit,
    /// A double that is not a decimal number, `inf`, `-inf` or `nan`, or that no finite `f64` is near.
    #[error("malformed double")]
    Double,
    /// More elements than [`Limits::elements`](crate::Limits::elements).
    #[error("elements above the limit `elements`")]
    ElementLimit,
    /// An end marker that closes nothing, or that cuts a map entry or an attributed value in half.
    #[error("end of a streamed aggregate where none can end")]
    End,
    /// A frame longer than [`Limits::frame`](crate::Limits::frame).
    #[error("frame above the limit `frame`")]
    FrameLimit,
    /// An integer with a stray byte, a leading zero, or outside of `i64`.
    #[error("malformed integer")]
    Integer,
    /// A length or count with a sign, a stray byte, a leading zero, or outside of `u64`.
    #[error("malformed length")]
    Length,
    /// A line longer than [`Limits::line`](crate::Limits::line).
    #[error("line above the limit `line`")]
    LineLimit,
    /// CR LF expected and not found, or one of them alone inside a line.
    #[error("CR LF expected")]
    Terminator,
    /// A byte that begins no RESP type.
    #[error("unknown type byte")]
    Type,
    /// A verbatim string without its three-letter format and colon.
    #[error("malformed verbatim string")]
    Verbatim,
}
