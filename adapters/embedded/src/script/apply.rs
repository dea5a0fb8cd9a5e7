//! The twin of `apply.lua`, line by line.

use super::lock::PX;
use super::lua_number;
use super::run::Run;
use crate::answer::{Answer, Outcome};

pub(super) fn apply(run: &mut Run<'_, '_>) -> Outcome {
    let token = run.argument(1).and_then(|token| lua_number::parse(token));
    let highest = match run.get("KEYS[2]", run.key(2))? {
        Some(text) => lua_number::parse(&text),
        None => Some(0.0),
    };
    let (token, highest) = run.comparable(token, highest, "token < highest")?;
    if token < highest {
        return Ok(verdict(0, highest));
    }
    let (value, text) = (run.key(1), run.argument(2));
    run.redis("SET", "KEYS[2]", &[run.key(2), run.argument(1)])?;
    if let Some(expiry) = run.argument(3) {
        let expiring = [value, text, Some(&PX), Some(expiry)];
        run.redis("SET", "KEYS[1], ARGV[2], 'PX'", &expiring)?;
    } else {
        run.redis("SET", "KEYS[1], ARGV[2])", &[value, text])?;
    }
    Ok(verdict(1, token))
}

/// `{code, token}`.
fn verdict(code: i64, token: f64) -> Answer {
    Answer::Array(vec![code.into(), lua_number::truncated(token).into()])
}
