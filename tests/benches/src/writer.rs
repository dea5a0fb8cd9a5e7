//! Everyone who writes the commands of a lock, into a buffer that is warm and empty.

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

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// `SET key token NX PX ttl`
    Set,
    /// `EVALSHA sha 1 key token ttl`: five arguments.
    Evalsha,
    /// The same with a proposed token and an uptime behind the lease.
    Fenced,
}

impl Command {
    pub(crate) const ALL: [Self; 3] = [Self::Set, Self::Evalsha, Self::Fenced];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Evalsha => "evalsha",
            Self::Fenced => "evalsha-fenced",
        }
    }

    /// Its words; a number is one where the library takes numbers.
    const fn words(self) -> &'static [Argument<'static>] {
        use Argument::{Integer, Text};
        match self {
            Self::Set => &[
                Text(b"SET"),
                Text(KEY),
                Text(TOKEN),
                Text(b"NX"),
                Text(b"PX"),
                Integer(TTL),
            ],
            Self::Evalsha => &[
                Text(b"EVALSHA"),
                Text(SHA),
                Text(b"1"),
                Text(KEY),
                Text(TOKEN),
                Integer(TTL),
            ],
            Self::Fenced => &[
                Text(b"EVALSHA"),
                Text(SHA),
                Text(b"1"),
                Text(KEY),
                Text(TOKEN),
                Integer(TTL),
                Integer(PROPOSAL),
                Integer(UPTIME),
            ],
        }
    }

    /// Its words for a library that takes texts only: numbers have been written out before.
    fn texts(self) -> Vec<Vec<u8>> {
        let text = |word: &Argument<'_>| match word {
            Argument::Integer(number) => number.to_string().into_bytes(),
            Argument::Text(text) => text.to_vec(),
        };
        self.words().iter().map(text).collect()
    }
}

/// One way of one library to write a command, so many times [`COMMANDS`] over.
#[derive(Clone, Copy)]
pub(crate) struct Writer {
    pub(crate) name: &'static str,
    pub(crate) write: fn(Command, u32),
}

/// Ours first, then the peers; the last one copies a command that is ready.
pub(crate) const WRITERS: [Writer; 7] = [
    writer("quorlock prepared", prepared),
    writer("quorlock general", general),
    writer("redis-rs", redis_rs),
    writer("redis-protocol", redis_protocol),
    writer("redis-async", redis_async),
    writer("hiredis", hiredis),
    writer("limit: memcpy", copied),
];

const fn writer(name: &'static str, write: fn(Command, u32)) -> Writer {
    Writer { name, write }
}

const KEY: &[u8] = b"lock:resource:1234";
const TOKEN: &[u8] = b"0123456789abcdef0123456789abcdef";
const SHA: &[u8] = b"da39a3ee5e6b4b0d3255bfef95601890afd80709";
/// A lease in milliseconds.
const TTL: i64 = 30_000;
/// A proposal for a fencing token: microseconds since 1970.
const PROPOSAL: i64 = 1_763_771_234_567_890;
/// A server's uptime in seconds.
const UPTIME: i64 = 60;

/// What a caller has at hand when he fills in a prepared command.
struct Lock {
    key: &'static [u8],
    token: &'static [u8],
    ttl: i64,
    proposal: i64,
    uptime: i64,
}

const LOCK: Lock = Lock {
    key: KEY,
    token: TOKEN,
    ttl: TTL,
    proposal: PROPOSAL,
    uptime: UPTIME,
};

impl Writer {
    pub(crate) fn named(name: &str) -> Option<Self> {
        WRITERS.into_iter().find(|writer| writer.name == name)
    }

    /// Whether it can write here.
    pub(crate) fn is_there(&self) -> bool {
        self.name != "hiredis" || hiredis::VERSION.is_some()
    }
}

/// The arguments are put side by side for each command, as a caller has to. A black box around every one of them would
/// write a slice in halves and read it as a whole, for which the processor waits until the command before is out of its
/// store buffer.
fn prepared(command: Command, rounds: u32) {
    match command {
        Command::Set => {
            let head = Prepared::new(&[b"SET"], 5);
            repeated(rounds, |out| {
                let lock = black_box(&LOCK);
                let arguments = [
                    Argument::Text(lock.key),
                    Argument::Text(lock.token),
                    Argument::Text(b"NX"),
                    Argument::Text(b"PX"),
                    Argument::Integer(lock.ttl),
                ];
                head.command(out, &arguments);
            });
        }
        Command::Evalsha => {
            let head = Prepared::new(&[b"EVALSHA", SHA, b"1"], 3);
            repeated(rounds, |out| {
                let lock = black_box(&LOCK);
                let arguments = [
                    Argument::Text(lock.key),
                    Argument::Text(lock.token),
                    Argument::Integer(lock.ttl),
                ];
                head.command(out, &arguments);
            });
        }
        Command::Fenced => {
            let head = Prepared::new(&[b"EVALSHA", SHA, b"1"], 5);
            repeated(rounds, |out| {
                let lock = black_box(&LOCK);
                let arguments = [
                    Argument::Text(lock.key),
                    Argument::Text(lock.token),
                    Argument::Integer(lock.ttl),
                    Argument::Integer(lock.proposal),
                    Argument::Integer(lock.uptime),
                ];
                head.command(out, &arguments);
            });
        }
    }
}

fn general(command: Command, rounds: u32) {
    let texts = command.texts();
    let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    repeated(rounds, |out| encode::command(out, black_box(&texts)));
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

fn redis_rs(command: Command, rounds: u32) {
    let mut out = Vec::with_capacity(4096);
    for _ in 0..rounds * COMMANDS {
        out.clear();
        let mut built = redis::Cmd::new();
        for word in black_box(command.words()) {
            match word {
                Argument::Integer(number) => built.arg(number),
                Argument::Text(text) => built.arg(text),
            };
        }
        built.write_packed_command(&mut out);
        black_box(&out);
    }
}

fn redis_protocol(command: Command, rounds: u32) {
    // The frame is on the stack, as a caller who knows his command would have it.
    let mut frames = [const { BorrowedFrame::Null }; 8];
    repeated(rounds, |out| {
        let words = black_box(command.words());
        let frames = frames.get_mut(..words.len()).expect("few words");
        for (frame, word) in frames.iter_mut().zip(words) {
            *frame = match word {
                Argument::Integer(number) => BorrowedFrame::Integer(*number),
                Argument::Text(text) => BorrowedFrame::BulkString(text),
            };
        }
        extend_encode_borrowed(out, &BorrowedFrame::Array(frames), true).expect("room");
    });
}

fn redis_async(command: Command, rounds: u32) {
    let texts = command.texts();
    repeated(rounds, |out| {
        let words = black_box(&texts).iter();
        let array = resp_array![].append(words.map(|word| RespValue::BulkString(word.clone())));
        RespCodec.encode(array, out).expect("room");
    });
}

fn hiredis(command: Command, rounds: u32) {
    let texts = command.texts();
    let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    for _ in 0..rounds * COMMANDS {
        hiredis::format(black_box(&texts)).expect("memory");
    }
}

fn copied(command: Command, rounds: u32) {
    let texts = command.texts();
    let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    let mut ready = BytesMut::new();
    encode::command(&mut ready, &texts);
    repeated(rounds, |out| out.extend_from_slice(black_box(&ready)));
}
