//! The twin of `release.lua`, line by line.

use bytes::Bytes;

use super::run::Run;
use crate::answer::{Answer, Outcome};

static FREE: Bytes = Bytes::from_static(b"free");

pub(super) fn release(run: &mut Run<'_, '_>) -> Outcome {
    let lock = run.key(1);
    let Some(holder) = run.get("KEYS[1]", lock)? else {
        return Ok(Answer::ZERO);
    };
    if run.argument(1) != Some(&holder) {
        return Ok(Answer::Integer(-1));
    }
    run.redis("DEL", "KEYS[1]", &[lock])?;
    if let Some(channel) = run.argument(2) {
        run.redis("PUBLISH", "ARGV[2]", &[Some(channel), Some(&FREE)])?;
    }
    Ok(Answer::Integer(1))
}
