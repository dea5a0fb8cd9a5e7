//! Locks on a Redis Cluster.

use quorlock_tests::servers::{Cluster, Options, PRIMARIES, home_of, slot_of};
use quorlock_tests::turn;

use crate::support::{outcome, quorlock_on};

#[test]
fn a_key_is_locked_and_found_on_the_primary_that_has_its_slot() {
    let _turn = turn::take();
    let cluster = Cluster::start(&Options::new());
    let seeds = [cluster[PRIMARIES].url()];
    let ask = |subcommand, arguments: &[&str]| {
        let arguments = [&["--cluster"], arguments].concat();
        outcome(quorlock_on(subcommand, &seeds, &arguments))
    };
    let home = cluster[home_of(slot_of(&cluster[0], "job"))].address();
    let seed = seeds[0].clone();
    let inner = format!(
        "{} status --cluster --node {seed} job",
        env!("CARGO_BIN_EXE_quorlock")
    );
    let ran = ask("run", &["job", "--", "sh", "-c", &inner]);
    assert_eq!(ran.code(), 0, "{} {}", ran.stdout, ran.stderr);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].contains(&home.to_string()), "{}", ran.stdout);
    assert!(lines[1].contains("1 of 1 nodes vote"), "{}", ran.stdout);
    assert!(lines[2].contains("\"job\": held by"), "{}", ran.stdout);

    let status = ask("status", &[]);
    assert_eq!(status.code(), 0, "{} {}", status.stdout, status.stderr);
    for primary in &cluster[..PRIMARIES] {
        let name = primary.address().to_string();
        assert!(status.stdout.contains(&name), "{name}: {}", status.stdout);
    }
    let words = "3 of 3 nodes vote, 3 needed";
    assert!(status.stdout.contains(words), "{}", status.stdout);
}

#[test]
fn what_a_cluster_cannot_do_is_refused() {
    let nodes = ["redis://127.0.0.1:1".to_owned()];
    let ask = |subcommand, arguments: &[&str]| outcome(quorlock_on(subcommand, &nodes, arguments));
    let strict = ["--cluster", "--guard", "strict", "k", "--", "true"];
    let database = [
        "--cluster",
        "--node",
        "redis://127.0.0.1:2/1",
        "k",
        "--",
        "true",
    ];
    let socket = ["--cluster", "--node", "unix:///a", "k", "--", "true"];
    let shard = ["--cluster", "--shard", "a=redis://a", "k", "--", "true"];
    for (told, words) in [
        (ask("run", &strict), "`strict` does not work in a cluster"),
        (
            ask("arm", &["--cluster"]),
            "`strict` does not work in a cluster",
        ),
        (ask("run", &database), "another user, password or database"),
        (ask("run", &socket), "not reached through a Unix socket"),
        (ask("run", &shard), "cannot be used with"),
    ] {
        assert_eq!(told.code(), 64, "{}", told.stderr);
        assert!(told.stderr.contains(words), "{}", told.stderr);
    }
}
