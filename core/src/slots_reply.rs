//! The answer to `CLUSTER SLOTS`: which primary has which slots.
//!
//! `CLUSTER SLOTS` and not the newer `CLUSTER SHARDS`: every version since 3.0 has it, in
//! one form in both protocols, and whoever stands first is the primary.

use alloc::vec::Vec;

use quorlock_resp::Value;

use crate::endpoint::Endpoint;
use crate::hash_slot::HashSlot;
use crate::reply::integer;

/// The question.
pub(crate) const COMMAND: [&[u8]; 2] = [b"CLUSTER", b"SLOTS"];

/// Slots that lie side by side, and the primary that has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotRange {
    pub(crate) first: HashSlot,
    /// Included.
    pub(crate) last: HashSlot,
    pub(crate) primary: Endpoint,
}

/// Reads the answer of a node that was reached at `asked`; `None` where it is none, or says
/// what can't be. One range for each slot is the most there can be.
pub(crate) fn read(reply: Value<'_>, asked: &Endpoint) -> Option<Vec<SlotRange>> {
    let Value::Array(entries) = reply else {
        return None;
    };
    let ranges = entries.take(usize::from(HashSlot::COUNT));
    ranges.map(|entry| range(entry, asked)).collect()
}

/// `[first, last, [host, port, ..], replica..]`
fn range(entry: Value<'_>, asked: &Endpoint) -> Option<SlotRange> {
    let Value::Array(mut parts) = entry else {
        return None;
    };
    let (first, last) = (slot(parts.next()?)?, slot(parts.next()?)?);
    let Value::Array(mut primary) = parts.next()? else {
        return None;
    };
    let host = primary.next()?;
    let host = if let Value::Bulk(host) = host {
        core::str::from_utf8(host).ok()?
    } else {
        // `cluster-preferred-endpoint-type unknown-endpoint`
        (host == Value::Null).then_some("")?
    };
    let port = u16::try_from(integer(primary.next()?)?).ok()?;
    let primary = Endpoint::told(host, port, asked)?;
    (first <= last).then_some(SlotRange {
        first,
        last,
        primary,
    })
}

fn slot(value: Value<'_>) -> Option<HashSlot> {
    HashSlot::new(u16::try_from(integer(value)?).ok()?)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use quorlock_resp::{Decoder, Limits};

    use super::*;

    /// What is read from an answer, one word a range.
    fn words(reply: &str) -> Option<Vec<String>> {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let reply = reply.replace(' ', "\r\n") + "\r\n";
        let reply = decoder.decode(reply.as_bytes()).unwrap().unwrap();
        let ranges = read(reply.value(), &Endpoint::new("seed", 7_000))?;
        let word = |it: &SlotRange| {
            let (first, last) = (it.first.number(), it.last.number());
            format!("{first}-{last}={}", it.primary)
        };
        Some(ranges.iter().map(word).collect())
    }

    #[test]
    fn primaries_come_first() {
        let replicated = "*2 *4 :0 :8191 *4 $3 a.b :1 $2 id *0 *4 $3 c.d :2 $2 id *0 \
             *3 :8192 :16383 *3 $3 ::1 :3 $2 id";
        let expected = ["0-8191=a.b:1", "8192-16383=[::1]:3"];
        assert_eq!(words(replicated).unwrap(), expected);
        assert_eq!(words("*0").unwrap(), [""; 0]);
    }

    #[test]
    fn a_node_without_a_name_is_the_one_that_was_asked() {
        for host in ["$0 ", "$1 ?", "$-1", "_"] {
            let reply = format!("*1 *3 :5 :5 *3 {host} :9 $2 id");
            assert_eq!(words(&reply).unwrap(), ["5-5=seed:9"], "{host}");
        }
    }

    #[test]
    fn what_cannot_be_is_no_map() {
        for reply in [
            ":1",
            "*1 :1",
            "*1 *2 :0 :1",
            "*1 *3 :0 :16384 *3 $1 a :1 $2 id",
            "*1 *3 :-1 :5 *3 $1 a :1 $2 id",
            "*1 *3 :6 :5 *3 $1 a :1 $2 id",
            "*1 *3 :0 :5 *3 $1 a :0 $2 id",
            "*1 *3 :0 :5 *3 $1 a :65536 $2 id",
            "*1 *3 :0 :5 *3 $1 \u{7f} +x $2 id",
            "*1 *3 :0 :5 $1 a",
            "*2 *3 :0 :5 *3 $1 a :1 $2 id *0",
        ] {
            assert_eq!(words(reply), None, "{reply}");
        }
    }

    #[test]
    fn ten_thousand_shards_are_read() {
        let entry = |slot| format!("*3 :{slot} :{slot} *3 $1 a :{} $2 id", slot + 1);
        let entries: Vec<_> = (0..10_000).map(entry).collect();
        let reply = format!("*10000 {}", entries.join(" "));
        assert_eq!(words(&reply).unwrap().len(), 10_000);
    }
}
