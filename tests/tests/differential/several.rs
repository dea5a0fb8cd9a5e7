//! Calls of the scripts for several keys: what clients send, on the edges of the rules that they have of their own, and with what nobody should send.

use fastrand::Rng;
use quorlock_core::script::ACQUIRE_ALL;

use crate::commands::{choose, command, key, lease, owner};
use crate::pair::Command;
use crate::scene::Scene;
use crate::scripts::{acquire, spell, usually};

/// Keys and arguments: those of an acquisition, filled up, with more locks and the counters of them.
pub(crate) fn acquire_all(rng: &mut Rng, scene: &Scene) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (single, mut arguments) = acquire(rng, scene);
    let fenced = arguments.len() == 7;
    let others = locks(rng);
    let count = 1 + others.len();
    let mut keys = others.clone();
    keys.extend(single);
    if fenced {
        keys.extend(others.iter().map(|_| usually(rng, "lock2")));
    }
    let unused = ["", "", "0", "", "", "0", "0"].map(Vec::from);
    arguments.extend(unused.into_iter().skip(arguments.len()));
    arguments.push(match rng.u8(..20) {
        0 => choose(rng, &["", "x", "0", "-1", "1.5", "9", "nan"]).into(),
        1 => owner(rng),
        _ => count.to_string().into(),
    });
    (keys, arguments)
}

/// Keys and arguments of an extension.
pub(crate) fn extend_all(rng: &mut Rng) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    (locks(rng), vec![owner(rng), lease(rng)])
}

/// Keys and arguments of a release, with channels as a rule.
pub(crate) fn release_all(rng: &mut Rng) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let keys = locks(rng);
    let mut arguments = vec![owner(rng)];
    if rng.u8(..4) > 0 {
        arguments.extend(keys.iter().map(|_| b"channel".to_vec()));
    }
    (keys, arguments)
}

/// Locks that one owner takes, of which some expire before it asks for all again; in between another one may come.
pub(crate) fn healed(rng: &mut Rng) -> Vec<Command> {
    let (one, other) = (key(rng), key(rng));
    let acquire = |owner: &str, locks: [&Vec<u8>; 2], lease: &str| {
        let mut acquire = command("EVAL", [ACQUIRE_ALL.text.into(), b"2".into()]);
        acquire.extend(locks.map(Clone::clone));
        let arguments = [owner, lease, "0", "", "", "0", "0", "2"];
        acquire.extend(arguments.map(Into::into));
        acquire
    };
    let free = command("DEL", [one.clone(), other.clone()]);
    let first = acquire("owner", [&one, &other], "1000");
    let lost = command("DEL", [other.clone()]);
    let mut commands = vec![free, first, lost];
    if rng.bool() {
        commands.push(command("SET", [other.clone(), owner(rng)]));
    }
    let lease = choose(rng, &["999", "1000", "1001"]);
    commands.push(acquire("owner", [&one, &other], lease));
    commands
}

/// Two tenures of two locks, one after the other, the second with a token around the higher of their counters.
pub(crate) fn tenures(rng: &mut Rng, scene: &Scene) -> Vec<Command> {
    let (one, other) = (key(rng), key(rng));
    let first = scene.micros();
    let lead = 1_000;
    let counters = [first - rng.i64(0..3), first - rng.i64(0..3)];
    let highest = counters[0].max(counters[1]);
    let token = if rng.bool() {
        highest + rng.i64(-1..=1)
    } else {
        first + lead + rng.i64(-1..=1)
    };
    let set = |name: &str, value: i64| command("SET", [name.into(), spell(value)]);
    let mut acquire = command("EVAL", [ACQUIRE_ALL.text.into(), b"4".into()]);
    acquire.extend([one.clone(), other.clone()]);
    acquire.extend(["fence", "k", "owner", "1000", "0", ""].map(Into::into));
    acquire.extend([spell(token), spell(lead), b"1000".into(), b"2".into()]);
    vec![
        command("DEL", [one, other]),
        set("fence", counters[0]),
        set("k", counters[1]),
        acquire,
    ]
}

/// One to three locks; now and then one of them twice.
fn locks(rng: &mut Rng) -> Vec<Vec<u8>> {
    (0..rng.usize(1..=3)).map(|_| key(rng)).collect()
}
