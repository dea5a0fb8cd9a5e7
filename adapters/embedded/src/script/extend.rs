//! The twin of `extend.lua`, line by line.

use super::lock::{left, lengthen, verdict};
use super::run::Run;
use crate::answer::{Answer, Outcome};

pub(super) fn extend(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    let Some(holder) = run.get("KEYS[1]", run.key(1))? else {
        return Ok(verdict(0, Answer::ZERO, us));
    };
    let left = left(run)?;
    if run.argument(1) != Some(&holder) {
        return Ok(verdict(-1, left, us));
    }
    lengthen(run, &left)?;
    Ok(verdict(1, Answer::ZERO, us))
}
