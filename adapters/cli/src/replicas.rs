//! Replicas that must have a lock, as the command line asks for them.
#![allow(
    clippy::doc_markdown,
    reason = "the doc comments of options are the help text, shown as they are"
)]

use core::time::Duration;

use clap::Args;
use quorlock_tokio::Replication;

use crate::values::duration;

/// What is asked of the replicas of each node.
#[derive(Args, Debug)]
pub(crate) struct ReplicaArgs {
    /// Replicas of each node that must have the lock, and each renewal of it, before that
    /// counts as the node's vote (WAIT). A failover to one that has it keeps the lock.
    #[arg(long, value_name = "R", env = "QUORLOCK_REPLICAS",
        value_parser = clap::value_parser!(u8).range(1..))]
    replicas: Option<u8>,

    /// How long a node waits for its replicas, each time.
    #[arg(long, value_name = "DURATION", default_value = "200ms", value_parser = duration,
        requires = "replicas")]
    replica_timeout: Duration,

    /// They, and the node, must have it on disk (WAITAOF: Redis 7.2, Valkey, with
    /// appendonly).
    #[arg(long, requires = "replicas")]
    replica_fsync: bool,
}

impl ReplicaArgs {
    /// What the client is told; `None` where no replica is asked for.
    pub(crate) fn replication(&self) -> Option<Replication> {
        let replication = Replication {
            fsync: self.replica_fsync,
            timeout: self.replica_timeout,
            ..Replication::new(self.replicas?)
        };
        Some(replication)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        replicas: ReplicaArgs,
    }

    fn parse(arguments: &[&str]) -> Result<Option<Replication>, String> {
        let line = ["quorlock"].iter().chain(arguments);
        let line = Line::try_parse_from(line).map_err(|error| error.to_string())?;
        Ok(line.replicas.replication())
    }

    #[test]
    fn none_are_asked_for_unless_said_otherwise() {
        assert_eq!(parse(&[]), Ok(None));
        assert_eq!(parse(&["--replicas", "2"]), Ok(Some(Replication::new(2))));
        let all = ["--replicas=1", "--replica-timeout=1s", "--replica-fsync"];
        let replication = parse(&all).unwrap().unwrap();
        assert_eq!(replication.timeout, Duration::from_secs(1));
        assert!(replication.fsync);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let table: [(&[&str], _); 4] = [
            (&["--replicas", "0"], "0 is not in 1..=255"),
            (&["--replicas", "one"], "'one' for '--replicas"),
            (&["--replica-timeout", "1s"], "--replicas <R>"),
            (
                &["--replicas", "1", "--replica-timeout", "5"],
                "a duration has a unit",
            ),
        ];
        for (arguments, words) in table {
            let message = parse(arguments).unwrap_err();
            assert!(message.contains(words), "{arguments:?} said: {message}");
        }
    }
}
