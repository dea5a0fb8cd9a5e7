//! The twin of `acquire_all.lua`, line by line.

use bytes::Bytes;

use super::acquire::{admit, is_late};
use super::lock::{PX, verdict};
use super::lua_number;
use super::run::Run;
use super::survey::Survey;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

/// How the number of locks stands where it ends the loop over them.
const LIMIT: &str = "for i = 1, tonumber(ARGV[8])";

pub(super) fn acquire_all(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    if is_unguarded(run)? {
        return Ok(verdict(-1, Answer::ZERO, us));
    }
    if is_late(run, us)? {
        return Ok(verdict(-3, Answer::ZERO, us));
    }
    let count = run.argument(8).and_then(|text| lua_number::parse(text));
    let count = count.ok_or_else(|| run.lua_error("'for' limit must be a number", LIMIT))?;
    let survey = Survey::of(run, count)?;
    if let Some(longest) = survey.foreign {
        return Ok(verdict(0, lua_number::truncated(longest).into(), us));
    }
    if let Some(proposal) = run.argument(5).filter(|text| !text.is_empty())
        && !survey.free.is_empty()
        && let Some((code, counter)) = propose(run, proposal, count, &survey.free, us)?
    {
        return Ok(verdict(code, counter, us));
    }
    survey.lengthen(run)?;
    for number in survey.free {
        let (lock, owner, lease) = (run.key(number), run.argument(1), run.argument(2));
        run.redis("SET", "KEYS[i]", &[lock, owner, Some(&PX), lease])?;
    }
    Ok(verdict(1, Answer::ZERO, us))
}

/// Whether a guard is asked for that the node does not have.
fn is_unguarded(run: &mut Run<'_, '_>) -> Result<bool, Failure> {
    let Some(guard) = run.argument(4).filter(|guard| !guard.is_empty()) else {
        return Ok(false);
    };
    let source = "KEYS[tonumber(ARGV[8]) + 1]";
    let place = run.number(8, source)? + 1.0;
    Ok(run.get(source, run.key_at(place))?.as_ref() != Some(guard))
}

/// Stores the proposed token as the counter of each of these locks, or answers why not: a
/// code and the highest counter.
fn propose(
    run: &mut Run<'_, '_>,
    proposal: &Bytes,
    count: f64,
    locks: &[usize],
    us: f64,
) -> Result<Option<(i64, Answer)>, Failure> {
    let token = lua_number::parse(proposal);
    let before = run.key_count() - count;
    let place = |number: &usize| before + lua_number::of_index(*number);
    let counters: Vec<_> = locks.iter().map(|it| run.key_at(place(it))).collect();
    let mut counter = 0.0;
    for key in &counters {
        let known = match run.get("KEYS[before + i]", *key)? {
            Some(text) => lua_number::parse(&text),
            None => Some(0.0),
        };
        let (highest, known) = run.comparable(Some(counter), known, "known > counter")?;
        if highest < known {
            counter = known;
        }
    }
    let keep = match admit(run, token, Some(counter), us)? {
        Ok(keep) => keep,
        Err(refusal) => return Ok(Some(refusal)),
    };
    for key in counters {
        let counter = [key, Some(proposal), Some(&PX), Some(&keep)];
        run.redis("SET", "KEYS[before + i]", &counter)?;
    }
    Ok(None)
}
