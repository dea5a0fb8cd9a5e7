//! Calls of the scripts: with what clients send, on the edges of every rule, and with what nobody should send.

use fastrand::Rng;
use quorlock_core::script::{
    ACQUIRE, ACQUIRE_ALL, ACQUIRE_FAIR, APPLY, ARM, EXTEND, EXTEND_ALL, HANDOVER, RELEASE,
    RELEASE_ALL, RELEASE_FAIR, Script,
};

use crate::commands::{choose, command, key, lease, owner};
use crate::oddities;
use crate::pair::Command;
use crate::queues;
use crate::scene::Scene;
use crate::several;

/// Every script that there is.
pub(crate) const SCRIPTS: [Script; 11] = [
    ACQUIRE,
    ACQUIRE_ALL,
    ACQUIRE_FAIR,
    APPLY,
    ARM,
    EXTEND,
    EXTEND_ALL,
    HANDOVER,
    RELEASE,
    RELEASE_ALL,
    RELEASE_FAIR,
];

/// Run ids of a server's lives. Those who arm use the first as a rule.
const LIVES: [&str; 2] = ["f00d", "beef"];
/// Longest leases in ms, short enough for a quarantine to end within a run.
const LONGEST: [&str; 2] = ["40", "5"];
/// How far ahead of a server's time tokens may be, in µs.
const LEADS: [i64; 4] = [0, 1, 1_000, 250_000];

/// One script with its keys and arguments, now and then with too few or too many.
pub(crate) fn random(rng: &mut Rng, scene: &Scene) -> Command {
    let script = choose(rng, &SCRIPTS);
    let mut call = match rng.u8(..12) {
        0 => command("EVAL", [script.text.into()]),
        1 => command("EVALSHA", [script.sha.to_ascii_uppercase().into()]),
        _ => command("EVALSHA", [script.sha.into()]),
    };
    let (keys, arguments) = if script == ACQUIRE {
        acquire(rng, scene)
    } else if script == ACQUIRE_ALL {
        several::acquire_all(rng, scene)
    } else if script == EXTEND_ALL {
        several::extend_all(rng)
    } else if script == RELEASE_ALL {
        several::release_all(rng)
    } else if script == HANDOVER {
        hand_over(rng, scene)
    } else if script == ACQUIRE_FAIR {
        let taken = hand_over(rng, scene);
        queues::acquire(rng, taken)
    } else if script == RELEASE_FAIR {
        queues::release(rng)
    } else if script == APPLY {
        apply(rng, scene)
    } else if script == ARM {
        (vec![guard_key(rng)], arm(rng))
    } else {
        (vec![key(rng)], vec![owner(rng), lease(rng)])
    };
    call.push(match rng.u8(..60) {
        0 => oddities::number(rng),
        1 => b"0".into(),
        2 => b"2".into(),
        _ => keys.len().to_string().into(),
    });
    call.extend(keys);
    call.extend(arguments);
    if rng.u8(..40) == 0 {
        call.truncate(call.len() - rng.usize(1..4));
    }
    call
}

/// Keys and arguments of an acquisition: plain, or with any of its optional parts.
pub(crate) fn acquire(rng: &mut Rng, scene: &Scene) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut keys = vec![key(rng)];
    let mut arguments = vec![owner(rng), lease(rng)];
    let (guarded, fenced) = (rng.bool(), rng.bool());
    if guarded || fenced || rng.bool() {
        arguments.push(deadline(rng, scene));
    }
    if guarded {
        keys.push(guard_key(rng));
        arguments.push(match rng.u8(..12) {
            0 => Vec::new(),
            1..4 => guard(rng),
            _ => ["A:", LIVES[0], ":", LONGEST[0]].concat().into(),
        });
    } else if fenced {
        arguments.push(Vec::new());
    }
    if fenced {
        keys.push(usually(rng, "fence"));
        arguments.extend([token(rng, scene), lead(rng), lease(rng)]);
    }
    (keys, arguments)
}

/// Keys and arguments of a hand-over: those of an acquisition, filled up, and who gives the lock back.
fn hand_over(rng: &mut Rng, scene: &Scene) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (keys, mut arguments) = acquire(rng, scene);
    let unused = ["", "", "0", "", "", "0", "0"].map(Vec::from);
    arguments.extend(unused.into_iter().skip(arguments.len()));
    arguments.extend([owner(rng), b"channel".into()]);
    if rng.bool() {
        arguments.push(b"sharded".into());
    }
    (keys, arguments)
}

/// Two tenures of a lock, one after the other, the second with a token around that of the first.
pub(crate) fn tenures(rng: &mut Rng, scene: &Scene) -> Vec<Command> {
    let (lock, lead) = (key(rng), choose(rng, &LEADS));
    let acquire = |token: i64| {
        let keys = [b"2".into(), lock.clone(), b"fence".into()];
        let arguments = ["owner", "1000", "0", ""].map(Into::into);
        let fence = [spell(token), spell(lead), b"1000".into()];
        let mut acquire = command("EVAL", [ACQUIRE.text.into()]);
        acquire.extend(keys.into_iter().chain(arguments).chain(fence));
        acquire
    };
    let free = command("DEL", [lock.clone()]);
    let first = scene.micros() + lead;
    let second = first + rng.i64(-1..=1);
    vec![free.clone(), acquire(first), free, acquire(second)]
}

/// Keys and arguments of a fenced write.
fn apply(rng: &mut Rng, scene: &Scene) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut arguments = vec![token(rng, scene), owner(rng)];
    if rng.bool() {
        arguments.push(lease(rng));
    }
    (vec![key(rng), usually(rng, "fence")], arguments)
}

/// Two fenced writes, one after the other, the second with a token around that of the first.
pub(crate) fn fenced_writes(rng: &mut Rng, scene: &Scene) -> Vec<Command> {
    let value = key(rng);
    let write = |token: i64| {
        let keys = [b"2".into(), value.clone(), b"fence".into()];
        let mut write = command("EVAL", [APPLY.text.into()]);
        write.extend(keys.into_iter().chain([spell(token), spell(token)]));
        write
    };
    let first = scene.micros();
    vec![write(first), write(first + rng.i64(-1..=1))]
}

/// A guard that is almost one, and somebody who arms it.
pub(crate) fn odd_arming(rng: &mut Rng) -> Vec<Command> {
    let odd = command("SET", [b"guard".into(), oddities::guard(rng)]);
    let mut call = command("EVAL", [ARM.text.into(), b"1".into(), b"guard".into()]);
    call.extend(arm(rng));
    vec![odd, call]
}

fn arm(rng: &mut Rng) -> Vec<Vec<u8>> {
    let mut arguments = vec![life(rng), longest(rng)];
    if rng.u8(..4) > 0 {
        arguments.push(choose(rng, &["1", "1", "0", ""]).into());
    }
    arguments
}

/// What a guard may hold: mostly what the script writes, sometimes what it must not take for that.
pub(crate) fn guard(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..8) {
        0 => oddities::guard(rng),
        1 => owner(rng),
        _ => [b"A:", life(rng).as_slice(), b":", &longest(rng)].concat(),
    }
}

fn life(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..20) {
        0 => owner(rng),
        1 => oddities::word(rng),
        2..5 => LIVES[1].into(),
        _ => LIVES[0].into(),
    }
}

fn longest(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..20) {
        0 => oddities::number(rng),
        1 => owner(rng),
        2..4 => LONGEST[1].into(),
        _ => LONGEST[0].into(),
    }
}

fn guard_key(rng: &mut Rng) -> Vec<u8> {
    usually(rng, "guard")
}

pub(crate) fn usually(rng: &mut Rng, name: &str) -> Vec<u8> {
    if rng.u8(..8) == 0 {
        key(rng)
    } else {
        name.into()
    }
}

/// The server's time after which to refuse: none, around now, or nonsense.
fn deadline(rng: &mut Rng, scene: &Scene) -> Vec<u8> {
    match rng.u8(..8) {
        0 => oddities::number(rng),
        1 => owner(rng),
        2..5 => spell(scene.micros() + rng.i64(-1..=1)),
        _ => b"0".into(),
    }
}

/// A proposal: around a counter, around as far ahead as one may be, or nonsense.
fn token(rng: &mut Rng, scene: &Scene) -> Vec<u8> {
    let base = match rng.u8(..16) {
        0 => return oddities::number(rng),
        1 => return owner(rng),
        2..9 => scene.counter(rng),
        9..11 => scene.counter(rng) + choose(rng, &LEADS),
        _ => scene.micros() + choose(rng, &LEADS),
    };
    spell(base + rng.i64(-1..=1))
}

fn lead(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..20) {
        0 => oddities::number(rng),
        _ => spell(choose(rng, &LEADS)),
    }
}

pub(crate) fn spell(number: i64) -> Vec<u8> {
    number.to_string().into()
}
