//! The commands that are written: a lock's acquire, as `SET` and as a script.

use core::hint::black_box;

use bytes::BytesMut;
use quorlock_resp::encode::{self, Argument, Prepared};

/// Commands per round.
pub(crate) const COMMANDS: u32 = 1000;

const KEY: &[u8] = b"lock:resource:1234";
const TOKEN: &[u8] = b"0123456789abcdef0123456789abcdef";
const SHA: &[u8] = b"da39a3ee5e6b4b0d3255bfef95601890afd80709";
/// A lease in milliseconds.
const TTL: i64 = 30_000;
/// A proposal for a fencing token: microseconds since 1970.
const PROPOSAL: i64 = 1_763_771_234_567_890;

/// Appends a command again and again to a buffer that is warm and empty.
fn repeated(rounds: u32, mut command: impl FnMut(&mut BytesMut)) {
    let mut out = BytesMut::with_capacity(4096);
    for _ in 0..rounds * COMMANDS {
        out.clear();
        command(&mut out);
        black_box(&out);
    }
}

/// `SET key token NX PX ttl`, its name prepared.
pub(crate) fn set(rounds: u32) {
    let head = Prepared::new(&[b"SET"], 5);
    repeated(rounds, |out| {
        let (key, token) = (black_box(KEY), black_box(TOKEN));
        head.command(
            out,
            &[
                Argument::Text(key),
                Argument::Text(token),
                Argument::Text(b"NX"),
                Argument::Text(b"PX"),
                Argument::Integer(black_box(TTL)),
            ],
        );
    });
}

/// `EVALSHA sha 1 key token ttl proposal uptime`, its first three arguments prepared.
pub(crate) fn evalsha(rounds: u32) {
    let head = Prepared::new(&[b"EVALSHA", SHA, b"1"], 5);
    repeated(rounds, |out| {
        let (key, token) = (black_box(KEY), black_box(TOKEN));
        head.command(
            out,
            &[
                Argument::Text(key),
                Argument::Text(token),
                Argument::Integer(black_box(TTL)),
                Argument::Integer(black_box(PROPOSAL)),
                Argument::Integer(black_box(60)),
            ],
        );
    });
}

/// The same `SET` from a list of arguments.
pub(crate) fn general(rounds: u32) {
    repeated(rounds, |out| {
        encode::command(
            out,
            black_box(&[b"SET", KEY, TOKEN, b"NX", b"PX", b"30000"]),
        );
    });
}

/// What redis-rs writes for the same `SET`.
pub(crate) fn redis_rs(rounds: u32) {
    let mut out = Vec::with_capacity(4096);
    for _ in 0..rounds * COMMANDS {
        out.clear();
        let mut command = redis::cmd("SET");
        command.arg(black_box(KEY)).arg(black_box(TOKEN));
        command.arg("NX").arg("PX").arg(black_box(TTL));
        command.write_packed_command(&mut out);
        black_box(&out);
    }
}
