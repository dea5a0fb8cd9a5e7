//! The nodes of a client as they are, and a watch on their changes.

use std::sync::Arc;

use quorlock_core::{Caution, Problem};

use crate::engine::Engine;

/// A node as it is at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// Its name: address and database.
    pub name: String,
    /// Why it does not vote for new locks; `None`: it does.
    pub problem: Option<Problem>,
    /// What is less safe there than it could be.
    pub caution: Option<Caution>,
}

impl NodeStatus {
    pub(crate) fn of_all(engine: &Engine) -> Vec<Self> {
        let shared = engine.lock();
        let core = &shared.core;
        let status = |node| {
            Some(Self {
                name: core.name(node)?.to_owned(),
                problem: core.problem(node),
                caution: core.caution(node),
            })
        };
        core.nodes().iter().filter_map(status).collect()
    }
}

/// Changes of nodes so far, and whether there will be no more.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodeChanges {
    pub(crate) count: u64,
    pub(crate) ended: bool,
}

/// Tells of changes of nodes; see [`Client::watch_nodes`](crate::Client::watch_nodes).
#[derive(Debug)]
pub struct NodeWatch {
    engine: Arc<Engine>,
    /// The count of changes that was told last.
    told: u64,
}

impl NodeWatch {
    pub(crate) const fn new(engine: Arc<Engine>) -> Self {
        Self { engine, told: 0 }
    }

    /// Waits for a change that was not told yet and tells all nodes as they are then;
    /// changes that follow one another closely may be told as one. `None` when the
    /// client is closed and no change is left to tell.
    pub async fn changed(&mut self) -> Option<Vec<NodeStatus>> {
        let told = self.told;
        let news = self.engine.node_changes.wait(move |changes| {
            let fresh = changes.count != told;
            (fresh || changes.ended).then_some(fresh.then_some(changes.count))
        });
        self.told = news.await?;
        Some(NodeStatus::of_all(&self.engine))
    }
}
