//! Writes that carry a fencing token, on real servers: what is older than the newest is refused.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

use core::time::Duration;
use std::thread::sleep;

use bytes::BytesMut;
use quorlock_core::{Applied, Apply, ApplyError, ErrorKind, FencingToken, Ttl};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};

on_each_make!(
    a_stale_write_is_refused,
    a_stale_write_is_refused_after_the_value_has_expired,
    nothing_is_written_where_tokens_can_not_be_compared,
    the_highest_token_is_in_the_slot_of_the_value,
);

const KEY: &str = "stock:7";
const HIGHEST_KEY: &str = "stock:7:quorlock-highest:{stock:7}";
/// Of the size of real ones: digits would be lost where Lua spelled them.
const TOKEN: u64 = 1_700_000_000_000_123;

/// A value by the tenure that is `tenure` after the first.
fn value(tenure: u64, value: &str) -> Apply<'_> {
    Apply {
        key: KEY.as_bytes(),
        token: FencingToken::new(TOKEN + tenure),
        value: value.as_bytes(),
        expiry: None,
    }
}

fn send(connection: &mut Connection, request: &[u8]) -> Result<Applied, ApplyError> {
    connection.send(request).unwrap();
    Applied::read(connection.receive().unwrap().value())
}

/// As a program would do it: by digest, and in full where the server does not know the script.
fn apply(connection: &mut Connection, write: &Apply<'_>) -> Result<Applied, ApplyError> {
    let mut request = BytesMut::new();
    write.encode(&mut request);
    match send(connection, &request) {
        Err(ApplyError::Server(error)) if error.kind() == ErrorKind::NoScript => {
            request.clear();
            write.encode_in_full(&mut request);
            send(connection, &request)
        }
        applied => applied,
    }
}

fn refused(tenure: u64) -> Applied {
    let highest = FencingToken::new(TOKEN + tenure);
    Applied::Refused { highest }
}

fn text(connection: &mut Connection, key: &str) -> Option<String> {
    let reply = connection.call(&["GET", key]);
    if let Value::Bulk(text) = reply.value() {
        Some(String::from_utf8_lossy(text).into_owned())
    } else {
        None
    }
}

fn a_stale_write_is_refused(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    let written = Ok(Applied::Written);
    assert_eq!(apply(&mut connection, &value(0, "first")), written);
    assert_eq!(apply(&mut connection, &value(0, "again")), written);
    assert_eq!(apply(&mut connection, &value(1, "second")), written);
    assert_eq!(apply(&mut connection, &value(0, "stale")), Ok(refused(1)));
    assert_eq!(text(&mut connection, KEY).as_deref(), Some("second"));
    let highest = (TOKEN + 1).to_string();
    assert_eq!(text(&mut connection, HIGHEST_KEY), Some(highest));
    // without the comparison there is nothing that stops it
    connection.order(&["SET", KEY, "stale"]);
    assert_eq!(text(&mut connection, KEY).as_deref(), Some("stale"));
}

fn a_stale_write_is_refused_after_the_value_has_expired(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    let brief = Apply {
        expiry: Some(Ttl::from_millis(20)),
        ..value(1, "brief")
    };
    assert_eq!(apply(&mut connection, &brief), Ok(Applied::Written));
    sleep(Duration::from_millis(40));
    assert_eq!(text(&mut connection, KEY), None);
    assert_eq!(apply(&mut connection, &value(0, "stale")), Ok(refused(1)));
    assert_eq!(text(&mut connection, KEY), None);
}

fn nothing_is_written_where_tokens_can_not_be_compared(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    connection.order(&["SET", HIGHEST_KEY, "newest"]);
    let answer = apply(&mut connection, &value(0, "v"));
    assert!(matches!(&answer, Err(ApplyError::Server(_))), "{answer:?}");
    connection.call(&["DEL", HIGHEST_KEY]);
    connection.call(&["RPUSH", HIGHEST_KEY, "element"]);
    let answer = apply(&mut connection, &value(0, "v"));
    let Err(ApplyError::Server(error)) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(error.kind(), ErrorKind::Permanent, "{error}");
    assert_eq!(text(&mut connection, KEY), None);
}

fn the_highest_token_is_in_the_slot_of_the_value(plain: &Options) {
    let server = Server::start(&plain.clone().with_line("cluster-enabled yes"));
    let mut connection = Connection::to(&server);
    connection.order(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let mut apply_to = |key: &str| {
        let write = Apply {
            key: key.as_bytes(),
            ..value(0, "v")
        };
        apply(&mut connection, &write)
    };
    let is_down = |answer: &Result<Applied, ApplyError>| matches!(answer, Err(ApplyError::Server(error)) if error.message().starts_with("CLUSTERDOWN"));
    // the node takes a moment to serve the slots that it has just got
    let is_up = (0..100).any(|_| {
        sleep(Duration::from_millis(50));
        !is_down(&apply_to("first"))
    });
    assert!(is_up, "the cluster stays down");
    for key in ["job", "a{b}c", "{b}"] {
        assert_eq!(apply_to(key), Ok(Applied::Written), "{key}");
    }
    for key in ["a{}c", "a{c", "a}c"] {
        let answer = apply_to(key);
        let Err(ApplyError::Server(error)) = answer else {
            panic!("{key}: {answer:?}")
        };
        assert!(error.message().starts_with("CROSSSLOT"), "{error}");
    }
}
