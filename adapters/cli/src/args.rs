//! The command line, parsed into types that can't be wrong.
#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "the doc comments of options are the help text, shown as they are"
)]

use core::time::Duration;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use bytes::Bytes;
use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand};
use quorlock_tokio::{Fencing, Placement, Quorum, RestartGuard, Ttl};

use crate::replicas::ReplicaArgs;
use crate::shard::placement;
use crate::values::{Wait, duration, fencing, guard, key, max_ttl, quorum, ttl, wait};

/// Run programs under a lock that a quorum of Redis servers grants.
#[derive(Debug, Parser)]
#[command(name = "quorlock", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let nodes vote under --guard strict: once, by an administrator, not at an
    /// application's start.
    ///
    /// Asks every node whether its guard names this life of the server, and says what it
    /// answered. A node without such a guard does not vote for --max-ttl: whatever it may
    /// have granted has ended by then. Clients that connect ask the same; `quorlock arm`
    /// is for the first time, with --bootstrap, and to see where the nodes stand. A guard
    /// vouches for one database of a server: with /DB in the URLs, arm each DB that has locks.
    ///
    /// Exit status: 0 every node votes; 64 bad arguments; 69 a node can't be asked, or
    /// refuses; 75 a node votes only after its quarantine.
    Arm(ArmArgs),
    /// Run a command while holding a lock.
    ///
    /// Acquires the lock KEY, runs CMD, extends the lock while it runs, releases it.
    ///
    /// CMD gets QUORLOCK_KEY, QUORLOCK_OWNER, QUORLOCK_VALID_UNTIL_MS (Unix time of the
    /// first lease's end) and QUORLOCK_TOKEN (the fencing token, a number that rises with
    /// every tenure of KEY; hand it to what CMD writes to, which refuses a lower one than
    /// it has seen) in its environment, and SIGINT, SIGTERM and SIGHUP passed on. With
    /// several keys it gets QUORLOCK_KEYS and QUORLOCK_TOKENS in place of KEY, OWNER and
    /// TOKEN: a line for each key, the latter KEY=TOKEN.
    /// When the lock can't be extended, CMD is ended before the lock's validity ends. It
    /// runs in a process group of its own, all of which is ended; when quorlock is in the
    /// foreground of a terminal it stays in quorlock's group, for job control, and only
    /// CMD itself is signalled.
    ///
    /// Exit status: CMD's own, 128 + N when signal N ended it; 64 bad arguments; 69 no
    /// quorum of nodes could be used; 74 the lock was lost while CMD ran; 75 not acquired
    /// within --wait; 126 CMD can't be run; 127 there is no CMD.
    Run(RunArgs),
    /// Show which nodes vote, why the others do not, and who holds a lock.
    ///
    /// Ends within --wait, also where no node can be reached. Connects as `quorlock run`
    /// does: under --guard strict this begins the quarantine of a node that is not armed.
    ///
    /// Exit status: 0 a quorum votes; 64 bad arguments; 69 no quorum votes.
    Status(StatusArgs),
    /// Dies with its parent, becomes the command. Not for users.
    #[cfg(target_os = "linux")]
    #[command(name = crate::tether::SUBCOMMAND, hide = true)]
    Tether(crate::tether::TetherArgs),
}

/// Which nodes, and what is asked of them.
#[derive(Args, Debug)]
pub(crate) struct NodeArgs {
    /// A lock node; give it once for each. redis://[USER[:PASS]@]HOST[:PORT][/DB],
    /// unix://PATH[?db=N], or, for the primary that sentinels call NAME,
    /// redis+sentinel://[USER[:PASS]@]HOST[:PORT]/NAME[/DB][?sentinel=HOST[:PORT]].. Default: QUORLOCK_NODES, separated by commas or spaces
    /// (which keeps passwords out of the process list).
    #[arg(long = "node", value_name = "URL")]
    pub(crate) nodes: Vec<String>,

    /// The nodes are some of a Redis Cluster: its primaries are found through any of them, and
    /// KEY is locked on the one that has its hash slot. --guard strict can't be had there.
    #[arg(long, conflicts_with = "shards")]
    pub(crate) cluster: bool,

    /// A group of nodes, one of several over which keys are spread; give it once for each.
    /// Default: QUORLOCK_SHARDS, separated by spaces. The same for all clients, and in the
    /// same order.
    #[arg(
        long = "shard",
        value_name = "NAME=URL[,URL]..",
        conflicts_with = "nodes"
    )]
    pub(crate) shards: Vec<String>,

    /// Which shard has a key: rendezvous (by its hash with the shard's name), slot (by its
    /// hash slot) or modulo (by the number that it ends with). The same for all clients.
    #[arg(long, default_value = "rendezvous", value_parser = placement,
        env = "QUORLOCK_SHARD_BY")]
    pub(crate) shard_by: Placement,

    /// Use servers although they throw keys away when their memory is full: a lock may
    /// be one of them.
    #[arg(long)]
    pub(crate) accept_eviction: bool,

    /// The longest lease that any client of these nodes asks for. The same for all clients.
    #[arg(long, default_value = "30s", value_parser = max_ttl, env = "QUORLOCK_MAX_TTL")]
    pub(crate) max_ttl: Ttl,
}

/// How nodes vote; the same for all clients.
#[derive(Args, Debug)]
pub(crate) struct VoteArgs {
    /// How many nodes have to grant: majority, all, or a number above half.
    #[arg(long, default_value = "majority", value_parser = quorum)]
    pub(crate) quorum: Quorum,

    /// How nodes are noticed that have lost what they granted: uptime (a server that was
    /// started less than --max-ttl ago does not vote), strict (nodes are armed once, see
    /// `quorlock arm`, and one that lost its guard does not vote for --max-ttl), or off,
    /// for test servers. The same for all clients.
    #[arg(long, default_value = "uptime", value_parser = guard, env = "QUORLOCK_GUARD")]
    pub(crate) guard: RestartGuard,

    /// Serve those who wait in the order in which they came, of whichever process they are.
    /// A --wait of 0 does not get a lock that others wait for. The same for all clients of KEY.
    #[arg(long, env = "QUORLOCK_FAIR", value_parser = FalseyValueParser::new())]
    pub(crate) fair: bool,

    /// Whether locks come with a fencing token: on, or off, which leaves no counter
    /// behind and costs the servers less. The same for all clients of KEY.
    #[arg(long, default_value = "on", value_parser = fencing, value_name = "on|off")]
    pub(crate) fencing: Fencing,

    #[command(flatten)]
    pub(crate) replicas: ReplicaArgs,
}

/// See [`Command::Arm`].
#[derive(Args, Debug)]
pub(crate) struct ArmArgs {
    #[command(flatten)]
    pub(crate) nodes: NodeArgs,

    /// Let nodes that have no guard at all vote at once. Only where no client has held a
    /// lock on them for --max-ttl: new servers, or all clients stopped.
    #[arg(long)]
    pub(crate) bootstrap: bool,

    /// How long a node may take to answer.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(crate) wait: Duration,

    /// Print JSON objects, one a line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// See [`Command::Status`].
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) nodes: NodeArgs,

    #[command(flatten)]
    pub(crate) votes: VoteArgs,

    /// How long nodes may take to answer.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(crate) wait: Duration,

    /// Print JSON objects, one a line.
    #[arg(long)]
    pub(crate) json: bool,

    /// A lock: who holds it on each node, for how long yet, and its counter of tokens. With
    /// shards it says which of them to ask.
    #[arg(value_parser = key())]
    pub(crate) key: Option<OsString>,
}

/// See [`Command::Run`].
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) nodes: NodeArgs,

    /// Start N lock nodes inside this process instead, to try things out: excludes
    /// nobody outside it.
    #[arg(long, value_name = "N", conflicts_with_all = ["cluster", "nodes", "shards"],
        value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) embedded: Option<u8>,

    #[command(flatten)]
    pub(crate) votes: VoteArgs,

    /// Length of the lease, at most --max-ttl; it is extended while CMD runs.
    #[arg(long, default_value = "10s", value_parser = ttl)]
    pub(crate) ttl: Ttl,

    /// How long to wait for the lock: a duration, forever, or 0 for one try. The default
    /// outlasts the quarantine of servers that were started just now.
    #[arg(long, default_value = "60s", value_parser = wait)]
    pub(crate) wait: Wait,

    /// Time from SIGTERM to SIGKILL when the lock is lost. Less where the lease ends
    /// earlier or half of it is shorter; 0 sends SIGKILL at once.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub(crate) kill_after: Duration,

    /// Print neither the line for acquired nor the one for released.
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Print what is printed as JSON objects, one a line, on stderr.
    #[arg(long)]
    pub(crate) json: bool,

    /// More log lines on stderr: -v info, -vv debug, -vvv trace. RUST_LOG goes first.
    #[arg(long, short, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Lock several keys, all of them or none; give it once for each, and no KEY. The keys
    /// may be on different shards, or in different hash slots of a cluster.
    #[arg(long = "key", value_name = "KEY", value_parser = key(), conflicts_with = "key")]
    pub(crate) keys: Vec<OsString>,

    /// The lock's name, any bytes but none of them zero.
    #[arg(value_parser = key(), required_unless_present = "keys")]
    pub(crate) key: Option<OsString>,

    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

impl RunArgs {
    /// What to lock, all of it or nothing.
    pub(crate) fn all_keys(&self) -> Vec<Bytes> {
        let keys = self.key.iter().chain(&self.keys);
        keys.map(|key| Bytes::copy_from_slice(key.as_bytes()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test says what it found by panicking"
    )]

    use super::*;

    fn parse(arguments: &[&str]) -> Result<RunArgs, String> {
        let line = ["quorlock", "run"].iter().chain(arguments);
        match Cli::try_parse_from(line) {
            Ok(Cli {
                command: Command::Run(run),
            }) => Ok(run),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn defaults_are_those_of_the_help_text() {
        let run = parse(&["demo", "--", "true"]).unwrap();
        assert_eq!(run.votes.quorum, Quorum::Majority);
        assert_eq!(run.votes.guard, RestartGuard::Uptime);
        assert_eq!(run.nodes.max_ttl.as_millis(), 30_000);
        assert_eq!(run.votes.fencing, Fencing::DEFAULT);
        assert!(!run.votes.fair);
        assert_eq!(run.ttl.as_millis(), 10_000);
        assert_eq!(run.wait, Wait::Within(Duration::from_mins(1)));
        assert_eq!(run.kill_after, Duration::from_secs(5));
        assert_eq!(run.command, ["true"]);
        assert!(run.nodes.nodes.is_empty() && run.embedded.is_none() && !run.quiet && !run.json);
    }

    #[test]
    fn all_options_together() {
        let run = parse(&[
            "--node",
            "redis://a",
            "--node",
            "redis://b",
            "--quorum",
            "2",
            "--ttl",
            "1m 30s",
            "--wait",
            "forever",
            "--kill-after",
            "0s",
            "--fair",
            "--fencing",
            "off",
            "--accept-eviction",
            "--quiet",
            "--json",
            "-vv",
            "k",
            "--",
            "sh",
            "-c",
            "exit 1",
        ])
        .unwrap();
        assert_eq!(run.nodes.nodes, ["redis://a", "redis://b"]);
        assert_eq!(run.votes.quorum, Quorum::Votes(2));
        assert_eq!(run.ttl.as_millis(), 90_000);
        assert_eq!(run.wait, Wait::Forever);
        assert_eq!(run.kill_after, Duration::ZERO);
        assert!(run.quiet && run.json && run.verbose == 2);
        assert!(run.nodes.accept_eviction && run.votes.fair);
        assert_eq!(run.votes.fencing, Fencing::Off);
        assert_eq!(run.command, ["sh", "-c", "exit 1"]);
        assert_eq!(
            parse(&["--wait", "0", "k", "--", "x"]).unwrap().wait,
            Wait::Once
        );
        assert_eq!(
            parse(&["--wait", "0s", "k", "--", "x"]).unwrap().wait,
            Wait::Once
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let table: [(&[&str], &str); 14] = [
            (&["--ttl", "0", "k", "--", "x"], "'0' for '--ttl"),
            (&["--ttl", "5ms", "k", "--", "x"], "5ms is too short"),
            (&["--ttl", "1y", "k", "--", "x"], "too long"),
            (&["--ttl", "10", "k", "--", "x"], "a duration has a unit"),
            (&["--wait", "soon", "k", "--", "x"], "'soon' for '--wait"),
            (&["--kill-after", "-1s", "k", "--", "x"], "-1"),
            (
                &["--quorum", "most", "k", "--", "x"],
                "'most' for '--quorum",
            ),
            (&["--embedded", "0", "k", "--", "x"], "0 is not in 1..=64"),
            (&["--embedded", "65", "k", "--", "x"], "65 is not in 1..=64"),
            (
                &["--embedded", "1", "--node", "redis://a", "k", "--", "x"],
                "cannot be used with",
            ),
            (&["--guard", "on", "k", "--", "x"], "off, strict or uptime"),
            (&["--fencing", "yes", "k", "--", "x"], "on or off"),
            (&["", "--", "x"], "not empty"),
            (&["k"], "CMD"),
        ];
        for (arguments, words) in table {
            let message = parse(arguments).unwrap_err();
            assert!(message.contains(words), "{arguments:?} said: {message}");
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
