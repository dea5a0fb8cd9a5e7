//! `LPUSH`, `RPUSH`, `LRANGE`: enough of lists for a key of a wrong type.

use bytes::Bytes;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::integer;
use crate::store::End;
use crate::value::Value;

/// `LPUSH key element [element ..]`.
pub(super) fn lpush(call: &mut Call<'_>, name: &Bytes, first: &Bytes, rest: &[Bytes]) -> Outcome {
    push(call, name, first, rest, End::Left)
}

/// `RPUSH key element [element ..]`.
pub(super) fn rpush(call: &mut Call<'_>, name: &Bytes, first: &Bytes, rest: &[Bytes]) -> Outcome {
    push(call, name, first, rest, End::Right)
}

fn push(call: &mut Call<'_>, name: &Bytes, first: &Bytes, rest: &[Bytes], end: End) -> Outcome {
    let key = call.key(name);
    let elements: Vec<&Bytes> = core::iter::once(first).chain(rest).collect();
    Ok(call
        .world
        .store
        .push(&key, &elements, end, call.now)?
        .into())
}

/// `LRANGE key start stop`: both ends are included, and count from the list's end when
/// negative.
pub(super) fn lrange(call: &mut Call<'_>, name: &Bytes, start: &Bytes, stop: &Bytes) -> Outcome {
    let start = integer::parse(start).ok_or(Failure::NOT_AN_INTEGER)?;
    let stop = integer::parse(stop).ok_or(Failure::NOT_AN_INTEGER)?;
    let key = call.key(name);
    let list = match call.world.store.value(&key, call.now) {
        None => return Ok(Answer::Array(Vec::new())),
        Some(Value::String(_)) => return Err(Failure::WRONG_TYPE),
        Some(Value::List(list)) => list,
    };
    let skipped = index(start, list.len()).unwrap_or(0);
    let end = index(stop, list.len()).map_or(0, |stop| stop.saturating_add(1));
    let elements = list.iter().skip(skipped).take(end.saturating_sub(skipped));
    Ok(Answer::Array(elements.cloned().map(Answer::Bulk).collect()))
}

/// Where an index points to, perhaps behind the list; `None` before its first element.
fn index(index: i64, length: usize) -> Option<usize> {
    if index < 0 {
        let back = usize::try_from(index.unsigned_abs()).ok()?;
        length.checked_sub(back)
    } else {
        Some(usize::try_from(index).unwrap_or(usize::MAX))
    }
}
