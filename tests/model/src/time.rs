//! Discrete time: ticks of a second, and leases that end on a tick.

use quorlock_core::{Instant, Ttl};
use quorlock_embedded::ServerTime;

/// Ticks since the run began.
pub(crate) type Tick = u8;

/// Where the nodes' clocks stand when a run begins, in µs since 1970.
const EPOCH_MICROS: u64 = 1_700_000_000_000_000;

/// The length of a tick: a second, the granularity of a server's uptime.
pub(crate) const TICK_MILLIS: i64 = 1_000;

const TICK_NANOS: u64 = 1_000_000_000;
const TICK_MICROS: u64 = 1_000_000;

/// A tick on the clients' clocks, which are the true time.
pub(crate) fn instant(tick: Tick) -> Instant {
    Instant::from_nanos(u64::from(tick) * TICK_NANOS)
}

/// What a node's clock shows at a tick, when it is so many ticks ahead.
pub(crate) fn server_time(tick: Tick, ahead: Tick) -> ServerTime {
    let ticks = u64::from(tick) + u64::from(ahead);
    ServerTime::from_micros(EPOCH_MICROS + ticks * TICK_MICROS)
}

/// A lease that is over exactly so many ticks after it began, on a node and for its holder alike. It is a millisecond
/// short of them, because Redis keeps a key through the millisecond of its expiry: a lease of whole ticks would live a
/// tick longer on the node than in its holder's belief, and hide what is off by one.
pub(crate) fn lease(ticks: Tick) -> Ttl {
    Ttl::from_millis(u32::from(ticks) * 1_000 - 1)
}
