//! Keys spread over groups of servers.

use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;

use crate::support::{outcome, quorlock};

/// `even` and `odd`, of two servers each; keys are placed by their number.
fn shards() -> ([Fleet; 2], [String; 2]) {
    let fleets = [Fleet::start(2), Fleet::start(2)];
    let texts = [("even", 0), ("odd", 1)]
        .map(|(name, at): (&str, usize)| format!("{name}={}", fleets[at].urls().join(",")));
    (fleets, texts)
}

#[test]
fn a_key_is_locked_on_its_shard_and_the_error_names_it() {
    let _turn = turn::take();
    let (fleets, texts) = shards();
    let run = |key: &str, script: &str| {
        let mut command = quorlock();
        command.args(["run", "--shard-by", "modulo", "--wait", "300ms"]);
        for text in &texts {
            command.args(["--shard", text]);
        }
        command.args([key, "--", "sh", "-c", script]);
        outcome(command)
    };
    let ran = run("job-3", "true");
    assert_eq!(ran.code(), 0, "{}", ran.stderr);
    // the counters of tokens stay behind, on the shard of the key and nowhere else
    let stored = |fleet: &Fleet| {
        let size = |server| format!("{:?}", Connection::to(server).call(&["DBSIZE"]).value());
        fleet.iter().map(size).collect::<Vec<_>>()
    };
    assert_eq!(stored(&fleets[0]), ["Integer(0)"; 2]);
    assert_eq!(stored(&fleets[1]), ["Integer(1)"; 2]);
    for server in fleets[1].iter() {
        server.pause();
    }
    let refused = run("job-3", "echo ran");
    let ran = run("job-4", "echo ran");
    for server in fleets[1].iter() {
        server.resume();
    }
    assert_eq!((ran.code(), &*ran.stdout), (0, "ran\n"), "{}", ran.stderr);
    assert_eq!((refused.code(), &*refused.stdout), (69, ""));
    let words = "lock `job-3` of shard \"odd\" not acquired";
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
}

#[test]
fn the_environment_names_them_too() {
    let _turn = turn::take();
    let (fleets, texts) = shards();
    let with_shards = |arguments: &[&str]| {
        let mut command = quorlock();
        command.env("QUORLOCK_SHARDS", texts.join(" "));
        command.env("QUORLOCK_SHARD_BY", "modulo").args(arguments);
        command
    };
    let armed = outcome(with_shards(&["arm", "--bootstrap"]));
    assert_eq!(armed.code(), 0, "{}", armed.stderr);
    for server in fleets.iter().flat_map(|fleet| fleet.iter()) {
        let url = server.url();
        let name = url.trim_start_matches("redis://");
        assert!(armed.stdout.contains(name), "{name}: {}", armed.stdout);
    }
    let status = outcome(with_shards(&["status", "job-4"]));
    assert_eq!(status.code(), 0, "{}", status.stdout);
    assert!(status.stdout.contains("2 of 2"), "{}", status.stdout);
    for (wrong, words) in [
        (with_shards(&["status"]), "there are several shards"),
        (
            with_shards(&["status", "job"]),
            "does not end with a number",
        ),
    ] {
        let outcome = outcome(wrong);
        assert_eq!(outcome.code(), 64, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
    let mut both = with_shards(&["status", "job-4"]);
    both.env("QUORLOCK_NODES", fleets[0].urls().join(","));
    let both = outcome(both);
    assert_eq!(both.code(), 64);
    assert!(both.stderr.contains("are both set"), "{}", both.stderr);
}

#[test]
fn what_is_no_shard_is_not_repeated() {
    let mut command = quorlock();
    command.args(["run", "--shard", "redis://:secret@a", "k", "--", "true"]);
    let told = outcome(command);
    assert_eq!(told.code(), 64);
    let words = "--shard: a shard is NAME=URL[,URL]..";
    assert!(told.stderr.contains(words), "{}", told.stderr);
    assert!(!told.stderr.contains("secret"), "{}", told.stderr);
}
