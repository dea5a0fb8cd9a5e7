//! Whose turn it is: what one who waits is called in the queues of all nodes.
//!
//! A turn begins with the time of the request, so that all nodes have the same order
//! without talking to each other. The order in which nodes hear of the waiters would do
//! worse: three waiters could each be the first on some of five nodes, for ever. Nor does
//! a waiter whose place has ended for want of news lose his turn: when he asks again, he
//! stands where he stood.

use bytes::BytesMut;

use crate::owner::Owner;
use crate::token::encode_sibling_key;

/// A waiter's name in the queues of the nodes: the time of his request, then an owner that
/// no lock has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Turn {
    since_us: u64,
    name: Owner,
}

impl Turn {
    /// Bytes of the text.
    pub const LEN: usize = DIGITS + 1 + Owner::LEN;

    /// The turn of a request at `since_us`, in µs since 1970 by the servers' time; `name`
    /// tells it from others of that time.
    #[must_use]
    pub const fn new(since_us: u64, name: Owner) -> Self {
        Self { since_us, name }
    }

    /// The owner in it.
    pub(crate) const fn name(self) -> Owner {
        self.name
    }

    /// The text as it goes over the wire: 16 decimal digits (until the year 2286), a dash,
    /// the name. The order of the texts is that of the turns.
    #[must_use]
    pub fn text(self) -> [u8; Self::LEN] {
        let mut text = [b'-'; Self::LEN];
        let (digits, rest) = text.split_at_mut(DIGITS);
        let mut number = self.since_us;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        if let Some((_dash, name)) = rest.split_first_mut() {
            name.copy_from_slice(&self.name.text());
        }
        text
    }
}

const DIGITS: usize = 16;

/// What the name of a queue has behind the key whose waiters stand in it.
pub(crate) const QUEUE: &[u8] = b":quorlock-queue";

/// Appends the name of the queue of a key, as a bulk string.
pub(crate) fn encode_queue_key(out: &mut BytesMut, key: &[u8]) {
    encode_sibling_key(out, key, QUEUE);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::ClientId;
    use alloc::string::ToString;

    #[test]
    fn texts_have_the_order_of_the_requests() {
        let turn = |us, counter| Turn::new(us, Owner::new(ClientId(0xab), counter)).text();
        let early = turn(999, 7);
        assert_eq!(
            early.escape_ascii().to_string(),
            "0000000000000999-000000000000000000000000000000ab-0000000000000007"
        );
        assert!(early < turn(999, 8) && turn(999, 8) < turn(1_000, 1));
        assert!(turn(1_000, 1) < turn(1_700_000_000_000_000, 1));
    }
}
