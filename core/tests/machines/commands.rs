//! Commands word for word, each as one whole array.

use core::time::Duration;

use crate::support::wire::commands;
use crate::support::{World, config, node};
use bytes::BytesMut;
use quorlock_core::{
    Answer, Apply, Capabilities, Command, CompareAndDelete, Config, Fencing, FencingToken,
    NodeFacts, RestartGuard, RunId, Ttl, Verb, Wait, script,
};

/// The words of the one command in `bytes`.
fn words(bytes: &[u8]) -> Vec<String> {
    let mut commands = commands(bytes);
    assert_eq!(commands.len(), 1, "one command and nothing behind it");
    commands.remove(0)
}

fn encoded(world: &World, command: &Command) -> Vec<String> {
    let mut out = BytesMut::new();
    command.encode(&world.set.terms(node(0), command), &mut out);
    words(&out)
}

fn facts() -> NodeFacts {
    NodeFacts {
        can_kill: true,
        run_id: RunId::new(&[b'a'; 40]),
        uptime: Some(Duration::from_hours(9)),
        ..NodeFacts::default()
    }
}

/// One node of which this is known, a lock that is being acquired there, and the command for it.
fn acquiring(config: &Config, facts: NodeFacts) -> (World, Command) {
    acquiring_all(&["key"], config, facts)
}

/// The same for these keys.
fn acquiring_all(keys: &[&'static str], config: &Config, facts: NodeFacts) -> (World, Command) {
    let mut world = World::unconnected(config);
    world.ready_with(0, facts);
    if config.guard == RestartGuard::Strict {
        let arm = world.command(Verb::Arm);
        world.answer(0, &arm, Answer::Done);
    }
    world.acquire_all(keys, Wait::Try);
    let command = world.command(Verb::Acquire);
    (world, command)
}

fn fenced(retention: Duration) -> Config {
    Config {
        fencing: Fencing::On { retention },
        max_ttl: Ttl::from_millis(8_000),
        ..config(1)
    }
}

#[test]
fn an_acquire_says_no_more_than_it_has_to() {
    let (world, command) = acquiring(&config(1), facts());
    let owner = command.owner.to_string();
    let expected = ["EVALSHA", script::ACQUIRE.sha, "1", "key", &owner, "1000"];
    assert_eq!(encoded(&world, &command), expected);
}

#[test]
fn an_acquire_with_its_script() {
    let (world, mut command) = acquiring(&config(1), facts());
    command.full_text = true;
    let owner = command.owner.to_string();
    let expected = ["EVAL", script::ACQUIRE.text, "1", "key", &owner, "1000"];
    assert_eq!(encoded(&world, &command), expected);
}

#[test]
fn an_acquire_under_a_guard() {
    let strict = Config {
        guard: RestartGuard::Strict,
        max_ttl: Ttl::from_millis(8_000),
        ..config(1)
    };
    let (world, command) = acquiring(&strict, facts());
    let guard = format!("A:{}:8000", "a".repeat(40));
    let owner = command.owner.to_string();
    let expected = [
        "EVALSHA",
        script::ACQUIRE.sha,
        "2",
        "key",
        "quorlock:guard",
        &owner,
        "1000",
        "0",
        &guard,
    ];
    assert_eq!(encoded(&world, &command), expected);
}

#[test]
fn an_acquire_with_a_token() {
    // kept for a day, for the longest lease at least, and for no more than ten years
    let years = Duration::from_hours(10 * 365 * 24);
    for (retention, kept) in [
        (Duration::from_hours(24), "86400000"),
        (Duration::ZERO, "8000"),
        (years, "315360000000"),
        (years + Duration::from_millis(1), "315360000000"),
        (Duration::MAX, "315360000000"),
    ] {
        let (world, command) = acquiring(&fenced(retention), facts());
        let (owner, token) = (
            command.owner.to_string(),
            command.token.unwrap().to_string(),
        );
        let expected = [
            "EVALSHA",
            script::ACQUIRE.sha,
            "2",
            "key",
            "key:quorlock-token:{key}",
            &owner,
            "1000",
            "0",
            "",
            &token,
            "2000000",
            kept,
        ];
        assert_eq!(encoded(&world, &command), expected, "{retention:?}");
    }
}

#[test]
fn an_acquire_with_token_and_guard() {
    let strict = Config {
        guard: RestartGuard::Strict,
        ..fenced(Duration::from_hours(24))
    };
    let (world, command) = acquiring(&strict, facts());
    let words = encoded(&world, &command);
    let expected = ["3", "key", "quorlock:guard", "key:quorlock-token:{key}"];
    assert_eq!(words.get(2..6).unwrap(), expected);
    assert_eq!(words.len(), 13);
}

#[test]
fn the_servers_own_words_are_whole_commands() {
    let facts = NodeFacts {
        capabilities: Capabilities {
            compare_and_delete: Some(CompareAndDelete::DelIfEq),
            scripts: true,
        },
        ..facts()
    };
    let (mut world, command) = acquiring(&config(1), facts);
    let owner = command.owner.to_string();
    let expected = ["SET", "key", &owner, "NX", "PX", "1000"];
    assert_eq!(encoded(&world, &command), expected);
    world.answer(0, &command, Answer::Done);
    let lock = crate::support::acquired(world.event()).lock;
    world
        .set
        .extend(world.now, lock, Ttl::from_millis(2_000))
        .unwrap();
    let extend = world.command(Verb::Extend);
    let expected = ["SET", "key", &owner, "IFEQ", &owner, "PX", "2000"];
    assert_eq!(encoded(&world, &extend), expected);
}

#[test]
fn a_write_that_is_guarded_by_its_token() {
    let apply = |expiry| Apply {
        key: b"row",
        token: FencingToken::new(7),
        value: b"new",
        expiry,
    };
    let sha = script::APPLY.sha;
    let mut out = BytesMut::new();
    apply(None).encode(&mut out);
    let short = words(&out);
    assert_eq!(short.get(..4).unwrap(), ["EVALSHA", sha, "2", "row"]);
    assert_eq!(short.get(5..).unwrap(), ["7", "new"]);
    out.clear();
    apply(Some(Ttl::from_millis(900))).encode_in_full(&mut out);
    let long = words(&out);
    assert_eq!(
        long.get(..4).unwrap(),
        ["EVAL", script::APPLY.text, "2", "row"]
    );
    assert_eq!(long.get(4), short.get(4));
    assert_eq!(long.get(5..).unwrap(), ["7", "new", "900"]);
}

#[test]
fn several_keys_go_in_one_script() {
    let (mut world, acquire) = acquiring_all(&["b", "a"], &config(1), facts());
    let owner = acquire.owner.to_string();
    let expected = ["EVALSHA", script::ACQUIRE_ALL.sha, "2", "a", "b"];
    let words = encoded(&world, &acquire);
    assert_eq!(words.get(..5).unwrap(), expected);
    assert_eq!(words.get(5..9).unwrap(), [&owner, "1000", "0", ""]);
    assert_eq!(words.get(9).unwrap(), "", "no token");
    assert_eq!(words.get(12..).unwrap(), ["2"], "the number of locks");
    world.answer(0, &acquire, Answer::Done);
    let lock = crate::support::acquired(world.event()).lock;
    let ttl = Ttl::from_millis(2_000);
    world.set.extend(world.now, lock, ttl).unwrap();
    let extend = world.command(Verb::Extend);
    let sha = script::EXTEND_ALL.sha;
    let expected = ["EVALSHA", sha, "2", "a", "b", &owner, "2000"];
    assert_eq!(encoded(&world, &extend), expected);
    world.set.release(world.now, lock).unwrap();
    let release = world.command(Verb::Release);
    let words = encoded(&world, &release);
    let expected = ["EVALSHA", script::RELEASE_ALL.sha, "2", "a", "b", &owner];
    assert_eq!(words.get(..6).unwrap(), expected);
    let channels = ["a:quorlock-free:{a}", "b:quorlock-free:{b}"];
    assert_eq!(words.get(6..).unwrap(), channels);
}

#[test]
fn several_keys_have_one_token_and_a_counter_each() {
    let strict = Config {
        guard: RestartGuard::Strict,
        ..fenced(Duration::from_hours(24))
    };
    let (world, acquire) = acquiring_all(&["a", "b"], &strict, facts());
    let words = encoded(&world, &acquire);
    let keys = [
        "5",
        "a",
        "b",
        "quorlock:guard",
        "a:quorlock-token:{a}",
        "b:quorlock-token:{b}",
    ];
    assert_eq!(words.get(2..8).unwrap(), keys);
    let guard = format!("A:{}:8000", "a".repeat(40));
    let token = acquire.token.unwrap().to_string();
    let arguments = ["0", &guard, &token, "2000000", "86400000", "2"];
    assert_eq!(words.get(10..).unwrap(), arguments);
}

#[test]
fn several_keys_need_scripts_where_one_would_not() {
    let facts = NodeFacts {
        capabilities: Capabilities {
            compare_and_delete: Some(CompareAndDelete::DelIfEq),
            scripts: true,
        },
        ..facts()
    };
    let (world, acquire) = acquiring_all(&["a", "b"], &config(1), facts);
    let words = encoded(&world, &acquire);
    assert_eq!(words.get(1).unwrap(), script::ACQUIRE_ALL.sha);
}
