//! The twin of `extend_all.lua`, line by line.

use super::lock::verdict;
use super::lua_number;
use super::run::Run;
use super::survey::Survey;
use crate::answer::{Answer, Outcome};

pub(super) fn extend_all(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    let survey = Survey::of(run, run.key_count())?;
    if let Some(longest) = survey.foreign {
        return Ok(verdict(-1, lua_number::truncated(longest).into(), us));
    }
    if !survey.free.is_empty() {
        return Ok(verdict(0, Answer::ZERO, us));
    }
    survey.lengthen(run)?;
    Ok(verdict(1, Answer::ZERO, us))
}
