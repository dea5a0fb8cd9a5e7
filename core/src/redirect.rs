//! `MOVED` and `ASK`: a node of a cluster says which other one to ask.
//!
//! Source: the cluster specification of Redis, "MOVED Redirection" and "ASK redirection".

use crate::endpoint::Endpoint;
use crate::hash_slot::HashSlot;

/// What a node answers instead of doing what it was asked. Nothing was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// The slot of the command's keys.
    pub(crate) slot: HashSlot,
    /// Who is to be asked.
    pub(crate) to: Endpoint,
    /// `ASK`: only this time, and with `ASKING` in front, since the slot is on its way.
    /// Otherwise the slot has moved.
    pub(crate) asking: bool,
}

impl Redirect {
    /// Reads the error of a node that was reached at `asked`; `None` where it is another
    /// error, or tells no endpoint.
    pub(crate) fn read(error: &[u8], asked: &Endpoint) -> Option<Self> {
        let mut words = core::str::from_utf8(error).ok()?.split(' ');
        let asking = match words.next()? {
            "ASK" => true,
            "MOVED" => false,
            _ => return None,
        };
        let slot = HashSlot::new(words.next()?.parse().ok()?)?;
        // the last colon: an IPv6 address has no brackets here
        let (host, port) = words.next()?.rsplit_once(':')?;
        let to = Endpoint::told(host, port.parse().ok()?, asked)?;
        Some(Self { slot, to, asking })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(error: &[u8]) -> Option<(u16, alloc::string::String, bool)> {
        let asked = Endpoint::new("10.0.0.9", 7_000);
        let Redirect { slot, to, asking } = Redirect::read(error, &asked)?;
        Some((slot.number(), alloc::format!("{to}"), asking))
    }

    #[test]
    fn redirects_are_read() {
        for (error, slot, to, asking) in [
            (
                "MOVED 2121 127.0.0.1:17060",
                2_121,
                "127.0.0.1:17060",
                false,
            ),
            ("ASK 16383 127.0.0.1:17060", 16_383, "127.0.0.1:17060", true),
            ("MOVED 0 ::1:7001", 0, "[::1]:7001", false),
            (
                "MOVED 5 node-3.example:6379",
                5,
                "node-3.example:6379",
                false,
            ),
            ("MOVED 5 :7002", 5, "10.0.0.9:7002", false),
            ("ASK 5 ?:7002", 5, "10.0.0.9:7002", true),
        ] {
            let expected = Some((slot, to.into(), asking));
            assert_eq!(read(error.as_bytes()), expected, "{error}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_no_redirect() {
        let table: [&[u8]; 11] = [
            b"",
            b"MOVED",
            b"MOVED 5",
            b"MOVED 16384 127.0.0.1:7000",
            b"MOVED -1 127.0.0.1:7000",
            b"MOVED 5 127.0.0.1",
            b"MOVED 5 127.0.0.1:0",
            b"MOVED 5 127.0.0.1:65536",
            b"MOVED 5 \xff:7000",
            b"MOVEDX 5 127.0.0.1:7000",
            b"TRYAGAIN Multiple keys request during rehashing of slot",
        ];
        for error in table {
            assert_eq!(read(error), None, "{}", error.escape_ascii());
        }
    }
}
