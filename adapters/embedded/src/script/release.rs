//! The twin of `release.lua`, line by line.

use bytes::Bytes;

use super::run::Run;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

pub(super) static FREE: Bytes = Bytes::from_static(b"free");

pub(super) fn release(run: &mut Run<'_, '_>) -> Outcome {
    let lock = run.key(1);
    let Some(holder) = run.get("KEYS[1]", lock)? else {
        return Ok(Answer::ZERO);
    };
    if run.argument(1) != Some(&holder) {
        return Ok(Answer::Integer(-1));
    }
    run.redis("DEL", "KEYS[1]", &[lock])?;
    publish(run, 2, 3)?;
    Ok(Answer::Integer(1))
}

/// Tells the channel `ARGV[channel]`, where there is one, that the lock is free: one of the
/// hash slot, where there is an `ARGV[sharded]`.
pub(super) fn publish(
    run: &mut Run<'_, '_>,
    channel: usize,
    sharded: usize,
) -> Result<(), Failure> {
    if run.argument(channel).is_some() {
        tell(run, channel, sharded, &FREE)?;
    }
    Ok(())
}

/// Publishes a message to `ARGV[channel]`.
pub(super) fn tell(
    run: &mut Run<'_, '_>,
    channel: usize,
    sharded: usize,
    message: &Bytes,
) -> Outcome {
    let verb = if run.argument(sharded).is_some() {
        "SPUBLISH"
    } else {
        "PUBLISH"
    };
    run.redis(verb, "ARGV[", &[run.argument(channel), Some(message)])
}
