//! What a node is told when it is made: its limits, password and identity.

use core::fmt;
use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;

use bytes::Bytes;

/// The configuration of a [`Node`](crate::Node).
///
/// The default has no password, the default limits, no earlier life, and a fresh run
/// id, as a server process that has just started has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// Whether nobody can hold a lock that an earlier life of the node granted and that
    /// it has forgotten: so it is with a node that a program has just made for its own
    /// clients. `INFO` tells it as `quorlock_first_life`; clients let such a node vote
    /// at once. It must be `false` where a program makes the node anew for clients that
    /// knew one at the same address.
    pub first_life: bool,
    /// What the node accepts at most.
    pub limits: Limits,
    /// What `AUTH` and `HELLO .. AUTH default` must bring; `None` lets everybody in.
    pub password: Option<Bytes>,
    /// Replicas, as `WAIT` counts them. Nothing is copied anywhere: they seem to have whatever
    /// the node has, or what the caller says ([`Node::let_replicas_lag`](crate::Node::let_replicas_lag)).
    pub replicas: u8,
    /// The identity that `INFO` tells.
    pub run_id: RunId,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            first_life: true,
            limits: Limits::default(),
            password: None,
            replicas: 0,
            run_id: RunId::default(),
        }
    }
}

/// What a node accepts at most. Each limit has an answer of its own when it is
/// reached; nothing grows past them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Arguments of one request, its name included. More: protocol error.
    pub arguments: usize,
    /// Bytes of one argument. More: protocol error.
    pub bulk: usize,
    /// Channels that one connection listens to. More: an error.
    pub channels: usize,
    /// Connections at a time. More: [`TooManyConnections`](crate::TooManyConnections).
    pub connections: usize,
    /// Keys in all databases. More: an `OOM` error.
    pub keys: usize,
    /// Bytes of keys and values, with 64 for each key and list element as overhead.
    /// More: an `OOM` error.
    pub memory: usize,
    /// Bytes of replies that wait in the caller's buffer before
    /// [`Node::handle_input`](crate::Node::handle_input) leaves the rest of the input for later. One
    /// reply may go over it. Messages of so many bytes that nobody takes away end their
    /// connection.
    pub output: usize,
    /// Bytes of all arguments of one request. More: protocol error.
    pub request: usize,
}

impl Limits {
    /// Room for a million locks and ten thousand clients.
    pub const DEFAULT: Self = Self {
        arguments: 65_536,
        bulk: 1 << 20,
        channels: 1 << 16,
        connections: 10_000,
        keys: 1 << 20,
        memory: 256 << 20,
        output: 1 << 20,
        request: 4 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The identity of one life of a node, 40 hexadecimal digits in `INFO server`.
///
/// A restart of a real server changes it. A node that plays a restarted server
/// takes another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunId([u8; 20]);

impl RunId {
    /// The same seed, the same identity: for runs that must repeat.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut bytes = [0; 20];
        let mut state = seed;
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64 (Steele, Lea, Flood 2014): spreads consecutive seeds.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            for (byte, value) in chunk.iter_mut().zip(word.to_le_bytes()) {
                *byte = value;
            }
        }
        Self(bytes)
    }

    /// The identity of the life after this one, which follows from it: a run that is
    /// repeated repeats its restarts too.
    pub(crate) fn next(self) -> Self {
        let seed = self.0.first_chunk().copied().unwrap_or_default();
        Self::from_seed(u64::from_le_bytes(seed))
    }

    /// A fresh identity. It is unpredictable enough to tell two lives apart and is
    /// no secret: the seed is that of the standard library's hash maps.
    #[must_use]
    pub fn random() -> Self {
        Self::from_seed(RandomState::new().build_hasher().finish())
    }
}

impl Default for RunId {
    fn default() -> Self {
        Self::random()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_have_forty_digits_and_follow_the_seed() {
        let id = RunId::from_seed(7);
        assert_eq!(id.to_string().len(), 40);
        assert!(
            id.to_string()
                .bytes()
                .all(|digit| digit.is_ascii_hexdigit())
        );
        assert_eq!(id, RunId::from_seed(7));
        assert_ne!(id, RunId::from_seed(8));
        assert_ne!(RunId::random(), RunId::random());
        assert_eq!(id.next(), RunId::from_seed(7).next());
        assert_ne!(id.next(), id);
        assert_ne!(id.next().next(), id.next());
    }
}
