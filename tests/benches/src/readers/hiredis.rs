//! hiredis, through its C interface: without reply objects and with them.

use quorlock_benches_hiredis::{self as library, Objects, VERSION};

use crate::reader::{Entry, Fed, Kind, Reader, fed};
use crate::streams::Stream;
use quorlock_resp::Protocol;

pub(crate) const BARE: Reader = Reader {
    name: "hiredis without objects",
    kind: Kind::Nothing,
    resp2: Entry::pieces(|pieces, _| fed(pieces, reader(Objects::None))),
    resp3: Entry::pieces(|pieces, _| fed(pieces, reader(Objects::None))),
    rescans: false,
    cannot,
};

pub(crate) const OBJECTS: Reader = Reader {
    name: "hiredis",
    kind: Kind::Owned { shared: false },
    resp2: Entry::pieces(|pieces, _| fed(pieces, reader(Objects::Built))),
    resp3: Entry::pieces(|pieces, _| fed(pieces, reader(Objects::Built))),
    rescans: false,
    cannot,
};

fn reader(objects: Objects) -> library::Reader {
    library::Reader::new(objects).expect("memory for a reader")
}

fn cannot(stream: Stream) -> Option<&'static str> {
    match VERSION {
        None => Some("libhiredis-dev is not installed"),
        Some(version) if version.starts_with("0.") && stream.protocol() == Protocol::Resp3 => {
            Some("no RESP3 before version 1")
        }
        Some(_) => None,
    }
}

impl Fed for library::Reader {
    fn feed(&mut self, piece: &[u8]) {
        Self::feed(self, piece);
    }

    fn take(&mut self) -> bool {
        Self::take(self)
    }
}
