//! Who takes part: two clients and three nodes.

use core::fmt;

use quorlock_core::{ClientId, NodeId, NodeSet};

/// Lock nodes; two of them are a quorum.
pub(crate) const NODES: usize = 3;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// The one that asks first.
    A,
    /// The other one.
    B,
}

impl Who {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// Its place in arrays of two.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// What its owners begin with.
    pub(crate) const fn id(self) -> ClientId {
        ClientId(match self {
            Self::A => 0xa,
            Self::B => 0xb,
        })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

/// All nodes.
pub(crate) fn nodes() -> impl Iterator<Item = NodeId> {
    NodeSet::first(NODES).into_iter()
}
