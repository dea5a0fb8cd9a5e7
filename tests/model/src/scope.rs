//! What a run explores: how far, what the clients want, and which faults there are.

use core::time::Duration;

use quorlock_core::{Config, Drift, Fencing, NodeConfig, RestartGuard, Timing};

use crate::names::{NODES, Who};
use crate::time::{Tick, lease};

/// Longer than any run: for what the machines would do by a timer that no claim is about.
const BEYOND: Duration = Duration::from_hours(1);

/// The bounds of one run. Everything within them is explored.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The last tick.
    pub horizon: Tick,
    /// The lease of each client, in ticks; also the longest lease it was told of, which its guard waits for.
    pub lease: [Tick; 2],
    /// What the clients allow for drift, in ticks of a lease.
    pub margin: Tick,
    /// How nodes that forgot are kept out.
    pub guard: RestartGuard,
    /// Where fencing tokens come from.
    pub tokens: Tokens,
    /// Whether the clients know the nodes' clocks.
    pub clocks: Clocks,
    /// What the holders do with the lock.
    pub writes: Writes,
    /// What each client may want, so many times.
    pub intents: [Intents; 2],
    /// What may go wrong, so many times.
    pub faults: Faults,
    /// Whether a new connection can end what the old one left behind (`CLIENT KILL`).
    pub can_kill: bool,
    /// When a schedule is not followed any further.
    pub until: Until,
}

/// When a schedule has shown all that the claims of its run are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When no lock can be acquired or extended any more, and no write is under way.
    LastTenure,
    /// When there are not two clients any more that hold the lock, or may come to hold it: for claims on two holders.
    TwoHolders,
}

/// Intents of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Intents {
    /// Acquisitions, of one try each.
    pub acquire: u8,
    /// Extensions, by hand.
    pub extend: u8,
    /// Releases, in time or late.
    pub release: u8,
    /// Writes to the resource that the lock protects.
    pub write: u8,
}

/// Faults, over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Faults {
    /// Connections that break: what is in flight to the node is executed later, or never; what is in flight from it is
    /// lost.
    pub breaks: u8,
    /// Nodes that crash and are back at once, with nothing in memory.
    pub restarts: u8,
    /// Steps forward by a tick, of any node's clock.
    pub skews: u8,
    /// The most that one clock may be ahead, in ticks.
    pub most_ahead: Tick,
}

/// Where fencing tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// From the real machines: proposed by the client, accepted by nodes whose counter is below.
    Proposed,
    /// A naive scheme, written for this crate to show that it fails: each node counts its grants, and the token is the
    /// largest count of the quorum. The lock itself is the real one, without its tokens.
    LargestIncrement,
    /// There are none. Tokens only ever refuse a lock; without them more is reached in fewer steps.
    Off,
}

/// What clients know of the nodes' clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clocks {
    /// What they show when a connection begins.
    AtConnection,
    /// Nothing.
    Unknown,
}

/// What holders do with the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// It compares tokens.
    Fenced,
    /// It takes what comes.
    Unfenced,
}

impl Scope {
    /// One acquisition and one release of each client, leases of two ticks, no faults.
    pub const PLAIN: Self = Self {
        horizon: 3,
        lease: [2; 2],
        margin: 0,
        guard: RestartGuard::Off,
        tokens: Tokens::Proposed,
        clocks: Clocks::AtConnection,
        writes: Writes::Fenced,
        intents: [Intents::ONCE; 2],
        faults: Faults::NONE,
        can_kill: true,
        until: Until::LastTenure,
    };

    /// The configuration of a client.
    pub(crate) fn config(&self, who: Who) -> Config {
        let nodes = (0..NODES).map(|index| NodeConfig::new(format!("node {index}")));
        Config {
            drift: Drift {
                ppm: 0,
                margin: Duration::from_secs(u64::from(self.margin)),
            },
            fencing: match self.tokens {
                Tokens::Proposed => Fencing::DEFAULT,
                Tokens::LargestIncrement | Tokens::Off => Fencing::Off,
            },
            guard: self.guard,
            max_ttl: lease(self.lease[who.index()]),
            timing: Timing {
                lost_notice: Duration::ZERO,
                release_timeout: BEYOND,
                ..Timing::DEFAULT
            },
            ..Config::new(nodes, who.id(), 1)
        }
    }
}

impl Intents {
    /// One acquisition and one release.
    pub const ONCE: Self = Self {
        acquire: 1,
        extend: 0,
        release: 1,
        write: 0,
    };

    /// One acquisition that is not released.
    pub const HOLD: Self = Self {
        release: 0,
        ..Self::ONCE
    };

    /// One acquisition and one release, and another acquisition.
    pub const AGAIN: Self = Self {
        acquire: 2,
        ..Self::ONCE
    };

    /// One acquisition that is not released, and one write under it.
    pub const WRITE: Self = Self {
        write: 1,
        ..Self::HOLD
    };
}

impl Faults {
    /// Nothing goes wrong but that anybody may be slow.
    pub const NONE: Self = Self {
        breaks: 0,
        restarts: 0,
        skews: 0,
        most_ahead: 0,
    };
}
