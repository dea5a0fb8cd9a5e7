//! `PEXPIRE`, `PERSIST`, `PTTL`, `TTL`: when keys expire.

use bytes::Bytes;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::expiry::Expiry;
use crate::failure::Failure;
use crate::integer;

/// `PTTL` and `TTL` of a key that isn't there.
const ABSENT: i64 = -2;
/// `PTTL` and `TTL` of a key that never expires.
const FOREVER: i64 = -1;

/// `PTTL key`: milliseconds.
pub(super) fn pttl(call: &mut Call<'_>, name: &Bytes) -> Outcome {
    Ok(Answer::Integer(match left(call, name) {
        Left::Absent => ABSENT,
        Left::Forever => FOREVER,
        Left::Millis(millis) => millis,
    }))
}

/// `TTL key`: seconds, rounded to the nearest.
pub(super) fn ttl(call: &mut Call<'_>, name: &Bytes) -> Outcome {
    Ok(Answer::Integer(match left(call, name) {
        Left::Absent => ABSENT,
        Left::Forever => FOREVER,
        Left::Millis(millis) => millis.saturating_add(500) / 1_000,
    }))
}

enum Left {
    Absent,
    Forever,
    Millis(i64),
}

fn left(call: &mut Call<'_>, name: &Bytes) -> Left {
    let key = call.key(name);
    match call.world.store.expiry(&key, call.now) {
        None => Left::Absent,
        Some(Expiry::Never) => Left::Forever,
        Some(Expiry::At(deadline)) => Left::Millis(deadline.saturating_sub(call.now.as_millis())),
    }
}

/// `PERSIST key`.
pub(super) fn persist(call: &mut Call<'_>, name: &Bytes) -> Outcome {
    let key = call.key(name);
    let Some(Expiry::At(_)) = call.world.store.expiry(&key, call.now) else {
        return Ok(false.into());
    };
    call.world.store.set_expiry(&key, Expiry::Never);
    Ok(true.into())
}

/// `PEXPIRE key milliseconds [NX|XX|GT|LT]`. A time that is not after now deletes
/// the key at once, even one that would expire in this very millisecond.
pub(super) fn pexpire(
    call: &mut Call<'_>,
    name: &Bytes,
    millis: &Bytes,
    options: &[Bytes],
) -> Outcome {
    let condition = Condition::parse(options)?;
    let millis = integer::parse(millis).ok_or(Failure::NOT_AN_INTEGER)?;
    let now = call.now.as_millis();
    let deadline = now
        .checked_add(millis)
        .ok_or_else(|| Failure::expire_time("pexpire"))?;
    let key = call.key(name);
    let Some(current) = call.world.store.expiry(&key, call.now) else {
        return Ok(false.into());
    };
    if !condition.allows(current, deadline) {
        return Ok(false.into());
    }
    if deadline <= now {
        call.world.store.remove(&key, call.now);
    } else {
        call.world.store.set_expiry(&key, Expiry::At(deadline));
    }
    Ok(true.into())
}

/// The options of `PEXPIRE`, since Redis 7.0: all of them must allow it.
struct Condition(Vec<Rule>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Greater,
    Less,
    With,
    Without,
}

impl Condition {
    fn parse(options: &[Bytes]) -> Result<Self, Failure> {
        let mut rules = Vec::new();
        for option in options {
            rules.push(match option.to_ascii_lowercase().as_slice() {
                b"gt" => Rule::Greater,
                b"lt" => Rule::Less,
                b"nx" => Rule::Without,
                b"xx" => Rule::With,
                _ => return Err(Failure::of(&[b"ERR Unsupported option ", option])),
            });
        }
        if rules.contains(&Rule::Without) && rules.iter().any(|&rule| rule != Rule::Without) {
            return Err(Failure::fixed(
                "ERR NX and XX, GT or LT options at the same time are not compatible",
            ));
        }
        if rules.contains(&Rule::Greater) && rules.contains(&Rule::Less) {
            return Err(Failure::fixed(
                "ERR GT and LT options at the same time are not compatible",
            ));
        }
        Ok(Self(rules))
    }

    /// A key that never expires counts as one that expires last.
    fn allows(&self, current: Expiry, deadline: i64) -> bool {
        self.0.iter().all(|rule| match (rule, current) {
            (Rule::Greater, Expiry::At(current)) => deadline > current,
            (Rule::Less, Expiry::At(current)) => deadline < current,
            (Rule::Greater | Rule::With, Expiry::Never) | (Rule::Without, Expiry::At(_)) => false,
            (Rule::Less | Rule::Without, Expiry::Never) | (Rule::With, Expiry::At(_)) => true,
        })
    }
}
