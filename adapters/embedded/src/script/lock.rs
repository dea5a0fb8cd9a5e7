//! The twins of the three scripts of a lock: `acquire.lua`, `extend.lua`, `release.lua`.
//!
//! They follow the Lua line by line, on purpose: what they do in the odd cases, and in
//! which order, is part of what the texts do.

use bytes::Bytes;

use super::lua_number;
use super::run::Run;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

static NX: Bytes = Bytes::from_static(b"NX");
static PX: Bytes = Bytes::from_static(b"PX");

pub(super) fn acquire(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    let (lock, owner, lease) = (run.lock(), run.owner(), run.lease());
    if run.redis("SET", &[lock, owner, Some(&NX), Some(&PX), lease])? != Answer::Null {
        return Ok(three(Answer::Integer(1), Answer::Integer(0), us));
    }
    let holder = run.redis("GET", &[lock])?;
    let left = run.redis("PTTL", &[lock])?;
    if !is(&holder, owner) {
        return Ok(three(Answer::Integer(0), left, us));
    }
    lengthen(run, &left)?;
    Ok(three(Answer::Integer(1), Answer::Integer(0), us))
}

pub(super) fn extend(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    let (lock, owner) = (run.lock(), run.owner());
    let holder = run.redis("GET", &[lock])?;
    if holder == Answer::Null {
        return Ok(three(Answer::Integer(0), Answer::Integer(0), us));
    }
    let left = run.redis("PTTL", &[lock])?;
    if !is(&holder, owner) {
        return Ok(three(Answer::Integer(-1), left, us));
    }
    lengthen(run, &left)?;
    Ok(three(Answer::Integer(1), Answer::Integer(0), us))
}

/// Renews the lease where less than that is left of it.
fn lengthen(run: &mut Run<'_, '_>, left: &Answer) -> Result<(), Failure> {
    let (lock, lease) = (run.lock(), run.lease());
    let wanted = lease.and_then(|lease| lua_number::parse(lease));
    let (Answer::Integer(left), Some(wanted)) = (left, wanted) else {
        return Err(run.lua_error("attempt to compare number with nil", "tonumber("));
    };
    if lua_number::of(*left) < wanted {
        run.redis("PEXPIRE", &[lock, lease])?;
    }
    Ok(())
}

pub(super) fn release(run: &mut Run<'_, '_>) -> Outcome {
    let (lock, owner) = (run.lock(), run.owner());
    let holder = run.redis("GET", &[lock])?;
    if holder == Answer::Null {
        return Ok(Answer::Integer(0));
    }
    if !is(&holder, owner) {
        return Ok(Answer::Integer(-1));
    }
    run.redis("DEL", &[lock])?;
    Ok(Answer::Integer(1))
}

/// Lua's `==` between a reply and an argument that may be `nil`: a missing key is
/// `false` to a script, which is not `nil`.
fn is(holder: &Answer, owner: Option<&Bytes>) -> bool {
    matches!((holder, owner), (Answer::Bulk(holder), Some(owner)) if holder == owner)
}

fn three(code: Answer, value: Answer, us: Answer) -> Answer {
    Answer::Array(vec![code, value, us])
}
