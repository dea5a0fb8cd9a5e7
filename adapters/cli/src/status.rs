//! `quorlock status`: which nodes vote, and who holds a lock.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;

use bytes::Bytes;
use quorlock_tokio::{Client, NodeNames, NodeStatus, NodeUrl, Problem};
use serde::Serialize;
use tokio::time::timeout;

use crate::args::StatusArgs;
use crate::client;
use crate::each_node;
use crate::event_loop::block_on;
use crate::exit::Exit;
use crate::inspect::{Stored, inspect};
use crate::lines;
use crate::nodes::{self, Group};
use crate::report::{Failed, Node, NodeState, readable};

/// A line of the answer. The JSON object is the serialised variant with its name in
/// `event`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum StatusLine {
    Key(KeyLine),
    Node(NodeLine),
    Quorum(QuorumLine),
}

/// One node.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NodeLine {
    #[serde(flatten)]
    node: Node,
    /// What it stores for the lock that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<Lock>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Lock {
    Stored(Stored),
    Unknown { error: String },
}

/// All nodes in sum.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct QuorumLine {
    votes: usize,
    votes_needed: usize,
    nodes: usize,
}

/// The lock in sum.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyLine {
    key: String,
    #[serde(flatten)]
    holder: Holder,
}

/// Who holds the lock on a quorum of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Holder {
    /// Nobody, whatever the nodes store that did not tell.
    Free,
    Held {
        owner: String,
    },
    /// Too few nodes have told.
    Unknown,
}

/// Asks all nodes; says what each answered, and the exit status in sum.
///
/// # Errors
/// No node, or a configuration that can't work.
pub(crate) fn status(args: &StatusArgs) -> Result<(Vec<StatusLine>, Exit), Failed> {
    let urls = match &args.key {
        Some(key) => Group::of_key(&args.nodes, key.as_bytes())?,
        None => nodes::only_group(&args.nodes)?,
    }
    .urls;
    block_on(async {
        let client = client::start(client::builder(&args.nodes, &args.votes, &urls)?)?;
        let nodes = each_node::parse(&urls)?;
        if args.nodes.cluster {
            return in_cluster(&client, &nodes, args).await;
        }
        let (statuses, locks) = tokio::join!(settled(&client, args.wait), locks(args, nodes));
        Ok(answer(&statuses, locks, client.votes_needed(), args))
    })
}

/// The primaries of a cluster, all of which have to vote for every key to be locked; where a
/// lock was asked for, the one that has it.
async fn in_cluster(
    client: &Client,
    seeds: &[NodeUrl],
    args: &StatusArgs,
) -> Result<(Vec<StatusLine>, Exit), Failed> {
    let mut statuses = settled(client, args.wait).await;
    let mut asked = Vec::new();
    if let Some(key) = &args.key {
        let voters = client.voters(key.as_bytes());
        statuses.retain(|node| voters.as_ref().is_none_or(|it| it.contains(&node.name)));
        for node in voters.iter().flat_map(NodeNames::iter) {
            let url = format!("redis://{node}").parse::<NodeUrl>();
            let url = url.map_err(|error| Failed::new(Exit::UNAVAILABLE, error))?;
            asked.extend(seeds.first().map(|seed| seed.at(url.place().clone())));
        }
    }
    let locks = locks(args, asked).await;
    // nobody votes on a slot whose primary is not known
    let unknown = usize::from(statuses.is_empty() || !client.knows_all_slots());
    Ok(answer(&statuses, locks, statuses.len() + unknown, args))
}

/// The nodes once every one of them is known to vote or not to, or when time is up.
async fn settled(client: &Client, patience: Duration) -> Vec<NodeStatus> {
    let mut watch = client.watch_nodes();
    let all_known = async {
        while let Some(nodes) = watch.changed().await {
            let known = |node: &NodeStatus| node.problem != Some(Problem::Connecting);
            if nodes.iter().all(known) && client.knows_all_slots() {
                return;
            }
        }
    };
    // too late: what is known by then is the answer
    let _ = timeout(patience, all_known).await;
    client.nodes()
}

/// What each node stores for the lock; nothing where none was asked for.
async fn locks(args: &StatusArgs, nodes: Vec<NodeUrl>) -> Vec<Lock> {
    let Some(key) = &args.key else {
        return Vec::new();
    };
    let key = Bytes::copy_from_slice(key.as_bytes());
    let accept_eviction = args.nodes.accept_eviction;
    let question = |node| inspect(node, accept_eviction, key.clone());
    let answers = each_node::ask(nodes, args.wait, question).await;
    let lock = |answer: std::io::Result<Stored>| match answer {
        Ok(stored) => Lock::Stored(stored),
        Err(error) => Lock::Unknown {
            error: error.to_string(),
        },
    };
    answers.into_iter().map(lock).collect()
}

fn answer(
    nodes: &[NodeStatus],
    locks: Vec<Lock>,
    votes_needed: usize,
    args: &StatusArgs,
) -> (Vec<StatusLine>, Exit) {
    let key = args.key.as_ref().map(|key| KeyLine {
        key: readable(key.as_bytes()).into_owned(),
        holder: Holder::of(&locks, votes_needed),
    });
    let votes = nodes.iter().filter(|node| node.problem.is_none()).count();
    let quorum = QuorumLine {
        votes,
        votes_needed,
        nodes: nodes.len(),
    };
    let locks = locks.into_iter().map(Some).chain(core::iter::repeat(None));
    let node = |(status, lock)| {
        let node = lines::node(status);
        StatusLine::Node(NodeLine { node, lock })
    };
    let mut lines: Vec<_> = nodes.iter().zip(locks).map(node).collect();
    lines.push(StatusLine::Quorum(quorum));
    lines.extend(key.map(StatusLine::Key));
    let exit = if votes >= votes_needed {
        Exit::SUCCESS
    } else {
        Exit::UNAVAILABLE
    };
    (lines, exit)
}

impl Holder {
    fn of(locks: &[Lock], votes_needed: usize) -> Self {
        let mut votes = BTreeMap::new();
        let mut untold = 0;
        for lock in locks {
            match lock {
                Lock::Stored(Stored { owner: None, .. }) => {}
                Lock::Stored(Stored {
                    owner: Some(owner), ..
                }) => *votes.entry(owner).or_insert(0) += 1,
                Lock::Unknown { .. } => untold += 1,
            }
        }
        match votes.into_iter().max_by_key(|(_, votes)| *votes) {
            Some((owner, votes)) if votes >= votes_needed => Self::Held {
                owner: owner.clone(),
            },
            best if best.map_or(0, |(_, votes)| votes) + untold < votes_needed => Self::Free,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(KeyLine { key, holder }) => {
                write!(f, "lock {key:?}: ")?;
                match holder {
                    Holder::Free => f.write_str("no owner has a quorum"),
                    Holder::Held { owner } => write!(f, "held by {owner}"),
                    Holder::Unknown => f.write_str("unknown, too few nodes have told"),
                }
            }
            Self::Node(NodeLine { node, lock }) => {
                node.fmt(f)?;
                match lock {
                    Some(Lock::Stored(stored)) => write!(f, "; the lock: {stored}"),
                    // said already
                    Some(Lock::Unknown { .. }) if node.state == NodeState::Unusable => Ok(()),
                    Some(Lock::Unknown { error }) => write!(f, "; the lock: {error}"),
                    None => Ok(()),
                }
            }
            Self::Quorum(quorum) => {
                let QuorumLine {
                    votes,
                    votes_needed,
                    nodes,
                } = quorum;
                write!(f, "{votes} of {nodes} nodes vote, {votes_needed} needed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_by(owner: Option<&str>) -> Lock {
        Lock::Stored(Stored {
            owner: owner.map(str::to_owned),
            left: None,
            token: None,
        })
    }

    #[test]
    fn the_holder_has_a_quorum() {
        let unknown = Lock::Unknown {
            error: "no answer".to_owned(),
        };
        let (a, b, free) = (held_by(Some("a")), held_by(Some("b")), held_by(None));
        let held = |owner: &str| Holder::Held {
            owner: owner.to_owned(),
        };
        let table: [(&[&Lock], Holder); 7] = [
            (&[&a, &a, &b], held("a")),
            (&[&a, &b, &b], held("b")),
            (&[&a, &b, &free], Holder::Free),
            (&[&free, &unknown, &free], Holder::Free),
            (&[&a, &unknown, &free], Holder::Unknown),
            (&[&unknown, &unknown, &free], Holder::Unknown),
            (&[&a, &unknown, &a], held("a")),
        ];
        for (locks, holder) in table {
            let locks: Vec<_> = locks.iter().map(|lock| (*lock).clone()).collect();
            assert_eq!(Holder::of(&locks, 2), holder, "{locks:?}");
        }
    }
}
