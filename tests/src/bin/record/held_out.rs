//! The held-out stream of the benchmark: what a busy application and its locks hear from a server.
//!
//! Nothing may be tuned on it, so it has a list of requests of its own, drawn from a seed.

use fastrand::Rng;
use quorlock_core::script;
use quorlock_tests::servers::{Make, Options, Server};

use crate::tape::Tape;
use crate::{PROTOCOLS, root, scrub, write};

/// Requests in one recording: about 200 KiB of replies.
const REQUESTS: usize = 6_000;

/// Records `tests/benches/held_out/resp2` and `resp3`.
pub(crate) fn record() {
    let directory = root().join("tests/benches/held_out");
    for protocol in PROTOCOLS {
        let path = directory.join(format!("resp{protocol}"));
        write(&path, &conversation(protocol));
    }
}

fn conversation(protocol: &str) -> Vec<u8> {
    let program = Make::Redis7.program().expect("the system's own server");
    let server = Server::start(&Options::new().with_binary(&program));
    let mut tape = Tape::start(&server, protocol);
    for script in script::ALL {
        tape.ask(&[vec!["SCRIPT", "LOAD", script.text]]);
    }
    if protocol == "3" {
        tape.ask(&[vec!["CLIENT", "TRACKING", "ON"]]);
        tape.ask(&[vec!["SUBSCRIBE", "unlocked"]]);
    }
    let mut random = Rng::with_seed(1763);
    let mut left = REQUESTS;
    while left > 0 {
        let together = random.usize(1..=8).min(left);
        let commands: Vec<_> = (0..together).map(|_| request(&mut random)).collect();
        tape.ask(&commands);
        left -= together;
    }
    let mut received = tape.received();
    scrub(&mut received, &server, &program);
    received
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

/// One request. Half of them are about locks.
fn request(random: &mut Rng) -> Vec<String> {
    let key = random.u32(0..40);
    let widest = 1 << random.u32(1..48);
    words(&match random.u32(0..100) {
        0..50 => return lock(random),
        50..60 => format!("GET text:{key}"),
        60..66 => format!("SET text:{key} {}", text(random)),
        66..72 => format!("INCRBY count:{key} {}", random.u64(1..widest)),
        72..75 => format!("HSET hash:{key} field:{} {}", random.u8(0..6), text(random)),
        75..79 => format!("HGETALL hash:{key}"),
        79..82 => format!("ZADD rank:{key} {} member:{}", random.f32(), random.u8(..)),
        82..85 => format!("ZRANGE rank:{key} 0 9 WITHSCORES"),
        85..88 => format!("RPUSH list:{key} {} {}", text(random), text(random)),
        88..91 => format!("LRANGE list:{key} 0 {}", random.u8(0..8)),
        91..93 => format!(
            "XADD stream:{} * kind start owner {}",
            key % 4,
            text(random)
        ),
        93..95 => format!("XREVRANGE stream:{} + - COUNT 3", key % 4),
        95..97 => format!("LPUSH text:{key} wrong"),
        97..98 => format!("MGET text:{key} text:{} none count:{key}", key / 2),
        98..99 => "CONFIG GET maxmemory*".to_owned(),
        _ => "TIME".to_owned(),
    })
}

/// A request of a lock client, by script or by plain commands.
fn lock(random: &mut Rng) -> Vec<String> {
    let (name, owner) = (random.u8(0..20), random.u8(0..4));
    let (key, owner) = (format!("lock:{name}"), format!("owner-{owner:02}"));
    let ttl = random.u32(1_000..30_000);
    words(&match random.u8(0..12) {
        0 | 1 => format!("EVALSHA {} 1 {key} {owner} {ttl}", script::ACQUIRE.sha),
        2 => format!("EVALSHA {} 1 {key} {owner} {ttl}", script::EXTEND.sha),
        3 | 4 => format!("EVALSHA {} 1 {key} {owner}", script::RELEASE.sha),
        5..8 => format!("SET {key} {owner} NX PX {ttl}"),
        8 => format!("GET {key}"),
        9 => format!("PTTL {key}"),
        10 => format!("DEL {key}"),
        _ => format!("PUBLISH unlocked {key}"),
    })
}

/// A word of up to 300 bytes, most often a short one.
fn text(random: &mut Rng) -> String {
    let longest = 1 << random.u32(1..9);
    let len = random.usize(1..=longest);
    (0..len).map(|_| random.alphanumeric()).collect()
}
