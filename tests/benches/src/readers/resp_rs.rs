//! resp-rs: trees of shared bytes.

use core::hint::black_box;

use bytes::Bytes;
use resp_rs::{resp2, resp3};

use crate::reader::{Entry, Fed, Kind, Reader, fed, reads_all};

pub(crate) const READER: Reader = Reader {
    name: "resp-rs",
    kind: Kind::Owned { shared: true },
    resp2: Entry::new(
        |stream| {
            let (mut rest, mut frames) = (stream.clone(), 0);
            while let Ok((frame, behind)) = resp2::parse_frame(rest) {
                black_box(&frame);
                (rest, frames) = (behind, frames + 1);
            }
            frames
        },
        |pieces, _| fed(pieces, resp2::Parser::new()),
    ),
    resp3: Entry::new(
        |stream| {
            let (mut rest, mut frames) = (stream.clone(), 0);
            while let Ok((frame, behind)) = resp3::parse_frame(rest) {
                black_box(&frame);
                (rest, frames) = (behind, frames + 1);
            }
            frames
        },
        |pieces, _| fed(pieces, resp3::Parser::new()),
    ),
    rescans: true,
    cannot: reads_all,
};

impl Fed for resp2::Parser {
    fn feed(&mut self, piece: &[u8]) {
        Self::feed(self, Bytes::copy_from_slice(piece));
    }

    fn take(&mut self) -> bool {
        black_box(&self.next_frame().expect("valid")).is_some()
    }
}

impl Fed for resp3::Parser {
    fn feed(&mut self, piece: &[u8]) {
        Self::feed(self, Bytes::copy_from_slice(piece));
    }

    fn take(&mut self) -> bool {
        black_box(&self.next_frame().expect("valid")).is_some()
    }
}
