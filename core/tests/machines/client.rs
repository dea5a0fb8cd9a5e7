//! Bytes: the handshake in each of its forms, replies in order, connections that
//! fail, and the contract of the polls.

use crate::support::wire::{HELLO, RUN, Wire, info};
use crate::support::{TTL, at, config, millis, node};
use quorlock_core::{AcquireRequest, Action, Config, Credentials, Event, Problem, Ttl, script};

fn with_password(username: Option<&str>) -> Config {
    let mut config = config(1);
    config.nodes[0].credentials = Some(Credentials {
        username: username.map(Into::into),
        password: "secret".into(),
    });
    config.nodes[0].client_name = Some("me".into());
    config.nodes[0].database = 5;
    config
}

#[test]
fn nothing_is_sent_behind_hello_before_its_answer() {
    let mut wire = Wire::new(with_password(None));
    wire.acquire();
    wire.connect();
    let hello = "*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$6\r\nsecret\r\n\
                 $7\r\nSETNAME\r\n$2\r\nme\r\n";
    assert_eq!(wire.sent(), hello);
    wire.receive(HELLO);
    let rest = wire.sent();
    assert!(rest.starts_with("*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n"));
    assert!(rest.contains("*2\r\n$6\r\nSELECT\r\n$1\r\n5\r\n"));
    assert_eq!(rest.matches("$4\r\nLOAD\r\n").count(), script::ALL.len());
    assert!(
        !rest.contains(&format!("EVALSHA\r\n$40\r\n{}", script::ACQUIRE.sha)),
        "no lock before the handshake is done"
    );
    wire.receive(&info(RUN));
    wire.receive("+OK\r\n");
    wire.receive(&"+a\r\n".repeat(script::ALL.len() - 1));
    assert_eq!(wire.sent(), "");
    wire.receive("+a\r\n");
    assert!(wire.sent().contains("EVALSHA"));
}

#[test]
fn a_server_without_hello_is_spoken_to_in_resp2() {
    for (user, auth) in [
        (None, "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"),
        (
            Some("bob"),
            "*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$6\r\nsecret\r\n",
        ),
    ] {
        let mut wire = Wire::new(with_password(user));
        wire.connect();
        wire.sent();
        wire.receive("-ERR unknown command 'HELLO', with args beginning with: '3' \r\n");
        assert_eq!(wire.sent(), auth);
        wire.receive("+OK\r\n");
        let rest = wire.sent();
        for part in [
            "INFO",
            "$6\r\nCLIENT\r\n$2\r\nID",
            "SETNAME\r\n$2\r\nme",
            "SELECT",
            "LOAD",
        ] {
            assert!(rest.contains(part), "{part} in {rest}");
        }
        wire.receive(
            "$8\r\nrun_id:x\r\n$0\r\n\r\n:0\r\n-NOSCRIPT\r\n-ERR\r\n-ERR\r\n:7\r\n+OK\r\n+OK\r\n",
        );
        wire.receive(&"-NOPERM\r\n".repeat(script::ALL.len() - 1));
        assert!(wire.client.problem(node(0)).is_some());
        wire.receive("-ERR unknown command\r\n");
        assert_eq!(
            wire.client.problem(node(0)),
            None,
            "a refused SCRIPT LOAD is no obstacle"
        );
    }
}

#[test]
fn a_refused_password_is_told_in_the_servers_words() {
    let words = "WRONGPASS invalid username-password pair or user is disabled.";
    let mut wire = Wire::new(with_password(None));
    wire.acquire();
    wire.connect();
    wire.receive(&format!("-{words}\r\n"));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
    let problem = wire.client.problem(node(0)).unwrap();
    assert!(problem.is_permanent());
    assert_eq!(problem.to_string(), words);
    let events = wire.events();
    let failed = |event: &_| matches!(event, Event::AcquireFailed(_));
    assert!(events.iter().any(failed), "rejected at once: {events:?}");
}

#[test]
fn a_database_that_is_not_there_is_an_error() {
    let mut wire = Wire::new(with_password(None));
    wire.connect();
    wire.receive(HELLO);
    wire.receive(&info(RUN));
    wire.receive("-ERR DB index is out of range\r\n");
    assert!(wire.client.problem(node(0)).unwrap().is_permanent());
}

#[test]
fn the_connection_before_is_killed_in_the_same_life_of_the_server_only() {
    let other = RUN.replace('a', "b");
    for (run_id, kills) in [(RUN, true), (&other, false)] {
        let mut wire = Wire::ready(config(1));
        wire.client.handle_disconnected(wire.now, node(0), "reset");
        wire.to(at(100));
        wire.connect();
        wire.sent();
        wire.receive(&HELLO.replace("42", "43"));
        wire.sent();
        wire.receive(&info(run_id));
        wire.receive(&"+x\r\n".repeat(script::ALL.len()));
        let kill = "*4\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$2\r\nID\r\n$2\r\n42\r\n";
        assert_eq!(wire.sent(), if kills { kill } else { "" });
        assert_eq!(wire.client.problem(node(0)).is_some(), kills);
        wire.receive(if kills { ":1\r\n" } else { "" });
        assert_eq!(wire.client.problem(node(0)), None);
    }
}

#[test]
fn a_release_follows_its_acquire_without_waiting_for_the_answer() {
    let mut wire = Wire::ready(config(1));
    let ttl = Ttl::new(millis(TTL)).unwrap();
    let lock = wire
        .client
        .acquire(wire.now, AcquireRequest::new("key", ttl))
        .unwrap();
    wire.client.cancel(wire.now, lock);
    let sent = wire.sent();
    let acquire = sent.find(script::ACQUIRE.sha).unwrap();
    let release = sent.find(script::RELEASE.sha).unwrap();
    assert!(acquire < release);
    wire.receive("*3\r\n:1\r\n:0\r\n:17\r\n:1\r\n");
    assert_eq!(wire.events(), []);
}

#[test]
fn pushes_and_attributes_are_not_taken_for_replies() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    wire.receive(">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n");
    assert_eq!(wire.events(), []);
    wire.receive("|1\r\n+ttl\r\n:9\r\n*3\r\n:1\r\n:0\r\n:17\r\n");
    assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
}

#[test]
fn replies_that_no_script_gives_end_the_connection() {
    for bytes in [
        "+OK\r\n",
        "*1\r\n:1\r\n",
        "*3\r\n:5\r\n:0\r\n:0\r\n",
        "*4\r\n:1\r\n:0\r\n:0\r\n:0\r\n",
        "nonsense\r\n",
    ] {
        let mut wire = Wire::ready(config(1));
        wire.acquire();
        wire.receive(bytes);
        let disconnect = Some(Action::Disconnect(node(0)));
        assert_eq!(wire.client.poll_action(), disconnect, "{bytes}");
        assert!(matches!(
            wire.client.problem(node(0)),
            Some(Problem::Disconnected(_))
        ));
    }
    let mut wire = Wire::ready(config(1));
    wire.receive(":1\r\n");
    assert_eq!(
        wire.client.poll_action(),
        Some(Action::Disconnect(node(0))),
        "nothing was asked"
    );
}

#[test]
fn unsent_bytes_do_not_ask_for_a_timeout() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    assert!(wire.client.poll_timeout().unwrap() > wire.now);
}

#[test]
fn after_close_every_node_is_disconnected_and_nothing_is_due() {
    let mut wire = Wire::ready(config(1));
    wire.client.close(wire.now, at(1_000));
    assert!(matches!(wire.events()[..], [Event::Closed(_)]));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
    assert_eq!(wire.client.poll_timeout(), None);
}

#[test]
fn replies_cut_anywhere_are_read_alike() {
    let reply = "*3\r\n:1\r\n:0\r\n:1700000000000123\r\n";
    for cut in 1..reply.len() {
        let mut wire = Wire::ready(config(1));
        wire.acquire();
        wire.receive(&reply[..cut]);
        assert_eq!(wire.events(), []);
        wire.receive(&reply[cut..]);
        assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
    }
}

#[test]
fn closing_without_patience_still_writes_the_releases() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    wire.sent();
    wire.receive("*3\r\n:1\r\n:0\r\n:17\r\n");
    wire.client.close(wire.now, wire.now);
    assert!(wire.sent().contains(script::RELEASE.sha));
    wire.to(wire.now);
    assert!(matches!(wire.events().last(), Some(Event::Closed(_))));
}

/// Valkey without `HELLO` says so to every command that it does not know before a login.
#[test]
fn hello_is_unknown_where_it_asks_for_the_login_that_it_carried() {
    let mut wire = Wire::new(with_password(None));
    wire.connect();
    wire.sent();
    wire.receive("-NOAUTH Authentication required.\r\n");
    assert_eq!(wire.sent(), "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n");
}

/// A waiter that has been refused, and what it sends then.
fn refused() -> Wire {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    wire.sent();
    wire.receive(HELD);
    let sent = wire.sent();
    let (subscribe, again) = sent.split_at(sent.find("*6").unwrap());
    assert_eq!(
        subscribe,
        "*2\r\n$9\r\nSUBSCRIBE\r\n$23\r\nkey:quorlock-free:{key}\r\n"
    );
    assert!(again.contains(script::ACQUIRE.sha));
    wire
}

const HELD: &str = "*3\r\n:0\r\n:500\r\n:1700000000000000\r\n";
const LISTENS: &str = ">3\r\n$9\r\nsubscribe\r\n$23\r\nkey:quorlock-free:{key}\r\n:1\r\n";
const FREE: &str = ">3\r\n$7\r\nmessage\r\n$23\r\nkey:quorlock-free:{key}\r\n$4\r\nfree\r\n";

#[test]
fn a_message_wakes_who_waits() {
    let mut wire = refused();
    wire.receive(&[LISTENS, HELD].concat());
    assert_eq!(wire.sent(), "");
    wire.receive(FREE);
    wire.to(wire.now);
    assert!(wire.sent().contains(script::ACQUIRE.sha));
}

#[test]
fn a_refused_subscription_is_answered_in_its_place() {
    let mut wire = refused();
    wire.receive(
        &[
            "-NOPERM no channel\r\n",
            "*3\r\n:1\r\n:0\r\n:1700000000000000\r\n",
        ]
        .concat(),
    );
    assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
    assert_eq!(
        wire.client.problem(node(0)),
        None,
        "the connection is as good as before"
    );
}

#[test]
fn a_subscription_that_a_reply_answers_ends_the_connection() {
    let mut wire = refused();
    wire.receive("+OK\r\n");
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
}
