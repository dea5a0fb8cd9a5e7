//! Fencing tokens: numbers that rise with every tenure of a resource.
//!
//! The client proposes, the nodes compare. A node grants only above its counter for
//! the resource and then stores the proposal, so that of two tenures the later one
//! has the larger token: their quorums share a node. No clock is needed for that; the
//! servers' time in a proposal keeps nearly every acquisition at one round and carries
//! the order over a node that has lost its counter and sat out its quarantine.
//!
//! The largest of per-node increments is *not* such a number: two tenures over
//! {1, 2} and {1, 3} get the same one where the counters differ.

use alloc::vec::Vec;
use bytes::BytesMut;
use core::fmt;
use core::time::Duration;

use quorlock_resp::encode;

use crate::hash_slot::hash_tag;
use crate::turn::QUEUE;

/// A number that rises with every tenure of a resource, to be handed to whatever the
/// lock protects: that refuses a write whose token is below the highest it has seen.
///
/// About microseconds since 1970, below 2^53 until the year 2255, so that Lua,
/// JavaScript and SQL hold it exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FencingToken(u64);

impl FencingToken {
    /// The largest: 2^53 - 1.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The token of this number; larger ones become [`FencingToken::MAX`].
    #[must_use]
    pub const fn new(number: u64) -> Self {
        if number < Self::MAX.0 {
            Self(number)
        } else {
            Self::MAX
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for FencingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether locks come with a [`FencingToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fencing {
    /// They do not: an acquisition costs its server less, and leaves no counter.
    Off,
    /// They do. All clients of a resource must agree in it.
    On {
        /// How long a node keeps its counter after the last grant (default one day,
        /// at least [`Config::max_ttl`](crate::Config::max_ttl)). After a longer idle
        /// time the order of tokens leans on the servers' clocks alone.
        retention: Duration,
    },
}

impl Fencing {
    /// With tokens; counters are kept for a day.
    pub const DEFAULT: Self = Self::On {
        retention: Duration::from_hours(24),
    };
}

impl Fencing {
    /// What a round asks for; see [`propose`].
    pub(crate) fn propose(self, seen: Option<u64>, server_us: Option<u64>) -> Option<FencingToken> {
        match self {
            Self::Off => None,
            Self::On { .. } => Some(propose(seen, server_us)),
        }
    }
}

impl Default for Fencing {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Added to the servers' time: what is known of it is a lower bound, late by a reply's
/// way back.
const MARGIN_US: u64 = 2_000;

/// The token to ask for: above every counter seen for the resource, and not below the
/// servers' time (µs since 1970). Without either it is 0, which every node refuses
/// with its counter and its time: the next proposal knows both.
fn propose(seen: Option<u64>, server_us: Option<u64>) -> FencingToken {
    let above_seen = seen.map_or(0, |counter| counter.saturating_add(1));
    let by_clock = server_us.map_or(0, |us| us.saturating_add(MARGIN_US));
    FencingToken::new(above_seen.max(by_clock))
}

/// What the name of a counter has behind the key whose counter it is.
const COUNTER: &[u8] = b":quorlock-token";

/// The key under which a node keeps the counter of tokens of the resource `key`.
#[must_use]
pub fn counter_key(key: &[u8]) -> Vec<u8> {
    sibling_key(key, COUNTER).concat()
}

/// Appends the name of the counter of a resource, as a bulk string.
pub(crate) fn encode_counter_key(out: &mut BytesMut, key: &[u8]) {
    encode_sibling_key(out, key, COUNTER);
}

/// Appends the name of a key that belongs to `key`, as a bulk string.
pub(crate) fn encode_sibling_key(out: &mut BytesMut, key: &[u8], suffix: &[u8]) {
    encode::bulk_of(out, &sibling_key(key, suffix));
}

/// The parts of the name of a key that belongs to `key`. It begins with the key, so that
/// who may use the one by a prefix may use the other; and in a cluster it is in the same
/// hash slot, by a hash tag of its own where the key has none. A key with a `{` or `}`
/// that makes no hash tag has no sibling in its slot: the cluster answers `CROSSSLOT`.
pub(crate) fn sibling_key<'a>(key: &'a [u8], suffix: &'a [u8]) -> [&'a [u8]; 5] {
    if hash_tag(key).is_some() {
        [key, suffix, b"", b"", b""]
    } else {
        [key, suffix, b":{", key, b"}"]
    }
}

/// Whether this is the name of a counter or of a queue, and so not that of a lock.
pub(crate) fn is_reserved_key(key: &[u8]) -> bool {
    let contains = |name: &[u8]| key.windows(name.len()).any(|part| part == name);
    contains(COUNTER) || contains(QUEUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_above_the_counter_and_the_clock() {
        let table = [
            (None, None, 0),
            (Some(7), None, 8),
            (None, Some(1_000_000), 1_002_000),
            (Some(7), Some(1_000_000), 1_002_000),
            (Some(9_000_000), Some(1_000_000), 9_000_001),
            (Some(u64::MAX), Some(u64::MAX), FencingToken::MAX.get()),
        ];
        for (seen, clock, token) in table {
            assert_eq!(propose(seen, clock).get(), token, "{seen:?} {clock:?}");
        }
    }

    #[test]
    fn a_counter_shares_the_hash_tag_of_its_lock() {
        for (key, counter) in [
            ("job", "$24\r\njob:quorlock-token:{job}\r\n"),
            ("a{b}c", "$20\r\na{b}c:quorlock-token\r\n"),
            ("a{}c", "$26\r\na{}c:quorlock-token:{a{}c}\r\n"),
        ] {
            let mut out = BytesMut::new();
            encode_counter_key(&mut out, key.as_bytes());
            assert_eq!(out, counter.as_bytes());
            assert!(is_reserved_key(&out) && !is_reserved_key(key.as_bytes()));
            assert!(!is_reserved_key(&key.as_bytes().repeat(50)));
            let key = counter_key(key.as_bytes());
            assert!(counter.as_bytes().ends_with(&[&key, &b"\r\n"[..]].concat()));
        }
    }
}
