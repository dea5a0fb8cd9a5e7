//! The twin of `release.lua`, line by line.

use super::run::Run;
use crate::answer::{Answer, Outcome};

pub(super) fn release(run: &mut Run<'_, '_>) -> Outcome {
    let lock = run.key(1);
    let Some(holder) = run.get("KEYS[1]", lock)? else {
        return Ok(Answer::ZERO);
    };
    if run.argument(1) != Some(&holder) {
        return Ok(Answer::Integer(-1));
    }
    run.redis("DEL", "KEYS[1]", &[lock])?;
    Ok(Answer::Integer(1))
}
