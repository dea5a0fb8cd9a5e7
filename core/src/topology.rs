//! Which nodes vote on a key.

use crate::config::{Config, ConfigError};
use crate::hash_slot::HashSlot;
use crate::node::{NodeId, NodeSet};
use crate::quorum::Group;
use crate::slot_map::SlotMap;

/// How keys are voted on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Topology {
    /// By the one node that has the key's hash slot.
    Cluster(SlotMap),
    /// By all nodes of this group, every key.
    Whole(Group),
}

impl Topology {
    /// # Errors
    /// See [`ConfigError`].
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        let needed = config.votes_needed()?;
        Ok(if config.cluster.is_some() {
            Self::Cluster(SlotMap::new())
        } else {
            Self::Whole(Group::new(NodeSet::first(config.nodes.len()), needed))
        })
    }

    /// Who votes on a key. Where it is not known who has the slot, any one of the
    /// `usable` nodes is asked, who will say it; without one, `all` are waited for.
    pub(crate) fn group(&self, key: &[u8], usable: NodeSet, all: NodeSet) -> Group {
        match self {
            Self::Whole(group) => *group,
            Self::Cluster(map) => {
                let guess = || usable.iter().next();
                let voter = map.owner(HashSlot::of(key)).or_else(guess);
                Group::new(voter.map_or(all, |node| NodeSet::from_iter([node])), 1)
            }
        }
    }

    /// Whether a node may vote on a key.
    pub(crate) fn concerns(&self, key: &[u8], node: NodeId) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Cluster(map) => map
                .owner(HashSlot::of(key))
                .is_none_or(|owner| owner == node),
        }
    }

    /// Whether the nodes are those of a cluster.
    pub(crate) const fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_slot_that_nobody_is_known_to_have_is_asked_for_anywhere() {
        let node = |index| NodeId::new(index).unwrap();
        let (all, usable) = (NodeSet::first(3), [1, 2].map(node).into_iter().collect());
        let mut map = SlotMap::new();
        let slot = HashSlot::of(b"foo");
        let voters = |map: &SlotMap, usable| {
            let group = Topology::Cluster(map.clone()).group(b"foo", usable, all);
            assert_eq!(group.needed, 1);
            group.voters
        };
        assert_eq!(voters(&map, NodeSet::EMPTY), all);
        assert_eq!(voters(&map, usable), NodeSet::from_iter([node(1)]));
        map.assign(slot, slot, node(0));
        assert_eq!(voters(&map, usable), NodeSet::first(1), "usable or not");
        let cluster = Topology::Cluster(map);
        assert!(cluster.concerns(b"foo", node(0)) && !cluster.concerns(b"foo", node(1)));
        assert!(cluster.concerns(b"bar", node(1)));
    }
}
