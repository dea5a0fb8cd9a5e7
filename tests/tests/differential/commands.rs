//! Random commands on a few keys by a few owners.

use fastrand::Rng;
use quorlock_core::script::Script;

use crate::oddities;
use crate::pair::Command;
use crate::scene::Scene;
use crate::scripts::{self, SCRIPTS};
use crate::several;

/// The keys that everything happens to. Few, so that commands meet.
pub(crate) const KEYS: [&[u8]; 9] = [
    b"lock",
    b"lock2",
    b"guard",
    b"fence",
    b"queue",
    b"",
    b"a*[b]",
    b"\xff\r\n",
    b"k",
];
const OWNERS: [&[u8]; 4] = [b"owner", b"rival", b"", b"owner\0x"];
/// Databases that are used; the test looks into all of them.
pub(crate) const DATABASES: [&str; 2] = ["0", "1"];

/// The next command; sometimes several that belong together.
pub(crate) fn random(rng: &mut Rng, scene: &Scene) -> Vec<Command> {
    let mut commands = match rng.u8(..100) {
        0..45 => vec![scripts::random(rng, scene)],
        45..58 => vec![string_command(rng, scene)],
        58..68 => vec![expiry_command(rng)],
        68..78 => vec![key_command(rng)],
        78..82 => vec![list_command(rng)],
        82..88 => vec![script_command(rng)],
        88..94 => vec![connection_command(rng)],
        94 => scripts::odd_arming(rng),
        95 => scripts::fenced_writes(rng, scene),
        96 => scripts::tenures(rng, scene),
        97 if rng.bool() => several::tenures(rng, scene),
        97 => several::healed(rng),
        _ => counted(),
    };
    if rng.u8(..50) == 0 {
        spoil(rng, &mut commands);
    }
    commands
}

fn string_command(rng: &mut Rng, scene: &Scene) -> Command {
    if rng.u8(..3) == 0 {
        return command("GET", [key(rng)]);
    }
    let mut command = command("SET", [key(rng), value(rng)]);
    for _ in 0..rng.u8(..4) {
        match rng.u8(..12) {
            0..3 => command.push(b"NX".into()),
            3 => command.push(b"xx".into()),
            4 => command.push(b"GET".into()),
            5 => command.push(b"KEEPTTL".into()),
            6 => command.extend([b"EX".into(), lease(rng)]),
            7 => command.extend([b"PXAT".into(), ahead(rng, scene, 1_000)]),
            8 => command.extend([b"EXAT".into(), ahead(rng, scene, 1)]),
            9 if rng.bool() => command.push(oddities::word(rng)),
            _ => command.extend([b"PX".into(), lease(rng)]),
        }
    }
    command
}

fn expiry_command(rng: &mut Rng) -> Command {
    match rng.u8(..6) {
        0 => command("PTTL", [key(rng)]),
        1 => command("TTL", [key(rng)]),
        2 => command("PERSIST", [key(rng)]),
        _ => {
            let mut command = command("PEXPIRE", [key(rng), lease(rng)]);
            for _ in 0..rng.u8(..3) {
                command.push(choose(rng, &["NX", "XX", "GT", "lt", "FOO"]).into());
            }
            command
        }
    }
}

fn key_command(rng: &mut Rng) -> Command {
    match rng.u8(..10) {
        0..4 => several("DEL", rng),
        4..6 => several("EXISTS", rng),
        6 => command("TYPE", [key(rng)]),
        7 => command("KEYS", [b"*".into()]),
        8 => command("KEYS", [oddities::pattern(rng)]),
        _ if rng.u8(..4) > 0 => command("TIME", []),
        _ => {
            let mut command = command(choose(rng, &["FLUSHDB", "FLUSHALL"]), []);
            if rng.bool() {
                command.push(choose(rng, &["sync", "ASYNC", "foo"]).into());
            }
            command
        }
    }
}

fn list_command(rng: &mut Rng) -> Command {
    match rng.u8(..4) {
        0 => command("RPUSH", [key(rng), owner(rng)]),
        1 => command("LPUSH", [key(rng), owner(rng), owner(rng)]),
        _ => command("LRANGE", [key(rng), index(rng), index(rng)]),
    }
}

fn script_command(rng: &mut Rng) -> Command {
    let Script { sha, text } = choose(rng, &SCRIPTS);
    match rng.u8(..12) {
        0 if rng.u8(..4) > 0 => command("SCRIPT", [b"EXISTS".into(), sha.into()]),
        0 => command("SCRIPT", [b"FLUSH".into()]),
        1 if rng.bool() => command(
            "SCRIPT",
            [
                b"FLUSH".into(),
                choose(rng, &["SYNC", "async", "foo"]).into(),
            ],
        ),
        2..5 => command(
            "SCRIPT",
            [b"EXISTS".into(), sha.into(), oddities::word(rng)],
        ),
        5 => command("SCRIPT", [oddities::word(rng)]),
        6 => command("EVALSHA", [oddities::word(rng), b"0".into()]),
        _ => command("SCRIPT", [b"LOAD".into(), text.into()]),
    }
}

fn connection_command(rng: &mut Rng) -> Command {
    match rng.u8(..17) {
        0..3 => command("SELECT", [choose(rng, &DATABASES).into()]),
        3 => command(
            "SELECT",
            [choose(rng, &["16", "-1", "x", "99999999999"]).into()],
        ),
        4 => command("HELLO", [b"2".into()]),
        5 => command("HELLO", [b"3".into()]),
        6 => command("HELLO", []),
        7 => command("HELLO", [oddities::number(rng)]),
        8 => command(
            "CLIENT",
            [b"SETNAME".into(), choose(rng, &["me", "", "a b"]).into()],
        ),
        9 => command("CLIENT", [b"GETNAME".into()]),
        10 => command("PING", []),
        11 => command("PING", [oddities::word(rng)]),
        12 => command("ECHO", [oddities::word(rng)]),
        13 => command(
            "INFO",
            [choose(rng, &["server", "clients", "memory", "none"]).into()],
        ),
        14 => command(
            "WAIT",
            // more would wait by a clock that stands still, and a timeout that overflows is refused by later versions only
            [
                choose(rng, &["0", "-1", "x"]).into(),
                choose(rng, &["0", "1", "60000", "-1", "", "x"]).into(),
            ],
        ),
        15 => command(choose(rng, &["FOO", "CLIENT", ""]), [oddities::word(rng)]),
        _ => vec![
            b"foo".into(),
            oddities::word(rng),
            oddities::word(rng),
            oddities::word(rng),
        ],
    }
}

/// `DBSIZE` after a touch of every key: a real server counts expired keys that nobody has touched.
fn counted() -> Vec<Command> {
    let touch = command("EXISTS", KEYS.map(Into::into));
    vec![touch, command("DBSIZE", [])]
}

/// Takes a word from the last command, adds one, or changes the case of its name.
fn spoil(rng: &mut Rng, commands: &mut [Command]) {
    let Some(command) = commands.last_mut() else {
        return;
    };
    match rng.u8(..3) {
        0 if command.len() > 1 => {
            command.pop();
        }
        1 => command.push(oddities::word(rng)),
        _ => {
            for letter in &mut command[0] {
                if rng.bool() {
                    *letter ^= if letter.is_ascii_alphabetic() {
                        0x20
                    } else {
                        0
                    };
                }
            }
        }
    }
}

pub(crate) fn command<const N: usize>(name: &str, arguments: [Vec<u8>; N]) -> Command {
    [name.into()].into_iter().chain(arguments).collect()
}

fn several(name: &str, rng: &mut Rng) -> Command {
    let mut command = command(name, [key(rng)]);
    for _ in 0..rng.u8(..3) {
        command.push(key(rng));
    }
    command
}

pub(crate) fn key(rng: &mut Rng) -> Vec<u8> {
    choose(rng, &KEYS).into()
}

pub(crate) fn owner(rng: &mut Rng) -> Vec<u8> {
    choose(rng, &OWNERS).into()
}

/// What a key may hold that another key is for: an owner, a guard, a counter.
fn value(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..10) {
        0 => oddities::number(rng),
        1 => scripts::guard(rng),
        2 => instant(rng),
        _ => owner(rng),
    }
}

/// Milliseconds, short and long, and sometimes no number at all.
pub(crate) fn lease(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..10) {
        0 => oddities::number(rng),
        1..4 => rng.u32(1..10).to_string().into(),
        _ => rng.u32(1..60_000).to_string().into(),
    }
}

/// A time since 1970 around that of the run, in µs.
fn instant(rng: &mut Rng) -> Vec<u8> {
    (1_700_000_000_000_000 + rng.u64(..600_000_000))
        .to_string()
        .into()
}

/// A time since 1970 in the ten minutes to come, `unit` of them in a second. A key that is over when it is set is gone
/// at once in Valkey, and in Redis only while the clock doesn't step back.
fn ahead(rng: &mut Rng, scene: &Scene, unit: u64) -> Vec<u8> {
    let second = scene.now.as_micros() / 1_000_000 + rng.u64(1..600);
    (second * unit + rng.u64(..unit)).to_string().into()
}

fn index(rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..10) == 0 {
        oddities::number(rng)
    } else {
        rng.i32(-4..5).to_string().into()
    }
}

pub(crate) fn choose<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}
