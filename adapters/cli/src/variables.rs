//! What the command finds in its environment.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use bytes::Bytes;
use quorlock_tokio::{FencingToken, MultiGuard};

use crate::lines::UnixMillis;

/// A variable and its value; one without a value is taken out of the environment: it would
/// be another lock's.
type Variable = (&'static str, Option<OsString>);

/// The variables of a lock whose first lease ends `until` then: those of one key, or those
/// of several.
pub(crate) fn of(guard: &MultiGuard, until: UnixMillis) -> [Variable; 6] {
    let all: Vec<(&Bytes, Option<FencingToken>)> = guard.tokens().collect();
    let [key, owner, token, keys, tokens] = if let ([part], [(key, token)]) = (guard.parts(), &*all)
    {
        let owner = part.owner().to_string().into_bytes();
        let token = token.map(|token| token.to_string().into_bytes());
        [Some(key.to_vec()), Some(owner), token, None, None]
    } else {
        let keys = all.iter().map(|(key, _)| Some(key.to_vec()));
        let with_token = |(key, token): &(&Bytes, Option<FencingToken>)| {
            let digits = (*token)?.to_string();
            Some([&key[..], b"=", digits.as_bytes()].concat())
        };
        let tokens = all.iter().map(with_token);
        [None, None, None, lines(keys), lines(tokens)]
    };
    [
        ("QUORLOCK_KEY", key),
        ("QUORLOCK_KEYS", keys),
        ("QUORLOCK_OWNER", owner),
        ("QUORLOCK_TOKEN", token),
        ("QUORLOCK_TOKENS", tokens),
        (
            "QUORLOCK_VALID_UNTIL_MS",
            Some(until.0.to_string().into_bytes()),
        ),
    ]
    .map(|(name, value)| (name, value.map(OsString::from_vec)))
}

/// One a line; nothing where one of them is missing.
fn lines(lines: impl Iterator<Item = Option<Vec<u8>>>) -> Option<Vec<u8>> {
    let lines: Option<Vec<Vec<u8>>> = lines.collect();
    lines.map(|lines| lines.join(&b'\n'))
}
