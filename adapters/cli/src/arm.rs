//! `quorlock arm`: has each node say whether it votes under the strict guard.

use core::time::Duration;
use std::fmt;
use std::io;

use quorlock_core::{Answer, Dialect, GUARD_KEY, Reply, Ttl, Verb, script};
use quorlock_tokio::{ConfigError, NodeUrl};
use serde::Serialize;

use crate::args::ArmArgs;
use crate::each_node;
use crate::event_loop::block_on;
use crate::exit::Exit;
use crate::node_connection::NodeConnection;
use crate::nodes;
use crate::report::{Failed, Millis};

/// What became of one node. The JSON object is the serialised value.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Armed {
    node: String,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    /// It can't be reached or refuses us.
    Failed { error: String },
    /// It is armed for another longest lease.
    OtherMaxTtl {
        #[serde(rename = "node_max_ttl_ms")]
        node: Millis,
        #[serde(rename = "max_ttl_ms")]
        ours: Millis,
    },
    /// It does not vote for so long yet.
    Quarantined {
        #[serde(rename = "left_ms")]
        left: Millis,
        /// It was to vote at once, but has a guard already.
        has_guard: bool,
    },
    /// It votes.
    Votes,
}

/// Asks every node; says what each answered, and the exit status in sum.
///
/// # Errors
/// No node, or none that can be.
pub(crate) fn arm(args: &ArmArgs) -> Result<(Vec<Armed>, Exit), Failed> {
    if args.nodes.cluster {
        return Err(Failed::new(Exit::USAGE, ConfigError::ClusterStrict));
    }
    let nodes = each_node::parse(&nodes::all(&args.nodes)?)?;
    let names: Vec<_> = nodes.iter().map(|node| node.name().to_owned()).collect();
    let (max_ttl, bootstrap) = (args.nodes.max_ttl, args.bootstrap);
    let accept_eviction = args.nodes.accept_eviction;
    let question = |node| arm_node(node, accept_eviction, max_ttl, bootstrap);
    let outcomes = block_on(async { Ok(each_node::ask(nodes, args.wait, question).await) })?;
    let armed = |(node, outcome): (String, io::Result<Outcome>)| Armed {
        node,
        outcome: outcome.unwrap_or_else(|error| Outcome::Failed {
            error: error.to_string(),
        }),
    };
    let armed: Vec<_> = names.into_iter().zip(outcomes).map(armed).collect();
    let exit = exit_of(&armed);
    Ok((armed, exit))
}

/// Sends the script by which clients arm a node, too; only `bootstrap` is ours alone.
async fn arm_node(
    node: NodeUrl,
    accept_eviction: bool,
    max_ttl: Ttl,
    bootstrap: bool,
) -> io::Result<Outcome> {
    let mut connection = NodeConnection::open(node, accept_eviction).await?;
    let facts = connection.facts();
    let Some(life) = facts.run_id else {
        let refusal = facts.refusal.as_ref().map(ToString::to_string);
        let words = refusal.unwrap_or_else(|| "it tells no run_id".to_owned());
        return Err(io::Error::other(format!("the guard needs INFO: {words}")));
    };
    let millis = max_ttl.as_millis().to_string();
    let at_once: &[u8] = if bootstrap { b"1" } else { b"0" };
    let command = [
        b"EVAL",
        script::ARM.text.as_bytes(),
        b"1",
        GUARD_KEY,
        life.as_bytes(),
        millis.as_bytes(),
        at_once,
    ];
    let reply = connection.call(&command, |value| {
        Reply::read(Verb::Arm, Dialect::Script, value)
    });
    match reply.await?.map_err(io::Error::other)?.answer {
        Answer::Done => Ok(Outcome::Votes),
        Answer::OtherMaxTtl(node) => Ok(Outcome::OtherMaxTtl {
            node: Millis(Duration::from_millis(node)),
            ours: Millis(max_ttl.as_duration()),
        }),
        Answer::Quarantined(left) => Ok(Outcome::Quarantined {
            left: Millis(left),
            has_guard: bootstrap,
        }),
        Answer::Failed(error) => Err(io::Error::other(error.to_string())),
        // no arm is answered so
        other @ (Answer::Absent
        | Answer::Behind(_)
        | Answer::Broken
        | Answer::Foreign(_)
        | Answer::HandedOver(_)
        | Answer::Late
        | Answer::Outbid(_)
        | Answer::TooFarAhead
        | Answer::TooFewReplicas { .. }
        | Answer::Unguarded
        | Answer::Unsent(_)) => Err(io::Error::other(format!("it answered {other:?}"))),
    }
}

fn exit_of(nodes: &[Armed]) -> Exit {
    let failed = |node: &Armed| {
        matches!(
            node.outcome,
            Outcome::Failed { .. } | Outcome::OtherMaxTtl { .. }
        )
    };
    let quarantined = |node: &Armed| matches!(node.outcome, Outcome::Quarantined { .. });
    if nodes.iter().any(failed) {
        Exit::UNAVAILABLE
    } else if nodes.iter().any(quarantined) {
        Exit::NOT_YET
    } else {
        Exit::SUCCESS
    }
}

impl fmt::Display for Armed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.node)?;
        match &self.outcome {
            Outcome::Failed { error } => write!(f, "not armed: {error}"),
            Outcome::OtherMaxTtl {
                node: Millis(node),
                ours: Millis(ours),
            } => write!(
                f,
                "not armed: it is armed for leases of at most {node:?}, not {ours:?}. All clients \
                 must agree: give --max-ttl {node:?}; or, to change it, stop all clients, wait \
                 {node:?}, delete the key {} there and arm it with --bootstrap",
                String::from_utf8_lossy(GUARD_KEY)
            ),
            Outcome::Quarantined {
                left: Millis(left),
                has_guard,
            } => {
                let seconds = left.as_secs_f64();
                write!(
                    f,
                    "in quarantine for {seconds:.1} s more; the first client to ask after that has it vote"
                )?;
                if *has_guard {
                    f.write_str(". It has a guard already, so --bootstrap does not apply")?;
                }
                Ok(())
            }
            Outcome::Votes => f.write_str("armed, it votes"),
        }
    }
}
