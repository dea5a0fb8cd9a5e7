//! A client as the command line describes it.

use quorlock_tokio::{BuildError, Builder, Client, Fairness};

use crate::args::{NodeArgs, VoteArgs};
use crate::exit::Exit;
use crate::report::Failed;

/// The builder of a client of the nodes at `urls`, under a name that tells a server's
/// operator which process it is.
///
/// # Errors
/// A URL names no node.
pub(crate) fn builder(
    nodes: &NodeArgs,
    votes: &VoteArgs,
    urls: &[String],
) -> Result<Builder, Failed> {
    let builder = quorlock_tokio::builder()
        .quorum(votes.quorum)
        .guard(votes.guard)
        .fairness(if votes.fair {
            Fairness::QUEUE
        } else {
            Fairness::Off
        })
        .fencing(votes.fencing)
        .max_ttl(nodes.max_ttl)
        .accept_eviction(nodes.accept_eviction)
        .client_name(format!("quorlock:{}", std::process::id()));
    let builder = match votes.replicas.replication() {
        Some(replication) => builder.replicas(replication),
        None => builder,
    };
    let builder = if nodes.cluster {
        builder.cluster(urls)
    } else {
        builder.nodes(urls)
    };
    builder.map_err(|error| Failed::new(Exit::USAGE, error))
}

/// Starts the client.
///
/// # Errors
/// The configuration can't work, or the system refuses randomness.
pub(crate) fn start(builder: Builder) -> Result<Client, Failed> {
    builder.build().map_err(|error| {
        let exit = match error {
            BuildError::Config(_) | BuildError::SameServer { .. } | BuildError::Seed { .. } => {
                Exit::USAGE
            }
            BuildError::Random(_) | BuildError::Runtime(_) => Exit::SYSTEM,
        };
        Failed::new(exit, error)
    })
}
