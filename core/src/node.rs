//! Names for nodes and sets of them.

use core::fmt;

/// The most nodes that one client can use.
pub const MAX_NODES: usize = 64;

/// A node: its position in [`Config::nodes`](crate::Config::nodes), from 0 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u8);

impl NodeId {
    /// The node at `index` of the configuration, or `None` from [`MAX_NODES`] on.
    #[must_use]
    pub const fn new(index: usize) -> Option<Self> {
        if index < MAX_NODES {
            #[expect(clippy::cast_possible_truncation, reason = "below 64")]
            Some(Self(index as u8))
        } else {
            None
        }
    }

    /// Position in the configuration.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

/// A set of nodes in one word.
///
/// ```
/// use quorlock_core::{NodeId, NodeSet};
///
/// let mut set = NodeSet::first(3);
/// set.remove(NodeId::new(1).unwrap());
/// assert_eq!(set.len(), 2);
/// assert_eq!(set.iter().map(NodeId::index).collect::<Vec<_>>(), [0, 2]);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NodeSet(u64);

impl NodeSet {
    /// No node.
    pub const EMPTY: Self = Self(0);

    /// The nodes 0 to `count - 1`; all 64 from 64 on.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= MAX_NODES {
            Self(u64::MAX)
        } else {
            Self((1 << count) - 1)
        }
    }

    /// Adds a node; false when it was in already.
    pub const fn insert(&mut self, node: NodeId) -> bool {
        let before = self.0;
        self.0 |= 1 << node.0;
        before != self.0
    }

    /// Takes a node out; false when it was not in.
    pub const fn remove(&mut self, node: NodeId) -> bool {
        let before = self.0;
        self.0 &= !(1 << node.0);
        before != self.0
    }

    /// Whether the node is in.
    #[must_use]
    pub const fn contains(self, node: NodeId) -> bool {
        self.0 & (1 << node.0) != 0
    }

    /// How many nodes are in.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no node is in.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The nodes of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The nodes in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The nodes of this set that are not in the other.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The nodes, lowest first.
    #[must_use]
    pub const fn iter(self) -> Nodes {
        Nodes(self)
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(NodeId::index))
            .finish()
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut set = Self::EMPTY;
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

impl IntoIterator for NodeSet {
    type Item = NodeId;
    type IntoIter = Nodes;

    fn into_iter(self) -> Nodes {
        self.iter()
    }
}

/// Iterator over a [`NodeSet`], lowest node first.
#[derive(Clone, Debug)]
pub struct Nodes(NodeSet);

impl Iterator for Nodes {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let node = NodeId::new(self.0.0.trailing_zeros() as usize)?;
        self.0.remove(node);
        Some(node)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl DoubleEndedIterator for Nodes {
    fn next_back(&mut self) -> Option<NodeId> {
        let last = u64::BITS.checked_sub(self.0.0.leading_zeros() + 1)?;
        let node = NodeId::new(last as usize)?;
        self.0.remove(node);
        Some(node)
    }
}

impl ExactSizeIterator for Nodes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_how_many_nodes_are_left_to_walk() {
        let mut nodes = NodeSet::first(3).iter();
        for left in [3, 2, 1, 0] {
            assert_eq!(nodes.size_hint(), (left, Some(left)));
            assert_eq!(nodes.next().is_some(), left > 0);
        }
    }

    #[test]
    fn nodes_are_walked_from_both_ends() {
        let mut nodes = NodeSet::first(64);
        for node in (3..63).filter_map(NodeId::new) {
            nodes.remove(node);
        }
        let mut walk = nodes.iter().map(NodeId::index);
        assert_eq!(walk.next_back(), Some(63));
        assert_eq!(walk.next(), Some(0));
        assert!(walk.by_ref().rev().eq([2, 1]));
        assert_eq!(walk.next_back(), None);
    }
}
