//! How a stream arrives.

use fastrand::Rng;

/// Bytes that one large read brings.
pub(crate) const READ: usize = 16 << 10;

/// Bytes that a reader's buffer has room for at the beginning where replies are small.
pub(crate) const ROOM: usize = 2 * READ;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// All of it lies in memory.
    Slice,
    /// In reads of 16 KiB, each copied to where the parser wants it.
    Reads,
    /// The same with random reads of 1 to 64 bytes.
    Chunks,
}

impl Delivery {
    pub(crate) const ALL: [Self; 3] = [Self::Slice, Self::Reads, Self::Chunks];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Slice => "slice",
            Self::Reads => "reads",
            Self::Chunks => "chunks",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Slice => "the whole stream in memory",
            Self::Reads => "reads of 16 KiB",
            Self::Chunks => "random reads of 1 to 64 bytes",
        }
    }

    /// The pieces that arrive.
    pub(crate) fn pieces(self, stream: &[u8]) -> Vec<&[u8]> {
        match self {
            Self::Slice => vec![stream],
            Self::Reads => stream.chunks(READ).collect(),
            Self::Chunks => chunks(stream),
        }
    }
}

fn chunks(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut random = Rng::with_seed(64);
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        let (piece, rest) = stream.split_at(random.usize(1..=64).min(stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    pieces
}
