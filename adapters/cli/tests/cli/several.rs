//! Several keys: all of them or none, on one group of nodes or on several.

use quorlock_tests::servers::Fleet;
use quorlock_tests::turn;
use serde_json::{Value, json};

use crate::support::{Outcome, assert_empty, outcome, quorlock, run_on};

/// Tells all that the command finds in its environment, one after the other.
const TELL: &str = r#"
    echo "${QUORLOCK_KEY-none}/${QUORLOCK_OWNER-none}/${QUORLOCK_TOKEN-none}"
    echo "${QUORLOCK_KEYS-none}"
    echo "${QUORLOCK_TOKENS-none}"
"#;

/// Two groups; keys are placed by their number.
fn over_shards(fleets: &[Fleet; 2], options: &[&str], script: &str) -> Outcome {
    let mut command = quorlock();
    command.args(["run", "--shard-by", "modulo"]);
    for (name, fleet) in ["even", "odd"].into_iter().zip(fleets) {
        command.args(["--shard", &format!("{name}={}", fleet.urls().join(","))]);
    }
    command.args(options).args(["--", "sh", "-c", script]);
    outcome(command)
}

fn events<'a>(objects: &'a [Value], name: &str) -> Vec<&'a Value> {
    let named = objects.iter().filter(|object| object["event"] == name);
    named.collect()
}

#[test]
fn keys_of_one_group_are_one_part() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    let keys = ["--key", "b=1", "--key", "a", "--json"];
    let command = ["--", "sh", "-c", TELL];
    let mut command = run_on(&fleet.urls(), &[&keys[..], &command].concat());
    // as if it were run by another `quorlock run`
    command
        .env("QUORLOCK_KEY", "outer")
        .env("QUORLOCK_TOKEN", "17");
    let ran = outcome(command);
    assert_eq!(ran.code(), 0, "{}", ran.stderr);
    let objects = ran.objects();
    let [acquired] = events(&objects, "acquired")[..] else {
        panic!("{}", ran.stderr)
    };
    assert_eq!(acquired["keys"], json!(["a", "b=1"]));
    assert_eq!(acquired.get("key"), None);
    let token = &acquired["token"];
    let told = format!("none/none/none\na\nb=1\na={token}\nb=1={token}\n");
    assert_eq!(ran.stdout, told);
    assert_eq!(ran.event("released")["keys"], json!(["a", "b=1"]));
    assert_empty(&fleet);
}

#[test]
fn keys_of_several_shards_have_a_line_each() {
    let _turn = turn::take();
    let fleets = [Fleet::start(1), Fleet::start(1)];
    let keys = ["--key", "job-1", "--key", "job-2", "--key", "job-3"];
    let ran = over_shards(&fleets, &[&keys[..], &["--json"]].concat(), TELL);
    assert_eq!(ran.code(), 0, "{}", ran.stderr);
    let objects = ran.objects();
    let [odd, even] = events(&objects, "acquired")[..] else {
        panic!("{}", ran.stderr)
    };
    assert_eq!(odd["keys"], json!(["job-1", "job-3"]));
    assert_eq!(even["key"], "job-2");
    assert_eq!(odd["valid_until_ms"], even["valid_until_ms"]);
    let [odd, even] = [odd, even].map(|line| &line["token"]);
    let told =
        format!("none/none/none\njob-1\njob-3\njob-2\njob-1={odd}\njob-3={odd}\njob-2={even}\n");
    assert_eq!(ran.stdout, told);
    for released in events(&objects, "released") {
        assert_eq!(released["verdict"], "verified", "{}", ran.stderr);
    }
    for fleet in &fleets {
        assert_empty(fleet);
    }

    let ran = over_shards(&fleets, &[&keys[..], &["--fencing", "off"]].concat(), TELL);
    assert_eq!(ran.stdout, "none/none/none\njob-1\njob-3\njob-2\nnone\n");
    let [odd, even] = [
        "acquired \"job-1\" + \"job-3\" in",
        "released \"job-2\" after",
    ];
    assert!(
        ran.stderr.contains(odd) && ran.stderr.contains(even),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_shard_that_is_down_is_named_and_the_others_are_free() {
    let _turn = turn::take();
    let fleets = [Fleet::start(1), Fleet::start(1)];
    fleets[1][0].pause();
    let keys = ["--key", "job-1", "--key", "job-2", "--wait", "500ms"];
    let refused = over_shards(&fleets, &keys, "echo ran");
    fleets[1][0].resume();
    assert_eq!((refused.code(), &*refused.stdout), (69, ""));
    let words = "lock `job-1` of shard \"odd\" not acquired";
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
    assert_empty(&fleets[0]);
}

#[test]
fn when_one_part_is_lost_the_command_ends() {
    let _turn = turn::take();
    let fleets = [Fleet::start(1), Fleet::start(1)];
    let server = fleets[1][0].pid();
    let keys = ["--key", "job-1", "--key", "job-2", "--ttl", "1s"];
    // the command itself stops the server
    let script = format!("kill -STOP {server}; sleep 60");
    let ran = over_shards(&fleets, &keys, &script);
    fleets[1][0].resume();
    assert_eq!(ran.code(), 74, "{}", ran.stderr);
    let words = "lost \"job-1\": it could not be extended in time; the command was dead";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    assert!(!ran.stderr.contains("AFTER"), "{}", ran.stderr);
    assert_empty(&fleets[0]);
}

#[test]
fn keys_are_given_one_way_and_once() {
    for (keys, words) in [
        (&["--key", "a", "b"][..], "cannot be used with"),
        (&[], "required"),
        (&["--key", ""], "not empty"),
        (&["--embedded", "1", "--key", "a", "--key", "a"], "twice"),
    ] {
        let mut command = quorlock();
        command.arg("run").args(keys).args(["--", "true"]);
        let told = outcome(command);
        assert_eq!(told.code(), 64, "{keys:?}: {}", told.stderr);
        assert!(told.stderr.contains(words), "{keys:?}: {}", told.stderr);
    }
}
