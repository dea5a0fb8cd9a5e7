//! Everyone who reads, and how a stream gets to them. Whatever they make of a reply goes whole through a black box
//! and is dropped before the next.

use bytes::{Buf, Bytes, BytesMut};
use quorlock_resp::Protocol;

use crate::delivery::{Delivery, ROOM};
use crate::readers::{hiredis, ours, redis_async, redis_protocol, redis_rs, resp_rs, zero};
use crate::streams::Stream;

/// Reads a stream that is all there; how many replies it found.
pub(crate) type Whole = fn(&Bytes) -> u32;

/// Reads a stream that comes in pieces, into a buffer that has room for so many bytes at the beginning if it is not the
/// parser's own; how many replies it found.
pub(crate) type Pieces = fn(&[&[u8]], usize) -> u32;

/// One way of one library to read replies.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) resp2: Entry,
    pub(crate) resp3: Entry,
    /// Starts again at the first byte of a frame when more of it arrives, or copies all of it.
    pub(crate) rescans: bool,
    /// What it can't read, and why.
    pub(crate) cannot: fn(Stream) -> Option<&'static str>,
}

/// What a reader gives its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that points into the input.
    Borrowed,
    /// Lengths or types, no content.
    Nothing,
    /// Something that lives on its own. `shared`: without copies of the content.
    Owned { shared: bool },
}

/// Where a reader takes one protocol in. `None`: it has no such way.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) whole: Option<Whole>,
    pub(crate) pieces: Option<Pieces>,
}

impl Entry {
    pub(crate) const NONE: Self = Self {
        whole: None,
        pieces: None,
    };

    pub(crate) const fn new(whole: Whole, pieces: Pieces) -> Self {
        Self {
            whole: Some(whole),
            pieces: Some(pieces),
        }
    }

    pub(crate) const fn pieces(pieces: Pieces) -> Self {
        Self {
            whole: None,
            pieces: Some(pieces),
        }
    }
}

/// Ours first, then the peers.
pub(crate) const READERS: [Reader; 12] = [
    ours::BORROWED,
    ours::WALKED,
    ours::OWNED,
    ours::SKIPPED,
    redis_protocol::BORROWED,
    redis_protocol::OWNED,
    resp_rs::READER,
    redis_async::READER,
    redis_rs::READER,
    zero::READER,
    hiredis::BARE,
    hiredis::OBJECTS,
];

impl Reader {
    pub(crate) fn named(name: &str) -> Option<Self> {
        READERS.into_iter().find(|reader| reader.name == name)
    }

    /// Whether this is a way to read with our codec.
    pub(crate) fn is_ours(&self) -> bool {
        [ours::BORROWED, ours::WALKED, ours::OWNED, ours::SKIPPED]
            .iter()
            .any(|own| own.name == self.name)
    }

    /// How it reads a stream that arrives like this, if it can.
    pub(crate) fn way(&self, stream: Stream, delivery: Delivery) -> Option<Way> {
        if (self.cannot)(stream).is_some() {
            return None;
        }
        let entry = match stream.protocol() {
            Protocol::Resp2 => self.resp2,
            Protocol::Resp3 => self.resp3,
        };
        match delivery {
            Delivery::Slice => entry.whole.map(Way::Whole),
            Delivery::Reads | Delivery::Chunks => entry.pieces.map(Way::Pieces),
        }
    }

    /// The delivery at which instructions and allocations are counted: what it is made for.
    pub(crate) fn usual_delivery(&self) -> Delivery {
        if self.resp2.whole.is_some() && self.kind != (Kind::Owned { shared: false }) {
            Delivery::Slice
        } else {
            Delivery::Reads
        }
    }
}

/// A way to read a stream.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Whole(Whole),
    Pieces(Pieces),
}

impl Way {
    /// Reads all of it, `pieces` being those of `stream`; how many replies it found.
    pub(crate) fn read(self, stream: &Bytes, pieces: &[&[u8]]) -> u32 {
        match self {
            Self::Whole(read) => read(stream),
            Self::Pieces(read) => read(pieces, ROOM),
        }
    }
}

/// There is nothing that it can't read.
pub(crate) fn reads_all(_stream: Stream) -> Option<&'static str> {
    None
}

/// It knows the older protocol only.
pub(crate) fn reads_resp2(stream: Stream) -> Option<&'static str> {
    (stream.protocol() == Protocol::Resp3).then_some("no RESP3")
}

/// Calls `take` on what is left of the stream until it finds no more; how often it found a reply, whose length it
/// gives.
pub(crate) fn whole(stream: &[u8], mut take: impl FnMut(&[u8]) -> Option<usize>) -> u32 {
    let (mut rest, mut frames) = (stream, 0);
    while let Some(len) = take(rest) {
        rest = rest.get(len..).expect("inside");
        frames += 1;
    }
    frames
}

/// The same for every piece, behind what was left of those before.
pub(crate) fn borrowing(
    pieces: &[&[u8]],
    room: usize,
    mut take: impl FnMut(&[u8]) -> Option<usize>,
) -> u32 {
    let mut input = BytesMut::with_capacity(room);
    let mut frames = 0;
    for piece in pieces {
        input.extend_from_slice(piece);
        let mut taken = 0;
        while let Some(len) = take(input.get(taken..).expect("inside")) {
            taken += len;
            frames += 1;
        }
        input.advance(taken);
    }
    frames
}

/// The same for parsers that split their replies off a buffer: `take` says whether it did.
pub(crate) fn owning(
    pieces: &[&[u8]],
    room: usize,
    mut take: impl FnMut(&mut BytesMut) -> bool,
) -> u32 {
    let mut input = BytesMut::with_capacity(room);
    let mut frames = 0;
    for piece in pieces {
        input.extend_from_slice(piece);
        while take(&mut input) {
            frames += 1;
        }
    }
    frames
}

/// A parser with a buffer of its own.
pub(crate) trait Fed {
    /// Appends to its buffer.
    fn feed(&mut self, piece: &[u8]);

    /// Takes the next reply; whether there was one.
    fn take(&mut self) -> bool;
}

/// Feeds piece after piece; how many replies came out.
pub(crate) fn fed(pieces: &[&[u8]], mut parser: impl Fed) -> u32 {
    let mut frames = 0;
    for piece in pieces {
        parser.feed(piece);
        while parser.take() {
            frames += 1;
        }
    }
    frames
}
