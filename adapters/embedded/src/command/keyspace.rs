//! `DEL`, `EXISTS`, `TYPE`, `KEYS`, `DBSIZE`, `FLUSHDB`, `FLUSHALL`: keys, whatever
//! they hold.

use bytes::Bytes;

use super::{Call, is_flush_mode};
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::glob;
use crate::value::Value;

/// `DEL key [key ..]`.
pub(super) fn del(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    Ok(count(call, first, rest, |call, name| {
        let key = call.key(name);
        call.world.store.remove(&key, call.now)
    }))
}

/// `EXISTS key [key ..]`: a key named twice counts twice.
pub(super) fn exists(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    Ok(count(call, first, rest, |call, name| {
        let key = call.key(name);
        call.world.store.value(&key, call.now).is_some()
    }))
}

fn count(
    call: &mut Call<'_>,
    first: &Bytes,
    rest: &[Bytes],
    each: impl Fn(&mut Call<'_>, &Bytes) -> bool,
) -> Answer {
    let mut count = 0_usize;
    for name in core::iter::once(first).chain(rest) {
        count += usize::from(each(call, name));
    }
    count.into()
}

/// `TYPE key`.
pub(super) fn type_of(call: &mut Call<'_>, name: &Bytes) -> Outcome {
    let key = call.key(name);
    let value = call.world.store.value(&key, call.now);
    Ok(Answer::Simple(value.map_or("none", Value::type_name)))
}

/// `KEYS pattern`, in the order of the names.
pub(super) fn keys(call: &mut Call<'_>, pattern: &Bytes) -> Outcome {
    let all = pattern.as_ref() == b"*";
    let names = call.world.store.names(call.session.database, call.now);
    let names = names.filter(|name| all || glob::fits(pattern, name));
    Ok(Answer::Array(names.cloned().map(Answer::Bulk).collect()))
}

/// `DBSIZE`: living keys. A real server counts expired ones as well until it has come
/// round to remove them.
pub(super) fn dbsize(call: &mut Call<'_>) -> Outcome {
    Ok(call
        .world
        .store
        .names(call.session.database, call.now)
        .count()
        .into())
}

/// `FLUSHDB [SYNC|ASYNC]`.
pub(super) fn flushdb(call: &mut Call<'_>, mode: &[Bytes]) -> Outcome {
    flush(call, mode, Some(call.session.database))
}

/// `FLUSHALL [SYNC|ASYNC]`.
pub(super) fn flushall(call: &mut Call<'_>, mode: &[Bytes]) -> Outcome {
    flush(call, mode, None)
}

fn flush(call: &mut Call<'_>, mode: &[Bytes], database: Option<u8>) -> Outcome {
    if !is_flush_mode(mode) {
        return Err(Failure::SYNTAX);
    }
    call.world.store.clear(database);
    Ok(Answer::OK)
}
