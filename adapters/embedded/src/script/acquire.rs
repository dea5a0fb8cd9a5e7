//! The twin of `acquire.lua`, line by line.

use bytes::Bytes;

use super::lock::{PX, left, lengthen, verdict};
use super::lua_number;
use super::run::Run;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

pub(super) fn acquire(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    if is_unguarded(run)? {
        return Ok(verdict(-1, Answer::ZERO, us));
    }
    if is_late(run, us)? {
        return Ok(verdict(-3, Answer::ZERO, us));
    }
    let (lock, owner) = (run.key(1), run.argument(1));
    if let Some(holder) = run.get("KEYS[1]", lock)? {
        let left = left(run)?;
        if owner != Some(&holder) {
            return Ok(verdict(0, left, us));
        }
        lengthen(run, &left)?;
        return Ok(verdict(1, Answer::ZERO, us));
    }
    if let Some(proposal) = run.argument(5)
        && let Some((code, counter)) = propose(run, proposal, us)?
    {
        return Ok(verdict(code, counter, us));
    }
    let lease = run.argument(2);
    run.redis("SET", "KEYS[1]", &[lock, owner, Some(&PX), lease])?;
    Ok(verdict(1, Answer::ZERO, us))
}

/// Whether a guard is asked for that the node does not have.
pub(super) fn is_unguarded(run: &mut Run<'_, '_>) -> Result<bool, Failure> {
    let guard = run.argument(4).filter(|guard| !guard.is_empty());
    Ok(guard.is_some() && run.get("KEYS[2]", run.key(2))?.as_ref() != guard)
}

/// Whether the deadline, where there is one, has passed.
pub(super) fn is_late(run: &Run<'_, '_>, us: f64) -> Result<bool, Failure> {
    let Some(deadline) = run.argument(3).filter(|text| text.as_ref() != b"0") else {
        return Ok(false);
    };
    let deadline = lua_number::parse(deadline);
    let (deadline, us) = run.comparable(deadline, Some(us), "us > tonumber(")?;
    Ok(deadline < us)
}

/// Stores the proposed token as the counter, or answers why not: a code and the counter.
pub(super) fn propose(
    run: &mut Run<'_, '_>,
    proposal: &Bytes,
    us: f64,
) -> Result<Option<(i64, Answer)>, Failure> {
    let token = lua_number::parse(proposal);
    let counter = match run.get("KEYS[#KEYS]", run.last_key())? {
        Some(text) => lua_number::parse(&text),
        None => Some(0.0),
    };
    let keep = match admit(run, token, counter, us)? {
        Ok(keep) => keep,
        Err(refusal) => return Ok(Some(refusal)),
    };
    let counter = [run.last_key(), Some(proposal), Some(&PX), Some(&keep)];
    run.redis("SET", "KEYS[#KEYS]", &counter)?;
    Ok(None)
}

/// For how many ms a counter with the proposed token is kept; or why it is not to be stored:
/// a code and the counter that stands in its way.
pub(super) fn admit(
    run: &Run<'_, '_>,
    token: Option<f64>,
    counter: Option<f64>,
    us: f64,
) -> Result<Result<Bytes, (i64, Answer)>, Failure> {
    let (token, counter) = run.comparable(token, counter, "token <= counter")?;
    if token <= counter {
        return Ok(Err((-4, lua_number::truncated(counter).into())));
    }
    let lead = run.number(6, "tonumber(ARGV[6])")?;
    if token > lua_number::max(us, counter) + lead {
        return Ok(Err((-5, lua_number::truncated(counter).into())));
    }
    let retention = run.number(7, "tonumber(ARGV[7])")?;
    let keep = retention + lua_number::max(0.0, ((token - us) / 1_000.0).ceil());
    Ok(Ok(lua_number::format(keep).into()))
}
