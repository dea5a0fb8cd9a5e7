//! The twin of `release_fair.lua`, line by line.

use bytes::Bytes;

use super::queue;
use super::release::{FREE, tell};
use super::run::Run;
use crate::answer::{Answer, Outcome};

static KEEPTTL: Bytes = Bytes::from_static(b"KEEPTTL");

pub(super) fn release_fair(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    let (lock, key) = (run.key(1), run.key(2));
    let holder = run.get("KEYS[1]", lock)?;
    let released = match &holder {
        None => 0,
        Some(holder) if run.argument(1) == Some(holder) => 1,
        Some(_) => -1,
    };
    let text = run.get("KEYS[2]", key)?.unwrap_or_default();
    let turn = run.argument(2).map(AsRef::as_ref);
    let (mut places, mut first, mut left) = (Vec::new(), None, false);
    for place in queue::places(&text) {
        if Some(place.turn) == turn {
            left = true;
            continue;
        }
        places.push(place.text);
        if place.till > us && first.is_none_or(|first| place.turn < first) {
            first = Some(place.turn);
        }
    }
    if released == 1 {
        run.redis("DEL", "KEYS[1]", &[lock])?;
    }
    if left && places.is_empty() {
        run.redis("DEL", "KEYS[2]", &[key])?;
    } else if left {
        let places = places.concat().into();
        // a protected call
        let _ = run.redis("SET", "KEYS[2]", &[key, Some(&places), Some(&KEEPTTL)]);
    }
    let is_next = first.is_some() && turn < first;
    if released == 1 || (left && holder.is_none() && is_next) {
        let message = first.map_or(FREE.clone(), Bytes::copy_from_slice);
        // a protected call
        let _ = tell(run, 3, 4, &message);
    }
    Ok(Answer::Integer(released))
}
