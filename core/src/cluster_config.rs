//! What a client is told of a cluster.

use alloc::vec::Vec;

use crate::config::{Config, ConfigError, NodeConfig};
use crate::endpoint::Endpoint;
use crate::guard::RestartGuard;
use crate::node::MAX_NODES;

/// A Redis Cluster. Its primaries are found through any of its nodes, and become the
/// lock nodes: at most [`MAX_NODES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// What every node is shown. Its name is that of no node: each is named for its
    /// endpoint.
    pub node: NodeConfig,
    /// Where to look for the cluster: one is enough, more are better where it may be down.
    pub seeds: Vec<Endpoint>,
}

impl ClusterConfig {
    /// The cluster of these nodes, without a password.
    pub fn new<I>(seeds: I) -> Self
    where
        I: IntoIterator<Item = Endpoint>,
    {
        Self {
            node: NodeConfig::new(""),
            seeds: seeds.into_iter().collect(),
        }
    }

    /// Checks what a cluster can't do; tells how many nodes vote on a key.
    pub(crate) fn check(&self, config: &Config) -> Result<usize, ConfigError> {
        let (database, seeds) = (self.node.database, self.seeds.len());
        if !config.nodes.is_empty() {
            Err(ConfigError::ClusterNodes)
        } else if config.guard == RestartGuard::Strict {
            Err(ConfigError::ClusterStrict)
        } else if database != 0 {
            Err(ConfigError::ClusterDatabase { database })
        } else if seeds > MAX_NODES {
            Err(ConfigError::TooManyNodes { nodes: seeds })
        } else {
            Ok(seeds.min(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::ClientId;
    use crate::quorum::Quorum;

    #[test]
    fn what_a_cluster_cannot_do_is_refused() {
        let check = |change: &dyn Fn(&mut Config, &mut ClusterConfig)| {
            let mut cluster = ClusterConfig::new([Endpoint::new("a", 1)]);
            let mut config = Config::new([], ClientId(1), 1);
            change(&mut config, &mut cluster);
            config.cluster = Some(cluster);
            config.votes_needed()
        };
        assert_eq!(check(&|_, _| {}), Ok(1));
        assert_eq!(check(&|config, _| config.quorum = Quorum::All), Ok(1));
        let strict = check(&|config, _| config.guard = RestartGuard::Strict);
        assert_eq!(strict, Err(ConfigError::ClusterStrict));
        let nodes = check(&|config, _| config.nodes.push(NodeConfig::new("b")));
        assert_eq!(nodes, Err(ConfigError::ClusterNodes));
        let database = check(&|_, cluster| cluster.node.database = 3);
        assert_eq!(database, Err(ConfigError::ClusterDatabase { database: 3 }));
        let none = check(&|_, cluster| cluster.seeds.clear());
        assert_eq!(none, Err(ConfigError::NoNodes));
        for (seeds, expected) in [
            (64, Ok(1)),
            (65, Err(ConfigError::TooManyNodes { nodes: 65 })),
        ] {
            let many = check(&|_, cluster| {
                cluster.seeds = (1..=seeds).map(|port| Endpoint::new("a", port)).collect();
            });
            assert_eq!(many, expected);
        }
        let quorum = check(&|config, _| config.quorum = Quorum::Votes(2));
        assert!(matches!(quorum, Err(ConfigError::Quorum { nodes: 1, .. })));
    }
}
