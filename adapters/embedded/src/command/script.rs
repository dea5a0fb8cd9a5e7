//! `EVAL`, `EVALSHA`, `SCRIPT`: scripts by text and by digest.

use bytes::Bytes;

use super::{Call, is_flush_mode};
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::integer;
use crate::script::{Program, Run, Scripts};

/// `EVAL text keys [key ..] [argument ..]`: runs a script, and loads it.
pub(super) fn eval(call: &mut Call<'_>, text: &Bytes, keys: &Bytes, rest: &[Bytes]) -> Outcome {
    let (keys, arguments) = split(keys, rest)?;
    let program = Scripts::compile(text)?;
    call.world.scripts.load(program);
    program.run(&mut Run::new(call, program, keys, arguments))
}

/// `EVALSHA digest keys [key ..] [argument ..]`: runs a script that was loaded.
pub(super) fn evalsha(
    call: &mut Call<'_>,
    digest: &Bytes,
    keys: &Bytes,
    rest: &[Bytes],
) -> Outcome {
    /// Hexadecimal digits of a SHA-1.
    const DIGITS: usize = 40;
    if digest.len() != DIGITS {
        return Err(Failure::NO_SCRIPT);
    }
    let (keys, arguments) = split(keys, rest)?;
    let program = call.world.scripts.find(digest).ok_or(Failure::NO_SCRIPT)?;
    program.run(&mut Run::new(call, program, keys, arguments))
}

/// The keys among the arguments of `EVAL` or `EVALSHA`; none where they are malformed.
pub(super) fn keys(arguments: &[Bytes]) -> &[Bytes] {
    let [_, keys, rest @ ..] = arguments else {
        return &[];
    };
    split(keys, rest).map_or(&[], |(keys, _)| keys)
}

/// Splits what follows the number of keys into keys and arguments.
fn split<'a>(keys: &[u8], rest: &'a [Bytes]) -> Result<(&'a [Bytes], &'a [Bytes]), Failure> {
    let keys = integer::parse(keys).ok_or(Failure::NOT_AN_INTEGER)?;
    if keys < 0 {
        return Err(Failure::fixed("ERR Number of keys can't be negative"));
    }
    usize::try_from(keys)
        .ok()
        .and_then(|keys| rest.split_at_checked(keys))
        .ok_or(Failure::fixed(
            "ERR Number of keys can't be greater than number of args",
        ))
}

/// `SCRIPT EXISTS digest [digest ..]`.
pub(super) fn exists(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    let digests = core::iter::once(first).chain(rest);
    let known = digests.map(|digest| call.world.scripts.find(digest).is_some().into());
    Ok(Answer::Array(known.collect()))
}

/// `SCRIPT FLUSH [SYNC|ASYNC]`.
pub(super) fn flush(call: &mut Call<'_>, mode: &[Bytes]) -> Outcome {
    if !is_flush_mode(mode) {
        return Err(Failure::fixed(
            "ERR SCRIPT FLUSH only support SYNC|ASYNC option",
        ));
    }
    call.world.scripts = Scripts::default();
    Ok(Answer::OK)
}

/// `SCRIPT LOAD text`: answers the digest.
pub(super) fn load(call: &mut Call<'_>, text: &Bytes) -> Outcome {
    let program: &Program = Scripts::compile(text)?;
    call.world.scripts.load(program);
    Ok(program.digest().into())
}
