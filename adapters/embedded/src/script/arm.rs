//! The twin of `arm.lua`, line by line.

use bytes::Bytes;

use super::lock::verdict;
use super::run::Run;
use super::{lua_number, lua_text};
use crate::answer::{Answer, Outcome};

pub(super) fn arm(run: &mut Run<'_, '_>) -> Outcome {
    let us = run.micros();
    let key = run.key(1);
    let guard = run.get("KEYS[1]", key)?;
    let (Some(life), Some(longest)) = (run.argument(1), run.argument(2)) else {
        let text = "attempt to concatenate field '?' (a nil value)";
        return Err(run.lua_error(text, "local active"));
    };
    let active: Bytes = [b"A:", life.as_ref(), b":", longest].concat().into();
    if guard.as_ref() == Some(&active) {
        return Ok(verdict(1, Answer::ZERO, us));
    }
    if guard.is_none() && run.argument(3).is_some_and(|word| word.as_ref() == b"1") {
        run.redis("SET", "KEYS[1], active", &[key, Some(&active)])?;
        return Ok(verdict(1, Answer::ZERO, us));
    }
    let guard = guard.as_deref().and_then(Guard::parse);
    if let Some(guard) = guard.filter(|guard| guard.lease != longest) {
        let lease = lua_number::parse(guard.lease).map_or(0, lua_number::truncated);
        return Ok(verdict(-2, lease.into(), us));
    }
    let mut left = run.number(2, "tonumber(ARGV[2])")? * 1_000.0;
    let since = guard
        .filter(|guard| guard.state == b'Q' && guard.run == life)
        .and_then(|guard| lua_number::parse(guard.since))
        .filter(|&since| us >= since);
    if let Some(since) = since {
        left -= us - since;
        if left <= 0.0 {
            run.redis("SET", "KEYS[1], active", &[key, Some(&active)])?;
            return Ok(verdict(1, Answer::ZERO, us));
        }
    } else {
        let [life, longest] = [life, longest].map(|text| lua_text::formatted(text));
        let now = lua_number::format(us);
        let guard: Bytes = [b"Q:", life, b":", longest, b":", now.as_bytes()]
            .concat()
            .into();
        run.redis("SET", "KEYS[1], string.format", &[key, Some(&guard)])?;
    }
    let millis = lua_number::truncated((left / 1_000.0).ceil());
    Ok(verdict(-1, millis.into(), us))
}

/// What a guard's text says, where the script's pattern `^(%u):(%w+):(%d+):?(%d*)$`
/// fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Guard<'t> {
    state: u8,
    run: &'t [u8],
    /// Digits: the longest lease in ms.
    lease: &'t [u8],
    /// Digits, perhaps none: the time in µs at which the quarantine began.
    since: &'t [u8],
}

impl<'t> Guard<'t> {
    /// No part can end later than where the next byte is none of its own, so that Lua's
    /// search, which would try shorter ones as well, finds no other reading.
    fn parse(text: &'t [u8]) -> Option<Self> {
        let [state @ b'A'..=b'Z', b':', rest @ ..] = text else {
            return None;
        };
        let (run, rest) = lua_text::span(rest, u8::is_ascii_alphanumeric);
        let (lease, rest) = lua_text::span(rest.strip_prefix(b":")?, u8::is_ascii_digit);
        let (since, rest) =
            lua_text::span(rest.strip_prefix(b":").unwrap_or(rest), u8::is_ascii_digit);
        let whole = !run.is_empty() && !lease.is_empty() && rest.is_empty();
        whole.then_some(Self {
            state: *state,
            run,
            lease,
            since,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_guards_as_the_pattern_does() {
        let guard = |state, run, lease, since| {
            Some(Guard {
                state,
                run,
                lease,
                since,
            })
        };
        for (text, expected) in [
            ("A:f00:100", guard(b'A', b"f00", b"100", b"")),
            ("Q:F00:100:17", guard(b'Q', b"F00", b"100", b"17")),
            ("Q:f00:0100:", guard(b'Q', b"f00", b"0100", b"")),
            ("", None),
            ("A", None),
            ("a:f00:100", None),
            ("AA:f00:100", None),
            ("A::100", None),
            ("A:f-0:100", None),
            ("A:f00", None),
            ("A:f00:", None),
            ("A:f00::7", None),
            ("A:f00:1e3", None),
            ("A:f00:100:1:2", None),
            ("A:f00:100:x", None),
            ("A:f00:100\0", None),
        ] {
            assert_eq!(Guard::parse(text.as_bytes()), expected, "{text:?}");
        }
    }
}
