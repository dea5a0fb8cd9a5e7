//! redis-async: trees with copies of all content, from a tokio codec.

use core::hint::black_box;

use redis_async::resp::RespCodec;
use tokio_util::codec::Decoder;

use crate::reader::{Entry, Kind, Reader, owning, reads_resp2};

pub(crate) const READER: Reader = Reader {
    name: "redis-async",
    kind: Kind::Owned { shared: false },
    resp2: Entry::pieces(|pieces, room| {
        owning(pieces, room, |input| {
            let frame = RespCodec.decode(input).expect("valid");
            black_box(&frame);
            frame.is_some()
        })
    }),
    resp3: Entry::NONE,
    rescans: true,
    cannot: reads_resp2,
};
