//! The twin of `acquire_fair.lua`, line by line.

use bytes::Bytes;

use super::acquire::{is_late, is_unguarded, propose};
use super::lock::{PX, left, lengthen, verdict};
use super::run::Run;
use super::{lua_number, queue};
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

/// As many places as a queue has.
const MOST: usize = 256;

/// What a queue says to one who asks.
struct Standing {
    /// Who else has a place that has not ended.
    places: Vec<Vec<u8>>,
    /// When the last of them ends.
    last: f64,
    /// The turn that comes first, and when its place ends.
    first: Option<(Vec<u8>, f64)>,
}

pub(super) fn acquire_fair(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    if is_unguarded(run)? {
        return Ok(verdict(-1, Answer::ZERO, us));
    }
    if is_late(run, us)? {
        return Ok(verdict(-3, Answer::ZERO, us));
    }
    let (lock, owner) = (run.key(1), run.argument(1));
    let holder = run.get("KEYS[1]", lock)?;
    let left = holder.is_some().then(|| left(run)).transpose()?;
    if let (Some(holder), Some(left)) = (&holder, &left)
        && owner == Some(holder)
    {
        lengthen(run, left)?;
        return Ok(verdict(1, Answer::ZERO, us));
    }
    let guarded = run.argument(4).is_some_and(|guard| !guard.is_empty());
    let key = run.key(if guarded { 3 } else { 2 });
    let turn = run.argument(8).map(AsRef::as_ref).unwrap_or_default();
    let text = run.get("queue", key)?.unwrap_or_default();
    let standing = Standing::of(&text, turn, us);
    let first = standing.first.as_ref();
    let is_next = first.is_none_or(|(first, _)| !turn.is_empty() && turn < first.as_slice());
    if holder.is_none() && is_next {
        if let Some(proposal) = run.argument(5).filter(|token| !token.is_empty())
            && let Some((code, counter)) = propose(run, proposal, us)?
        {
            return Ok(verdict(code, counter, us));
        }
        let lease = run.argument(2);
        run.redis("SET", "KEYS[1]", &[lock, owner, Some(&PX), lease])?;
        return Ok(verdict(1, Answer::ZERO, us));
    }
    let ends = first.map_or(us, |(_, ends)| *ends);
    if !turn.is_empty() && standing.places.len() < MOST {
        enter(run, key, standing, us)?;
    }
    let behind = lua_number::truncated(((ends - us) / 1_000.0).ceil());
    Ok(left.map_or_else(
        || verdict(-6, behind.into(), us),
        |left| verdict(0, left, us),
    ))
}

/// Takes a place in the queue, or renews it.
fn enter(
    run: &mut Run<'_, '_>,
    key: Option<&Bytes>,
    standing: Standing,
    us: f64,
) -> Result<(), Failure> {
    let till = us + run.number(9, "tonumber(ARGV[9])")? * 1_000.0;
    let turn = run.argument(8).map(AsRef::as_ref).unwrap_or_default();
    let mut places = standing.places;
    places.push(queue::write(turn, till));
    let keep = ((lua_number::max(standing.last, till) - us) / 1_000.0).ceil();
    let (places, keep) = (places.concat().into(), lua_number::format(keep).into());
    // a protected call
    let _ = run.redis(
        "SET",
        "queue",
        &[key, Some(&places), Some(&PX), Some(&keep)],
    );
    Ok(())
}

impl Standing {
    fn of(text: &[u8], turn: &[u8], us: f64) -> Self {
        let mut standing = Self {
            places: Vec::new(),
            last: us,
            first: None,
        };
        for place in queue::places(text) {
            if place.turn == turn || place.till <= us || place.till.is_nan() {
                continue;
            }
            standing.places.push(place.text.to_vec());
            standing.last = lua_number::max(standing.last, place.till);
            let first = standing.first.as_ref();
            if first.is_none_or(|(first, _)| place.turn < first.as_slice()) {
                standing.first = Some((place.turn.to_vec(), place.till));
            }
        }
        standing
    }
}
