//! A set of nodes that knows their names.

use core::fmt;
use std::sync::Arc;

use quorlock_core::{NodeId, NodeSet};

/// The names of all nodes of a client, in the order of their configuration.
pub(crate) type AllNames = Arc<[String]>;

/// Some of a client's nodes, by name. Cheap to clone.
#[derive(Clone)]
pub struct NodeNames {
    set: NodeSet,
    all: AllNames,
}

impl NodeNames {
    pub(crate) fn new(set: NodeSet, all: &AllNames) -> Self {
        Self {
            set,
            all: Arc::clone(all),
        }
    }

    /// How many nodes are in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether no node is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// Whether the node of this name is in.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|own| own == name)
    }

    /// The names, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.set.iter().map(|node| name_of(&self.all, node))
    }
}

impl PartialEq for NodeNames {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for NodeNames {}

impl fmt::Debug for NodeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for NodeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (position, name) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

/// The name of a node.
pub(crate) fn name_of(all: &AllNames, node: NodeId) -> &str {
    all.get(node.index()).map_or("unknown node", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(members: &[usize]) -> NodeNames {
        let all: AllNames = ["a:1", "b:2", "c:3"].map(str::to_owned).into();
        NodeNames::new(
            members
                .iter()
                .filter_map(|index| NodeId::new(*index))
                .collect(),
            &all,
        )
    }

    #[test]
    fn a_set_is_shown_by_its_names() {
        assert_eq!(names(&[2, 0]).to_string(), "a:1, c:3");
        assert_eq!(names(&[]).to_string(), "none");
        assert_eq!(format!("{:?}", names(&[1])), r#"{"b:2"}"#);
        assert!(names(&[1]).contains("b:2"));
        assert!(!names(&[1]).contains("a:1"));
    }

    #[test]
    fn sets_are_equal_by_their_names() {
        assert_eq!(names(&[0, 1]), names(&[1, 0]));
        assert_ne!(names(&[0, 1]), names(&[0]));
        assert_ne!(names(&[0, 1]), names(&[0, 2]));
    }
}
