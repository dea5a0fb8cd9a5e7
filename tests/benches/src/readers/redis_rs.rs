//! redis-rs: owned values from an `io::Read`, its only way.

use core::hint::black_box;
use std::io::{self, Read};

use redis::Parser;

use crate::reader::{Entry, Kind, Reader, reads_all};

pub(crate) const READER: Reader = Reader {
    name: "redis-rs",
    kind: Kind::Owned { shared: false },
    resp2: ENTRY,
    resp3: ENTRY,
    rescans: false,
    cannot: reads_all,
};

const ENTRY: Entry = Entry::new(
    |stream| values(&**stream),
    |behind, _| values(Reads { piece: &[], behind }),
);

fn values(mut source: impl Read) -> u32 {
    let mut parser = Parser::new();
    let mut frames = 0;
    // The end of the stream is an error, the only one.
    while let Ok(value) = parser.parse_value(&mut source) {
        black_box(&value);
        frames += 1;
    }
    frames
}

/// Gives a piece per read, or as much of it as there is room for.
struct Reads<'a> {
    piece: &'a [u8],
    behind: &'a [&'a [u8]],
}

impl Read for Reads<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty()
            && let Some((piece, behind)) = self.behind.split_first()
        {
            (self.piece, self.behind) = (piece, behind);
        }
        self.piece.read(room)
    }
}
