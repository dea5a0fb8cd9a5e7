//! The replicas of the nodes.

use core::time::Duration;

/// What each node has for the case that it dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// How many.
    pub each: u8,
    /// A change reaches a replica, and its word the node, within so long each.
    pub lag: Duration,
}

impl Replicas {
    /// None.
    pub const NONE: Self = Self {
        each: 0,
        lag: Duration::ZERO,
    };
}
