//! The clock shim on a real server: what its keys see of a clock that is shifted, frozen or fast.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on fails with the words at hand"
)]

use core::time::Duration;
use std::path::Path;
use std::thread;
use std::time::Instant;

use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::skew::Skew;
use quorlock_tests::turn;

on_each_make!(
    a_fast_clock_is_fast_by_the_rate_that_was_set,
    a_frozen_clock_stands_to_the_microsecond,
    a_shifted_clock_ends_keys_early_and_late,
    scripts_see_the_clock_and_the_uptime_moves_with_it,
);

/// A server with a key of 30 s, and its clock.
fn start(plain: &Options) -> (Skew, Server, Connection) {
    let skew = Skew::build(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let server = Server::start(&skew.steer(plain.clone()));
    let mut connection = Connection::to(&server);
    connection.call(&["SET", "key", "value", "PX", "30000"]);
    (skew, server, connection)
}

fn pttl(connection: &mut Connection) -> i64 {
    let reply = connection.call(&["PTTL", "key"]);
    let Value::Integer(left) = reply.value() else {
        panic!("PTTL answered {:?}", reply.value())
    };
    left
}

fn a_shifted_clock_ends_keys_early_and_late(plain: &Options) {
    let _turn = turn::take();
    let (skew, _server, mut connection) = start(plain);
    skew.forward(Duration::from_secs(20));
    let left = pttl(&mut connection);
    assert!((5_000..=10_000).contains(&left), "{left} ms left");
    skew.back(Duration::from_secs(25));
    let left = pttl(&mut connection);
    assert!((30_000..=35_000).contains(&left), "{left} ms left");
    skew.forward(Duration::from_secs(36));
    assert_eq!(pttl(&mut connection), -2);
}

fn a_frozen_clock_stands_to_the_microsecond(plain: &Options) {
    let _turn = turn::take();
    let (skew, _server, mut connection) = start(plain);
    let now = Duration::from_micros(1_700_000_000_123_456);
    skew.freeze(now);
    assert_eq!(skew.shown(), now);
    for _ in 0..2 {
        let reply = connection.call(&["TIME"]);
        assert_eq!(
            reply.bytes(),
            b"*2\r\n$10\r\n1700000000\r\n$6\r\n123456\r\n"
        );
        thread::sleep(Duration::from_millis(20));
    }
    connection.call(&["SET", "key", "value", "PX", "30000"]);
    skew.freeze(now + Duration::from_secs(30));
    assert_eq!(pttl(&mut connection), 0);
    skew.freeze(now + Duration::from_millis(30_001));
    assert_eq!(pttl(&mut connection), -2);
}

fn a_fast_clock_is_fast_by_the_rate_that_was_set(plain: &Options) {
    const PAUSE: Duration = Duration::from_millis(500);
    /// What rounding to milliseconds at both ends can hide.
    const ROUNDING: Duration = Duration::from_millis(2);

    let _turn = turn::take();
    let (skew, _server, mut connection) = start(plain);
    skew.run(3_000_000);
    let outer = Instant::now();
    let before = pttl(&mut connection);
    let inner = Instant::now();
    thread::sleep(PAUSE);
    let inner = inner.elapsed();
    let after = pttl(&mut connection);
    let outer = outer.elapsed();

    // However slow the machine, the readings lie between the inner and the outer time.
    let shown = Duration::from_millis(u64::try_from(before - after).expect("time that passes"));
    assert!(
        3 * inner <= shown + ROUNDING && shown <= 3 * outer + ROUNDING,
        "{shown:?} were shown in {inner:?} to {outer:?}"
    );
}

/// What the product reads: `TIME` in a script, and the uptime, which is wall clock minus start.
fn scripts_see_the_clock_and_the_uptime_moves_with_it(plain: &Options) {
    const HOUR: Duration = Duration::from_hours(1);

    let _turn = turn::take();
    let (skew, _server, mut connection) = start(plain);
    skew.freeze(skew.shown() + HOUR);
    let shown = skew.shown();
    let seconds = connection.call(&["EVAL", "return redis.call('TIME')[1]", "0"]);
    let Value::Bulk(seconds) = seconds.value() else {
        panic!("the script answered {:?}", seconds.value())
    };
    assert_eq!(
        String::from_utf8_lossy(seconds),
        shown.as_secs().to_string()
    );
    // the server writes its cached time down ten times a second
    let deadline = Instant::now() + Duration::from_secs(5);
    while uptime(&mut connection) < HOUR {
        assert!(Instant::now() < deadline, "the uptime stands");
        thread::sleep(Duration::from_millis(10));
    }
}

fn uptime(connection: &mut Connection) -> Duration {
    let info = connection.call(&["INFO", "server"]);
    let info = String::from_utf8_lossy(info.bytes()).into_owned();
    let mut lines = info.lines();
    let seconds = lines.find_map(|line| line.strip_prefix("uptime_in_seconds:"));
    Duration::from_secs(
        seconds
            .and_then(|text| text.parse().ok())
            .expect("an uptime"),
    )
}
