//! On which edge of its rules a script's call stood, as far as its arguments and its reply tell.

use quorlock_core::script::{ACQUIRE, ACQUIRE_ALL, ACQUIRE_FAIR, APPLY, ARM, Script};
use quorlock_resp::{Frame, Value};

use crate::scene::Scene;
use crate::time::OFFSETS;

/// The edge of a call of `acquire`, `acquire_all`, `acquire_fair`, `apply` or `arm`: a name that tells the case and the
/// answer.
pub(crate) fn edge(command: &[Vec<u8>], reply: &Frame, scene: &Scene) -> Option<String> {
    let [_, script, keys, rest @ ..] = command else {
        return None;
    };
    let is = |known: &Script| script == known.sha.as_bytes() || script == known.text.as_bytes();
    let reply = numbers(reply)?;
    let keys: usize = String::from_utf8_lossy(keys).parse().ok()?;
    let argument = |index: usize| -> Option<i128> {
        let text = rest.get((keys + index).checked_sub(1)?)?;
        let number: i64 = String::from_utf8_lossy(text).parse().ok()?;
        Some(number.into())
    };
    if is(&APPLY) {
        let [0, highest] = reply[..] else { return None };
        return near("apply", 0, argument(1)? - highest);
    }
    let [code, value, us] = reply[..] else {
        return None;
    };
    if is(&ARM) || is(&ACQUIRE_FAIR) {
        let name = if is(&ARM) { "arm" } else { "acquire fair" };
        let offsets = scene.ends.iter().map(|end| us - i128::from(*end));
        let offset = offsets
            .filter(|offset| OFFSETS.map(i128::from).contains(offset))
            .min()?;
        return Some(format!("{name} {code} at an end{offset:+}"));
    }
    let script = if is(&ACQUIRE) {
        "acquire"
    } else if is(&ACQUIRE_ALL) {
        "acquire all"
    } else {
        return None;
    };
    let (token, lead) = (argument(5), argument(6));
    let place = match code {
        -3 => us - argument(3)?,
        -4 => token? - value,
        -5 => token? - us.max(value) - lead?,
        1 if token.is_none() => us - argument(3)?,
        1 => token? - us - lead?,
        _ => return None,
    };
    near(script, code, place)
}

/// A call whose argument is so close to where its rule begins, if that is close.
fn near(script: &str, code: i128, place: i128) -> Option<String> {
    let close = (-1..=1).contains(&place);
    close.then(|| format!("{script} {code} at {place:+}"))
}

/// The numbers that a script answered. Wide enough to subtract in.
fn numbers(reply: &Frame) -> Option<Vec<i128>> {
    let Value::Array(items) = reply.value() else {
        return None;
    };
    let number = |item| match item {
        Value::Integer(number) => Some(number.into()),
        _ => None,
    };
    items.map(number).collect()
}
