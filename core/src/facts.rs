//! What a server says of itself when a connection begins, read from `INFO`.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use crate::dialect::Capabilities;
use crate::server_error::ServerError;
use crate::time::Instant;

/// One life of a server process: 40 characters that change with each of its starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunId([u8; 40]);

impl RunId {
    /// A run id as `INFO` tells it: 40 letters and digits.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let id: &[u8; 40] = text.first_chunk()?;
        let plain = id.iter().all(u8::is_ascii_alphanumeric);
        (plain && text.len() == id.len()).then_some(Self(*id))
    }

    /// As it stands in a guard.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunId({})", self.0.escape_ascii())
    }
}

/// A server's clock, read once: between `asked` and `heard` it showed `server_us`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClockSample {
    /// When the question was sent.
    pub asked: Instant,
    /// When the answer came.
    pub heard: Instant,
    /// Microseconds since 1970.
    pub server_us: u64,
}

/// What is known of a node for as long as one connection lasts. A cached one is unsafe:
/// the next connection may reach another life of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeFacts {
    /// Why its replicas can't be waited for, where that was tried and refused for good.
    pub cannot_wait: Option<ServerError>,
    /// Whether this user may end his earlier connections (`CLIENT KILL`); where not,
    /// an acquire carries a deadline in the server's clock.
    pub can_kill: bool,
    /// What this user can have done there.
    pub capabilities: Capabilities,
    /// Its clock, when the connection began.
    pub clock: Option<ClockSample>,
    /// It says that it has had no earlier life in which it could have granted
    /// anything, as an embedded node does: no quarantine is needed.
    pub first_life: bool,
    /// It can say what nobody asked for: RESP3.
    pub pushes: bool,
    /// Why nothing else is known: the server refuses `INFO`.
    pub refusal: Option<ServerError>,
    /// Which life of the server this is.
    pub run_id: Option<RunId>,
    /// How long the server has been up, in whole seconds, when the connection began.
    pub uptime: Option<Duration>,
}

impl NodeFacts {
    /// Takes over what `INFO server` says.
    pub(crate) fn read(&mut self, info: &[u8], asked: Instant, heard: Instant) {
        self.run_id = field(info, b"run_id").and_then(RunId::new);
        self.uptime = uptime(info);
        self.first_life = field(info, b"quorlock_first_life") == Some(b"1");
        self.clock = number(info, b"server_time_usec").map(|server_us| ClockSample {
            asked,
            heard,
            server_us,
        });
    }
}

/// How long the server has been up. Below zero, as after its clock was set back beyond its
/// start, is just started for all that is known.
fn uptime(info: &[u8]) -> Option<Duration> {
    let seconds: i64 = number(info, b"uptime_in_seconds")?;
    let seconds = u64::try_from(seconds).unwrap_or(0);
    Some(Duration::from_secs(seconds))
}

/// The policy by which a server would throw keys away to make room, if it would: what
/// `INFO memory` says.
pub(crate) fn eviction(info: &[u8]) -> Option<&[u8]> {
    let bounded = number(info, b"maxmemory").is_some_and(|limit: u64| limit > 0);
    field(info, b"maxmemory_policy").filter(|policy| bounded && *policy != b"noeviction")
}

/// The value of a line `name:value`.
fn field<'a>(info: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    info.split(|byte| *byte == b'\n').find_map(|line| {
        let value = line.strip_prefix(name)?.strip_prefix(b":")?;
        Some(value.strip_suffix(b"\r").unwrap_or(value))
    })
}

fn number<N: FromStr>(info: &[u8], name: &[u8]) -> Option<N> {
    core::str::from_utf8(field(info, name)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_from_info() {
        let info = b"# Server\r\nredis_version:7.0.15\r\n\
            run_id:0123456789012345678901234567890123456789\r\n\
            server_time_usec:1700000000000123\r\nuptime_in_seconds:12\r\n";
        let mut facts = NodeFacts::default();
        let (asked, heard) = (Instant::from_nanos(1), Instant::from_nanos(2));
        facts.read(info, asked, heard);
        assert_eq!(facts.uptime, Some(Duration::from_secs(12)));
        assert!(facts.run_id.is_some() && !facts.first_life);
        let server_us = 1_700_000_000_000_123;
        let sample = ClockSample {
            asked,
            heard,
            server_us,
        };
        assert_eq!(facts.clock, Some(sample));
        facts.read(b"run_id:short\nquorlock_first_life:1", asked, heard);
        assert_eq!((facts.run_id, facts.first_life), (None, true));
        assert_eq!((facts.uptime, facts.clock), (None, None));
        facts.read(b"uptime_in_seconds:-3\r\n", asked, heard);
        assert_eq!(facts.uptime, Some(Duration::ZERO), "its clock was set back");
    }

    #[test]
    fn a_server_evicts_where_memory_is_bounded_and_the_policy_says_so() {
        let table: [(&[u8], Option<&[u8]>); 4] = [
            (b"maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n", None),
            (b"maxmemory:9\r\nmaxmemory_policy:noeviction\r\n", None),
            (
                b"maxmemory:9\r\nmaxmemory_policy:volatile-ttl\r\n",
                Some(b"volatile-ttl"),
            ),
            (b"", None),
        ];
        for (info, policy) in table {
            assert_eq!(eviction(info), policy);
        }
    }
}
