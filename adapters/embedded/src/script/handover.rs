//! The twin of `handover.lua`, line by line.

use super::acquire::{is_late, is_unguarded, propose};
use super::lock::{PX, left, verdict};
use super::release::publish;
use super::run::Run;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

pub(super) fn hand_over(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    let lock = run.key(1);
    let holder = run.get("KEYS[1]", lock)?;
    let released = match &holder {
        None => 0,
        Some(holder) if run.argument(8) == Some(holder) => 1,
        Some(_) => -1,
    };
    let Some((code, value)) = refusal(run, us, released)? else {
        let (owner, lease) = (run.argument(1), run.argument(2));
        run.redis("SET", "KEYS[1]", &[lock, owner, Some(&PX), lease])?;
        return Ok(verdict_of_both(1, Answer::ZERO, us, released));
    };
    if released == 1 {
        run.redis("DEL", "KEYS[1]", &[lock])?;
        publish(run, 9, 10)?;
    }
    Ok(verdict_of_both(code, value, us, released))
}

fn refusal(
    run: &mut Run<'_, '_>,
    us: f64,
    released: i64,
) -> Result<Option<(i64, Answer)>, Failure> {
    if is_unguarded(run)? {
        return Ok(Some((-1, Answer::ZERO)));
    }
    if is_late(run, us)? {
        return Ok(Some((-3, Answer::ZERO)));
    }
    if released == -1 {
        return Ok(Some((0, left(run)?)));
    }
    match run.argument(5).filter(|token| !token.is_empty()) {
        Some(proposal) => propose(run, proposal, us),
        None => Ok(None),
    }
}

/// `{code, value, us, released}`.
fn verdict_of_both(code: i64, value: Answer, us: f64, released: i64) -> Answer {
    let mut answer = verdict(code, value, us);
    if let Answer::Array(items) = &mut answer {
        items.push(released.into());
    }
    answer
}
