//! Who holds a lock: the string that a node stores under the key.

use core::fmt;

/// 128 random bits that tell one client from every other.
///
/// The caller draws them, from a source that nobody can guess: the core has no
/// source of randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(pub u128);

/// The value that a node stores: the client and a counter, fresh for every round
/// of every acquisition, so that an old handle or a late command can never touch a
/// newer hold.
///
/// Its text is 49 bytes: 32 hexadecimal digits, a dash, 16 hexadecimal digits.
///
/// ```
/// use quorlock_core::{ClientId, Owner};
///
/// let owner = Owner::new(ClientId(0xab), 7);
/// assert_eq!(owner.to_string(), format!("{:032x}-{:016x}", 0xab, 7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    client: ClientId,
    counter: u64,
}

impl Owner {
    /// Bytes of the text.
    pub const LEN: usize = 49;

    /// The owner of the client's `counter`th round.
    #[must_use]
    pub const fn new(client: ClientId, counter: u64) -> Self {
        Self { client, counter }
    }

    /// The text as it goes over the wire, without an allocation.
    #[must_use]
    pub fn text(self) -> [u8; Self::LEN] {
        let mut text = [b'-'; Self::LEN];
        let (client, rest) = text.split_at_mut(32);
        hex(client, self.client.0);
        if let Some((_dash, counter)) = rest.split_first_mut() {
            hex(counter, u128::from(self.counter));
        }
        text
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}-{:016x}", self.client.0, self.counter)
    }
}

/// Writes the low digits of `value`, most significant first.
fn hex(out: &mut [u8], mut value: u128) {
    for digit in out.iter_mut().rev() {
        let low = (value & 0xf) as u8;
        *digit = if low < 10 {
            b'0' + low
        } else {
            b'a' + (low - 10)
        };
        value >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn text_and_display_agree() {
        for (client, counter) in [(0, 0), (u128::MAX, u64::MAX), (0x1234_abcd, 99)] {
            let owner = Owner::new(ClientId(client), counter);
            assert_eq!(owner.to_string().as_bytes(), owner.text());
        }
    }
}
