//! Everyone who writes the commands of a lock: `SET key token NX PX ttl` and `EVALSHA sha 1 key token ..` with five
//! arguments, into a buffer that is warm and empty.

use core::hint::black_box;

use bytes::BytesMut;
use quorlock_benches_hiredis as hiredis;
use quorlock_resp::encode::{self, Argument, Prepared};
use redis_async::resp::{RespCodec, RespValue};
use redis_async::resp_array;
use redis_protocol::resp2::encode::extend_encode_borrowed;
use redis_protocol::resp2::types::BorrowedFrame;
use tokio_util::codec::Encoder as _;

/// Commands per round.
pub(crate) const COMMANDS: u32 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Set,
    Evalsha,
}

impl Command {
    pub(crate) const ALL: [Self; 2] = [Self::Set, Self::Evalsha];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Evalsha => "evalsha",
        }
    }
}

/// One way of one library to write a command, so many times [`COMMANDS`] over.
#[derive(Clone, Copy)]
pub(crate) struct Writer {
    pub(crate) name: &'static str,
    pub(crate) set: fn(u32),
    pub(crate) evalsha: fn(u32),
}

/// Ours first, then the peers; the last one copies a command that is ready.
pub(crate) const WRITERS: [Writer; 7] = [
    Writer {
        name: "quorlock prepared",
        set: prepared_set,
        evalsha: prepared_evalsha,
    },
    Writer {
        name: "quorlock general",
        set: |rounds| general(rounds, &SET),
        evalsha: |rounds| general(rounds, &EVALSHA),
    },
    Writer {
        name: "redis-rs",
        set: |rounds| redis_rs(rounds, &SET),
        evalsha: |rounds| redis_rs(rounds, &EVALSHA),
    },
    Writer {
        name: "redis-protocol",
        set: |rounds| redis_protocol(rounds, &SET),
        evalsha: |rounds| redis_protocol(rounds, &EVALSHA),
    },
    Writer {
        name: "redis-async",
        set: |rounds| redis_async(rounds, &SET),
        evalsha: |rounds| redis_async(rounds, &EVALSHA),
    },
    Writer {
        name: "hiredis",
        set: |rounds| hiredis(rounds, &SET),
        evalsha: |rounds| hiredis(rounds, &EVALSHA),
    },
    Writer {
        name: "limit: memcpy",
        set: |rounds| copied(rounds, &SET),
        evalsha: |rounds| copied(rounds, &EVALSHA),
    },
];

const KEY: &[u8] = b"lock:resource:1234";
const TOKEN: &[u8] = b"0123456789abcdef0123456789abcdef";
const SHA: &[u8] = b"da39a3ee5e6b4b0d3255bfef95601890afd80709";
/// A lease in milliseconds.
const TTL: i64 = 30_000;
/// A proposal for a fencing token: microseconds since 1970.
const PROPOSAL: i64 = 1_763_771_234_567_890;
/// A server's uptime in seconds.
const UPTIME: i64 = 60;

/// The words of the commands, numbers written out: nobody but the prepared command has to write digits.
const SET: [&[u8]; 6] = [b"SET", KEY, TOKEN, b"NX", b"PX", b"30000"];
const EVALSHA: [&[u8]; 8] = [
    b"EVALSHA",
    SHA,
    b"1",
    KEY,
    TOKEN,
    b"30000",
    b"1763771234567890",
    b"60",
];

impl Writer {
    pub(crate) fn named(name: &str) -> Option<Self> {
        WRITERS.into_iter().find(|writer| writer.name == name)
    }

    /// Writes a command so many times [`COMMANDS`] over.
    pub(crate) fn write(&self, command: Command, rounds: u32) {
        match command {
            Command::Set => (self.set)(rounds),
            Command::Evalsha => (self.evalsha)(rounds),
        }
    }

    /// Whether it can write here.
    pub(crate) fn is_there(&self) -> bool {
        self.name != "hiredis" || hiredis::VERSION.is_some()
    }
}

fn prepared_set(rounds: u32) {
    let head = Prepared::new(&[b"SET"], 5);
    repeated(rounds, |out| {
        let arguments = [
            Argument::Text(black_box(KEY)),
            Argument::Text(black_box(TOKEN)),
            Argument::Text(b"NX"),
            Argument::Text(b"PX"),
            Argument::Integer(black_box(TTL)),
        ];
        head.command(out, &arguments);
    });
}

fn prepared_evalsha(rounds: u32) {
    let head = Prepared::new(&[b"EVALSHA", SHA, b"1"], 5);
    repeated(rounds, |out| {
        let arguments = [
            Argument::Text(black_box(KEY)),
            Argument::Text(black_box(TOKEN)),
            Argument::Integer(black_box(TTL)),
            Argument::Integer(black_box(PROPOSAL)),
            Argument::Integer(black_box(UPTIME)),
        ];
        head.command(out, &arguments);
    });
}

fn general(rounds: u32, words: &[&[u8]]) {
    repeated(rounds, |out| encode::command(out, black_box(words)));
}

/// Clears a buffer, calls `command` on it and looks at it, again and again.
fn repeated(rounds: u32, mut command: impl FnMut(&mut BytesMut)) {
    let mut out = BytesMut::with_capacity(4096);
    for _ in 0..rounds * COMMANDS {
        out.clear();
        command(&mut out);
        black_box(&out);
    }
}

fn redis_rs(rounds: u32, words: &[&[u8]]) {
    let mut out = Vec::with_capacity(4096);
    for _ in 0..rounds * COMMANDS {
        out.clear();
        let mut command = redis::Cmd::new();
        for word in black_box(words) {
            command.arg(word);
        }
        command.write_packed_command(&mut out);
        black_box(&out);
    }
}

fn redis_protocol(rounds: u32, words: &[&[u8]]) {
    // The frame is on the stack, as a caller who knows his command would have it.
    let mut frames = [const { BorrowedFrame::Null }; 8];
    repeated(rounds, |out| {
        let frames = frames.get_mut(..words.len()).expect("few words");
        for (frame, word) in frames.iter_mut().zip(black_box(words)) {
            *frame = BorrowedFrame::BulkString(word);
        }
        let command = BorrowedFrame::Array(frames);
        extend_encode_borrowed(out, &command, false).expect("room");
    });
}

fn redis_async(rounds: u32, words: &[&[u8]]) {
    repeated(rounds, |out| {
        let words = black_box(words).iter();
        let command = resp_array![].append(words.map(|word| RespValue::BulkString(word.to_vec())));
        RespCodec.encode(command, out).expect("room");
    });
}

fn hiredis(rounds: u32, words: &[&[u8]]) {
    for _ in 0..rounds * COMMANDS {
        hiredis::format(black_box(words)).expect("memory");
    }
}

fn copied(rounds: u32, words: &[&[u8]]) {
    let mut ready = BytesMut::new();
    encode::command(&mut ready, words);
    repeated(rounds, |out| out.extend_from_slice(black_box(&ready)));
}
