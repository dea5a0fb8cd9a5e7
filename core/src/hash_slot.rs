//! Which of a cluster's 16,384 hash slots a key is in.
//!
//! Source: the Redis cluster specification, "Key distribution model" and "Hash tags".

/// The part of a cluster's keys that moves as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashSlot(u16);

impl HashSlot {
    /// How many there are.
    pub const COUNT: u16 = 16_384;

    /// The slot of this number; `None` from [`COUNT`](Self::COUNT) on.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number < Self::COUNT {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The slot of a key, by its hash tag where it has one.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        Self(crc16(hash_tag(key).unwrap_or(key)) % Self::COUNT)
    }

    /// The slot's number, below [`COUNT`](Self::COUNT).
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// The part of a key that alone decides on its hash slot, where there is one: what stands
/// between the first `{` and the next `}`, unless that is nothing.
#[must_use]
pub fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let mut after_open = key.splitn(2, |byte| *byte == b'{').skip(1);
    let rest = after_open.next()?;
    let length = rest.iter().position(|byte| *byte == b'}')?;
    rest.get(..length).filter(|tag| !tag.is_empty())
}

/// CRC-16/XMODEM: polynomial 0x1021, nothing reflected, from zero. Bit by bit: keys are
/// short, and are hashed once an acquisition.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            let carry = crc & 0x8000 != 0;
            (crc << 1) ^ if carry { 0x1021 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_servers() {
        // CLUSTER KEYSLOT of redis-server 7.0
        for (key, slot) in [
            ("", 0),
            ("123456789", 12_739),
            ("foo", 12_182),
            ("bar", 5_061),
            ("{user1000}.following", 3_443),
            ("{user1000}.followers", 3_443),
            ("foo{}{bar}", 8_363),
            ("foo{{bar}}zap", 4_015),
            ("foo{bar}{zap}", 5_061),
        ] {
            assert_eq!(HashSlot::of(key.as_bytes()).number(), slot, "{key}");
        }
    }

    #[test]
    fn the_tag_is_the_first_that_is_not_empty() {
        for (key, tag) in [
            ("job", None),
            ("a{b}c", Some("b")),
            ("a{}c{d}", None),
            ("a{b", None),
            ("a}b{c}", Some("c")),
            ("{{b}}", Some("{b")),
        ] {
            assert_eq!(hash_tag(key.as_bytes()), tag.map(str::as_bytes), "{key}");
        }
    }
}
