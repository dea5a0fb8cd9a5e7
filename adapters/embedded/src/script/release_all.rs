//! The twin of `release_all.lua`, line by line.

use super::release::publish;
use super::run::Run;
use crate::answer::{Answer, Outcome};

pub(super) fn release_all(run: &mut Run<'_, '_>) -> Outcome {
    let (mut mine, mut free, mut foreign) = (Vec::new(), false, false);
    for (place, lock) in run.keys().iter().enumerate() {
        match run.get("KEYS[i]", Some(lock))? {
            None => free = true,
            Some(holder) if run.argument(1) != Some(&holder) => foreign = true,
            Some(_) => mine.push((place, lock)),
        }
    }
    let sharded = run.keys().len() + 2;
    for (place, lock) in mine {
        run.redis("DEL", "KEYS[i]", &[Some(lock)])?;
        publish(run, place + 2, sharded)?;
    }
    Ok(Answer::Integer(match (foreign, free) {
        (true, _) => -1,
        (false, true) => 0,
        (false, false) => 1,
    }))
}
