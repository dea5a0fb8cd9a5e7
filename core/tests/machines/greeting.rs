//! What a server may answer to the handshake, and what follows.

use crate::support::wire::{HELLO, RUN, Wire, info};
use crate::support::{config, node};
use quorlock_core::{Config, Credentials, Problem, script};

const NOAUTH: &str = "-NOAUTH Authentication required.\r\n";
const UNKNOWN: &str = "-ERR unknown command 'HELLO'\r\n";

/// Connected, and `HELLO` was sent.
fn greeting(config: Config) -> Wire {
    let mut wire = Wire::new(config);
    wire.connect();
    assert!(wire.sent().contains("HELLO"));
    wire
}

/// The answers to `INFO` and the trials of a server with so much memory, which throws keys away when it is full.
fn evicting(maxmemory: u8) -> String {
    // as long as what it replaces: both stand in a string with a length
    let keeps = "maxmemory:0\r\nmaxmemory_policy:noeviction\r\n";
    let evicts = format!("maxmemory:{maxmemory}\r\nmaxmemory_policy:volatile-lru");
    assert_eq!(keeps.len(), evicts.len());
    info(RUN).replace(keeps, &evicts)
}

#[test]
fn a_server_that_evicts_keys_is_used_only_where_that_is_accepted() {
    let evicts = Problem::Evicts("volatile-lru".into());
    for (answers, accept, expected) in [
        (info(RUN), false, None),
        (evicting(1), false, Some(evicts)),
        (evicting(1), true, None),
        // of memory without a bound nothing is thrown away
        (evicting(0), false, None),
    ] {
        let mut config = config(1);
        config.nodes[0].accept_eviction = accept;
        let mut wire = greeting(config);
        wire.receive(HELLO);
        wire.receive(&answers);
        wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
        assert_eq!(wire.client.problem(node(0)), expected, "{accept}");
    }
}

#[test]
fn who_has_no_password_is_told_that_one_is_asked_for() {
    // at once, and by a server that answers so to what follows an unknown `HELLO`
    for before in ["", UNKNOWN] {
        let mut wire = greeting(config(1));
        wire.receive(before);
        wire.receive(NOAUTH);
        let problem = wire.client.problem(node(0)).unwrap();
        assert!(problem.is_permanent(), "{problem}");
        assert!(problem.to_string().starts_with("NOAUTH"), "{problem}");
    }
}

#[test]
fn another_error_to_hello_is_final() {
    let mut config = config(1);
    config.nodes[0].credentials = Some(Credentials {
        username: None,
        password: "secret".into(),
    });
    let mut wire = greeting(config);
    wire.receive("-WRONGPASS invalid username-password pair\r\n");
    assert_eq!(wire.sent(), "", "no AUTH behind it");
    assert!(wire.client.problem(node(0)).unwrap().is_permanent());
}

#[test]
fn every_way_to_say_that_hello_is_not_known() {
    for text in [
        "-ERR unknown command `HELLO`, with args beginning with: `3`\r\n",
        "-ERR Unknown command HELLO\r\n",
        "-NOPROTO unsupported protocol version\r\n",
        "-NOPERM this user has no permissions to run the 'hello' command\r\n",
    ] {
        let mut wire = greeting(config(1));
        wire.receive(text);
        assert!(wire.sent().contains("INFO"), "{text}");
    }
}
