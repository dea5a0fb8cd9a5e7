//! What the bytes between clients and nodes say: enough to check what is done to keys, and to name it in a picture.

use quorlock_core::Owner;
use quorlock_core::script::{
    ACQUIRE, ACQUIRE_ALL, ACQUIRE_FAIR, ARM, EXTEND, EXTEND_ALL, HANDOVER, RELEASE, RELEASE_ALL,
    RELEASE_FAIR,
};
use quorlock_resp::{Decoder, Value};

/// What a node answers whose slot is on its way.
pub(super) const ASKED_THERE: &str = "ask there";

/// What a node answers that has not got the slot.
pub(super) const MOVED: &str = "moved";

/// What a node answers where some keys of several have moved.
pub(super) const TRY_AGAIN: &str = "try again";

/// Who a key belongs to, as its owner string says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OwnerName {
    /// The client id: the number of a client's life.
    pub(super) life: usize,
    /// Counts the rounds of that life.
    pub(super) round: usize,
}

impl OwnerName {
    /// Reads 32 hexadecimal digits, a dash and 16 more. Numbers of a simulation are small: the last digits are enough.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != Owner::LEN || text[32] != b'-' {
            return None;
        }
        Some(Self {
            life: last_digits(&text[..32])?,
            round: last_digits(text)?,
        })
    }
}

/// The number that the last eight hexadecimal digits are.
fn last_digits(text: &[u8]) -> Option<usize> {
    let mut digits = text.last_chunk::<8>()?.iter();
    digits.try_fold(0, |number, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some((number << 4) | usize::from(digit))
    })
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Take a lock. `heals`: without a token, as who holds it takes it again on a node that has lost it.
    Acquire { heals: bool },
    /// Whether the node's memory is trusted.
    Arm,
    /// Renew a lease.
    Extend,
    /// Give a lock back and take it for another round of the same client, in one.
    HandOver,
    /// Be told when a lock is free, or not any more.
    Listen,
    /// Handshake and the like: touches no lock.
    Other,
    /// To be served although a slot is only on its way here.
    Asking,
    /// Who has which slots.
    Slots,
    /// Nothing but a sign of life.
    Ping,
    /// Give a lock back.
    Release,
    /// Whether so many replicas have heard.
    Wait { replicas: i64 },
}

/// One request on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Bytes on the wire.
    pub(super) len: usize,
    pub(super) ask: Ask,
    /// Of a lock: its key and the owner that is named.
    pub(super) lock: Option<(usize, OwnerName)>,
    /// Of a lock of two keys: the second.
    pub(super) with: Option<usize>,
    /// Of a hand-over: the owner that gives the lock back.
    pub(super) giver: Option<OwnerName>,
    /// The lease that is asked for, in milliseconds.
    pub(super) lease_ms: i64,
}

/// The name of a key.
pub(super) fn key_name(key: usize) -> String {
    format!("key {key}")
}

/// The name of the queue of those who wait for a key.
pub(super) fn queue_name(key: usize) -> String {
    let key = key_name(key);
    format!("{key}:quorlock-queue:{{{key}}}")
}

fn key_of(name: &[u8]) -> Option<usize> {
    let digits = name.strip_prefix(b"key ")?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// Reads whole requests, one behind the other, as a client sends them.
pub(super) fn requests(decoder: &mut Decoder, mut bytes: &[u8]) -> Vec<Request> {
    let mut found = Vec::with_capacity(1);
    while !bytes.is_empty() {
        let request = decoder.decode(bytes).expect("a client sends RESP");
        let request = request.expect("a client sends whole requests");
        let len = request.len();
        found.push(read(request.value(), len));
        bytes = &bytes[len..];
    }
    found
}

fn read(request: Value<'_>, len: usize) -> Request {
    let mut asked = Request {
        len,
        ask: Ask::Other,
        lock: None,
        with: None,
        giver: None,
        lease_ms: 0,
    };
    let Value::Array(words) = request else {
        panic!("a request is an array, not {request:?}");
    };
    let mut words = words.map(|word| {
        let Value::Bulk(text) = word else {
            panic!("a request has words, not {word:?}");
        };
        text
    });
    let mut next = || words.next().unwrap_or_default();
    asked.ask = match next() {
        b"PING" => Ask::Ping,
        b"WAIT" => match number(next()) {
            // the handshake tries whether it can be asked
            0 => Ask::Other,
            replicas => Ask::Wait { replicas },
        },
        b"ASKING" => Ask::Asking,
        b"CLUSTER" => Ask::Slots,
        b"SSUBSCRIBE" | b"SUBSCRIBE" | b"SUNSUBSCRIBE" | b"UNSUBSCRIBE" => Ask::Listen,
        b"EVAL" | b"EVALSHA" => {
            let script = next();
            let keys: usize = number(next());
            let lock = next();
            for _ in 1..keys {
                let other = key_of(next());
                asked.with = asked.with.or(other);
            }
            let owner = OwnerName::parse(next());
            let lease = next();
            let is = |known: &quorlock_core::script::Script| {
                script == known.sha.as_bytes() || script == known.text.as_bytes()
            };
            let ask = if is(&ACQUIRE) || is(&ACQUIRE_ALL) {
                next();
                next();
                let heals = next().is_empty();
                Ask::Acquire { heals }
            } else if is(&ACQUIRE_FAIR) {
                Ask::Acquire { heals: false }
            } else if is(&HANDOVER) {
                for _ in 0..5 {
                    next();
                }
                asked.giver = OwnerName::parse(next());
                Ask::HandOver
            } else if is(&EXTEND) || is(&EXTEND_ALL) {
                Ask::Extend
            } else if is(&RELEASE) || is(&RELEASE_ALL) || is(&RELEASE_FAIR) {
                Ask::Release
            } else if is(&ARM) {
                Ask::Arm
            } else {
                Ask::Other
            };
            if let (Some(key), Some(owner)) = (key_of(lock), owner) {
                asked.lock = Some((key, owner));
                asked.lease_ms = number(lease);
            }
            ask
        }
        _ => Ask::Other,
    };
    asked
}

fn number<N: core::str::FromStr + Default>(text: &[u8]) -> N {
    let text = core::str::from_utf8(text).unwrap_or_default();
    text.parse().unwrap_or_default()
}

/// What a script answered: the first number of its reply. `None` for an error.
pub(super) fn code(reply: &[u8]) -> Option<i64> {
    let several = [b"*3\r\n", b"*4\r\n"];
    let items = several.iter().find_map(|start| reply.strip_prefix(*start));
    let reply = items.unwrap_or(reply);
    let line = reply
        .strip_prefix(b":")?
        .split(|byte| *byte == b'\r')
        .next()?;
    core::str::from_utf8(line).ok()?.parse().ok()
}

/// Why a node of a cluster has done nothing: another one is to be asked, or later.
pub(super) fn refusal(reply: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], _); 4] = [
        (b"-ASK ", ASKED_THERE),
        (b"-CLUSTERDOWN ", "cluster down"),
        (b"-MOVED ", MOVED),
        (b"-TRYAGAIN ", TRY_AGAIN),
    ];
    let found = known.iter().find(|(start, _)| reply.starts_with(start));
    found.map(|(_, words)| *words)
}

/// What several requests or answers are that travel together.
pub(super) fn labels(all: impl Iterator<Item = &'static str>) -> String {
    let mut words: Vec<&str> = all.collect();
    words.dedup();
    words.join(" + ")
}

impl Request {
    /// The keys of its lock, with the owner that it names.
    pub(super) fn locks(&self) -> impl Iterator<Item = (usize, OwnerName)> {
        let keys = [self.lock.map(|(key, _)| key), self.with];
        let owner = self.lock.map(|(_, owner)| owner);
        keys.into_iter().flatten().zip(owner.into_iter().cycle())
    }

    /// What the request is, in a word.
    pub(super) const fn label(&self) -> &'static str {
        match self.ask {
            Ask::Acquire { heals: false } => "acquire",
            Ask::Acquire { heals: true } => "acquire again",
            Ask::Arm => "armed?",
            Ask::Asking => "asking",
            Ask::Extend => "extend",
            Ask::HandOver => "hand over",
            Ask::Listen => "listen",
            Ask::Other => "hello",
            Ask::Ping => "ping",
            Ask::Release => "release",
            Ask::Wait { .. } => "wait",
            Ask::Slots => "whose slots?",
        }
    }

    /// What its answer is, in a word or two.
    pub(super) const fn answer_label(&self, code: Option<i64>) -> &'static str {
        match (self.ask, code) {
            (Ask::Acquire { .. } | Ask::HandOver, Some(1)) => "granted",
            (Ask::Acquire { .. } | Ask::HandOver, Some(0)) => "held",
            (Ask::Acquire { .. } | Ask::HandOver, Some(-1)) => "not armed",
            (Ask::Acquire { .. } | Ask::HandOver, Some(-3)) => "too late",
            (Ask::Acquire { .. } | Ask::HandOver, Some(-4)) => "outbid",
            (Ask::Acquire { .. } | Ask::HandOver, Some(-5)) => "token ahead",
            (Ask::Acquire { .. }, Some(-6)) => "another's turn",
            (Ask::Arm, Some(1)) => "armed",
            (Ask::Arm, Some(_)) => "quarantined",
            (Ask::Extend, Some(1)) => "extended",
            (Ask::Release, Some(1)) => "released",
            (Ask::Extend | Ask::Release, Some(0)) => "gone",
            (Ask::Extend | Ask::Release, Some(-1)) => "not ours",
            (Ask::Asking, _) => "go on",
            (Ask::Slots, _) => "slots",
            (Ask::Listen, _) => "listening",
            (Ask::Other, _) => "hello",
            (Ask::Ping, _) => "pong",
            (Ask::Wait { replicas }, Some(heard)) if heard < replicas => "not heard",
            (Ask::Wait { .. }, Some(_)) => "heard",
            _ => "error",
        }
    }
}
