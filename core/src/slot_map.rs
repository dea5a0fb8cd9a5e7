//! Which node of a cluster has which hash slots, as far as is known.

use alloc::vec;
use alloc::vec::Vec;

use crate::hash_slot::HashSlot;
use crate::node::{NodeId, NodeSet};

/// The owner of each slot. One word a slot: a `MOVED` is learned, and an owner looked up,
/// in one step, however the slots are cut up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SlotMap {
    owners: Vec<Option<NodeId>>,
}

impl SlotMap {
    /// Nothing is known.
    pub(crate) fn new() -> Self {
        Self {
            owners: vec![None; usize::from(HashSlot::COUNT)],
        }
    }

    /// Who has the slot; `None`: nobody, or it is not known.
    pub(crate) fn owner(&self, slot: HashSlot) -> Option<NodeId> {
        self.owners
            .get(usize::from(slot.number()))
            .copied()
            .flatten()
    }

    /// The slots from `first` to `last`, both included, are the node's.
    pub(crate) fn assign(&mut self, first: HashSlot, last: HashSlot, node: NodeId) {
        let range = usize::from(first.number())..=usize::from(last.number());
        for owner in self.owners.get_mut(range).into_iter().flatten() {
            *owner = Some(node);
        }
    }

    /// All nodes that have slots.
    pub(crate) fn nodes(&self) -> NodeSet {
        self.owners.iter().copied().flatten().collect()
    }

    /// Whether each slot has an owner.
    pub(crate) fn is_whole(&self) -> bool {
        self.owners.iter().all(Option::is_some)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn slot(number: u16) -> HashSlot {
        HashSlot::new(number).unwrap()
    }

    fn node(index: usize) -> NodeId {
        NodeId::new(index).unwrap()
    }

    #[test]
    fn the_word_that_came_last_counts() {
        let mut map = SlotMap::new();
        assert_eq!((map.owner(slot(0)), map.nodes()), (None, NodeSet::EMPTY));
        map.assign(slot(0), slot(8_000), node(0));
        // overlaps, and leaves a hole
        map.assign(slot(7_000), slot(16_381), node(5));
        map.assign(slot(16_383), slot(16_383), node(63));
        // the wrong way round: nothing
        map.assign(slot(9), slot(3), node(1));
        for (number, owner) in [
            (0, Some(0)),
            (5, Some(0)),
            (6_999, Some(0)),
            (7_000, Some(5)),
            (16_381, Some(5)),
            (16_382, None),
            (16_383, Some(63)),
        ] {
            assert_eq!(map.owner(slot(number)), owner.map(node), "{number}");
        }
        assert_eq!(map.nodes(), [0, 5, 63].map(node).into_iter().collect());
        assert!(!map.is_whole());
        map.assign(slot(16_382), slot(16_382), node(5));
        assert!(map.is_whole());
    }
}
