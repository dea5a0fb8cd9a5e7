//! `SET`, with its options.

use bytes::Bytes;

use super::{Call, string};
use crate::answer::{Answer, Outcome};
use crate::expiry::Expiry;
use crate::failure::Failure;
use crate::integer;
use crate::time::ServerTime;
use crate::value::Value;

/// `SET key value [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL]`.
///
/// A time in the past is stored as it is, and the key is gone when it is next asked
/// for; that answers `OK`, which is why a lock must not use `PXAT`.
pub(super) fn set(call: &mut Call<'_>, name: &Bytes, value: &Bytes, options: &[Bytes]) -> Outcome {
    let options = Options::parse(options)?;
    let expiry = options
        .lease
        .map(|lease| lease.expiry(call.now))
        .transpose()?;
    let previous = options.get.then(|| string::get(call, name)).transpose()?;

    let key = call.key(name);
    let current = call.world.store.expiry(&key, call.now);
    let wanted = match options.condition {
        None => true,
        Some(Condition::Absent) => current.is_none(),
        Some(Condition::Present) => current.is_some(),
    };
    if wanted {
        let kept = current.filter(|_| options.keep);
        let expiry = expiry.or(kept).unwrap_or(Expiry::Never);
        let value = Value::String(value.clone());
        call.world.store.insert(&key, value, expiry, call.now)?;
    }
    Ok(previous.unwrap_or(if wanted { Answer::OK } else { Answer::Null }))
}

#[derive(Default)]
struct Options<'a> {
    condition: Option<Condition>,
    get: bool,
    keep: bool,
    lease: Option<Lease<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Absent,
    Present,
}

/// How long the key is to live, as the client wrote it.
#[derive(Clone, Copy)]
struct Lease<'a> {
    unit: Unit,
    text: &'a [u8],
}

/// What the number of a lease counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    MillisFromNow,
    MillisSince1970,
    SecondsFromNow,
    SecondsSince1970,
}

impl<'a> Options<'a> {
    /// An option may be repeated; two that contradict each other are a syntax error.
    fn parse(options: &'a [Bytes]) -> Result<Self, Failure> {
        let mut parsed = Self::default();
        let mut rest = options;
        while let [option, later @ ..] = rest {
            rest = match option.to_ascii_lowercase().as_slice() {
                b"nx" => parsed.require(Condition::Absent, later),
                b"xx" => parsed.require(Condition::Present, later),
                b"get" => {
                    parsed.get = true;
                    Some(later)
                }
                b"keepttl" if parsed.lease.is_none() => {
                    parsed.keep = true;
                    Some(later)
                }
                b"ex" => parsed.expire(Unit::SecondsFromNow, later),
                b"exat" => parsed.expire(Unit::SecondsSince1970, later),
                b"px" => parsed.expire(Unit::MillisFromNow, later),
                b"pxat" => parsed.expire(Unit::MillisSince1970, later),
                _ => None,
            }
            .ok_or(Failure::SYNTAX)?;
        }
        Ok(parsed)
    }

    fn require(&mut self, condition: Condition, later: &'a [Bytes]) -> Option<&'a [Bytes]> {
        let agrees = self.condition.is_none_or(|known| known == condition);
        self.condition = Some(condition);
        agrees.then_some(later)
    }

    fn expire(&mut self, unit: Unit, later: &'a [Bytes]) -> Option<&'a [Bytes]> {
        let (text, later) = later.split_first()?;
        let agrees = self.lease.is_none_or(|known| known.unit == unit);
        self.lease = Some(Lease { unit, text });
        (agrees && !self.keep).then_some(later)
    }
}

impl Lease<'_> {
    /// When it ends. Neither the number nor that time may be below 1 or beyond 64
    /// bits.
    fn expiry(self, now: ServerTime) -> Result<Expiry, Failure> {
        let number = integer::parse(self.text).ok_or(Failure::NOT_AN_INTEGER)?;
        let (factor, base) = match self.unit {
            Unit::MillisFromNow => (1, now.as_millis()),
            Unit::MillisSince1970 => (1, 0),
            Unit::SecondsFromNow => (1_000, now.as_millis()),
            Unit::SecondsSince1970 => (1_000, 0),
        };
        Some(number)
            .filter(|&number| number > 0)
            .and_then(|number| number.checked_mul(factor))
            .and_then(|millis| millis.checked_add(base))
            .map(Expiry::At)
            .ok_or_else(|| Failure::expire_time("set"))
    }
}
