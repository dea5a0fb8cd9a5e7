//! The scripts of fairness: random calls among all others, and a crowd at one lock whose messages are heard.

use std::collections::BTreeSet;

use fastrand::Rng;
use quorlock_core::script::{ACQUIRE_FAIR, RELEASE_FAIR, Script};
use quorlock_embedded::ServerTime;
use quorlock_resp::Value;

use crate::commands::{choose, command, key, owner};
use crate::edges::edge;
use crate::oddities;
use crate::pair::{Command, Pair, Twins};
use crate::scene::Scene;

/// The places of a queue, as long as they are written.
const PLACE: usize = 83;
const CHANNEL: &[u8] = b"lock:quorlock-free:{lock}";
/// Those who come to a lock, by the time of their coming.
const WAITERS: u64 = 4;

/// A turn as a client writes it; the first is the earliest.
fn turn(number: u64) -> Vec<u8> {
    format!(
        "{:016}-{:032x}-{:016x}",
        1_700_000_000_000_000 + number,
        7,
        number
    )
    .into()
}

fn some_turn(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..20) {
        0 => oddities::word(rng),
        1..4 => Vec::new(),
        _ => turn(rng.u64(..WAITERS)),
    }
}

/// How long a place lasts, in ms.
fn place(rng: &mut Rng) -> Vec<u8> {
    match rng.u8(..20) {
        0 => oddities::number(rng),
        _ => rng.u32(1..40).to_string().into(),
    }
}

/// Makes a fair acquisition of what a hand-over takes, but for the two that it has at its end.
pub(crate) fn acquire(
    rng: &mut Rng,
    (mut keys, mut arguments): (Vec<Vec<u8>>, Vec<Vec<u8>>),
) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let guarded = arguments.get(3).is_some_and(|guard| !guard.is_empty());
    keys.insert(1 + usize::from(guarded), queue(rng));
    arguments.truncate(7);
    arguments.extend([some_turn(rng), place(rng)]);
    (keys, arguments)
}

/// Keys and arguments of a fair release.
pub(crate) fn release(rng: &mut Rng) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut arguments = vec![owner(rng), some_turn(rng), b"channel".into()];
    if rng.u8(..4) == 0 {
        arguments.push(b"sharded".into());
    }
    (vec![key(rng), queue(rng)], arguments)
}

fn queue(rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..8) == 0 {
        key(rng)
    } else {
        b"queue".into()
    }
}

/// When the places in a key's text end, in µs since 1970, if it is a queue.
pub(crate) fn ends(text: &[u8]) -> Vec<i64> {
    let end = |place: &[u8]| {
        let digits = place.get(PLACE - 16..)?;
        String::from_utf8_lossy(digits).parse().ok()
    };
    text.chunks(PLACE).filter_map(end).collect()
}

/// Several who come, ask again, are served, release and go at one lock, while places end.
pub(crate) fn crowd(pair: &Pair, rng: &mut Rng, steps: u64) {
    let (mut client, mut listener) = (pair.connect(), pair.connect());
    let mut now = pair.now();
    listener.run(&[command("HELLO", [b"3".into()])], now);
    listener.run(&[command("SUBSCRIBE", [CHANNEL.into()])], now);
    let mut holder = name(0);
    let mut scene = Scene::new(now);
    let mut edges = BTreeSet::new();
    let (mut named, mut unnamed) = (0, 0);
    for _ in 0..steps {
        let waiter = rng.u64(..WAITERS);
        let step = if rng.bool() {
            asks(rng, waiter)
        } else {
            goes(rng, waiter, &holder)
        };
        let look = ["queue", "lock"].map(|key| command("GET", [key.into()]));
        let replies = client.run(&[core::slice::from_ref(&step), &look].concat(), now);
        edges.extend(edge(&step, &replies[0], &scene));
        if let Value::Bulk(owner) = replies[2].value() {
            holder = owner.to_vec();
        }
        for message in heard(&mut listener, now) {
            if message == b"free" {
                unnamed += 1;
            } else {
                named += 1;
                assert_eq!(message.len(), turn(0).len(), "{}", message.escape_ascii());
            }
        }
        scene.clear();
        if let Value::Bulk(queue) = replies[1].value() {
            scene.saw_text(queue);
        }
        now = later(rng, now, &scene.ends);
        pair.set_now(now);
    }
    for seen in ["acquire fair -6 at an end-1", "acquire fair 1 at an end+0"] {
        assert!(edges.contains(seen), "{seen} is not among {edges:?}");
    }
    println!("{named} messages named a turn, {unnamed} none");
    assert!(named > steps / 50 && unnamed > steps / 50);
}

/// One asks for the lock; a few have no turn.
fn asks(rng: &mut Rng, waiter: u64) -> Command {
    let turn = choose(rng, &[Some(waiter), Some(waiter), None]).map_or(Vec::new(), turn);
    let lease = rng.u32(5..60).to_string();
    let place = rng.u32(1..40).to_string();
    let mut call = eval(ACQUIRE_FAIR, ["lock", "queue"]);
    call.extend([name(waiter), lease.into()]);
    call.extend(["0", "", "", "0", "0"].map(Vec::from));
    call.extend([turn, place.into()]);
    call
}

/// One releases the lock, leaves the queue, or both.
fn goes(rng: &mut Rng, waiter: u64, holder: &[u8]) -> Command {
    let owner = if rng.bool() {
        holder.to_vec()
    } else {
        name(waiter)
    };
    let turn = choose(rng, &[Some(waiter), None]).map_or(Vec::new(), turn);
    let mut call = eval(RELEASE_FAIR, ["lock", "queue"]);
    call.extend([owner, turn, CHANNEL.into()]);
    call
}

fn name(waiter: u64) -> Vec<u8> {
    format!("owner {waiter}").into()
}

fn eval(script: Script, keys: [&str; 2]) -> Command {
    let [lock, queue] = keys.map(Vec::from);
    command("EVAL", [script.text.into(), b"2".into(), lock, queue])
}

/// A few milliseconds on, or to around the end of a place.
fn later(rng: &mut Rng, now: ServerTime, ends: &[i64]) -> ServerTime {
    if rng.u8(..3) > 0 || ends.is_empty() {
        return now.after(core::time::Duration::from_micros(rng.u64(..8_000)));
    }
    let end = choose(rng, ends) + rng.i64(-1..=1);
    ServerTime::from_micros(end.unsigned_abs()).max(now)
}

/// The messages that came to both since the last time.
fn heard(listener: &mut Twins, now: ServerTime) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    listener.send_to_both(&command("PING", []));
    loop {
        let frame = listener.next_alike(now);
        let Value::Push(items) = frame.value() else {
            return messages;
        };
        if let Some(Value::Bulk(text)) = items.last() {
            messages.push(text.to_vec());
        }
    }
}
