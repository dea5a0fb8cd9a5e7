//! Which servers are let in: those that are old enough, keep what they are told, and agree with the client.

use core::time::Duration;
use std::time::Instant;

use quorlock_core::script;
use quorlock_driver::{AcquireError, Client, Problem, QuarantineCause, RestartGuard, Ttl};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::deployment::GUARD_KEY;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, MAX_TTL, OLD, PATIENCE, builder, built, client_of, trusted_server};

on_each_make!(
    a_guard_is_compared_with_the_run_of_the_connection,
    a_server_that_evicts_is_refused_unless_accepted,
    a_server_without_info_is_not_guarded_by_uptime,
    a_young_server_is_announced_and_votes_later,
    clients_that_differ_in_the_longest_lease,
);

/// Takes the lock and gives it back.
async fn hold_once(client: &Client) -> Result<(), AcquireError> {
    let lock = client.lock(KEY).ttl(MAX_TTL.as_duration() / 2);
    lock.acquire_within(PATIENCE).await?.release().await;
    Ok(())
}

/// What the only node said to a client that was rejected at once.
fn rejected(client: &Client) -> (Problem, String) {
    let start = Instant::now();
    let error = smol::block_on(hold_once(client)).unwrap_err();
    assert!(
        start.elapsed() < PATIENCE / 2,
        "told after {:?}",
        start.elapsed()
    );
    assert!(matches!(error, AcquireError::Rejected { .. }), "{error}");
    let (_, problem) = &error.refusal().unwrap().problems[0];
    (problem.clone(), error.to_string())
}

fn a_young_server_is_announced_and_votes_later(plain: &Options) {
    let _turn = turn::take();
    let server = Server::start_young(plain);
    let started = Instant::now();
    smol::block_on(async {
        hold_once(&client_of([&server], &[0], RestartGuard::Off))
            .await
            .unwrap();
        assert!(started.elapsed() < OLD, "the machine is too busy to tell");

        let client = client_of([&server], &[0], RestartGuard::Uptime);
        let soon = client.lock(KEY).ttl(MAX_TTL.as_duration());
        let error = soon
            .acquire_within(Duration::from_millis(200))
            .await
            .unwrap_err();
        assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
        let announced = client.nodes().remove(0).problem;
        let Some(Problem::Quarantined(quarantine)) = announced else {
            panic!("{announced:?}")
        };
        assert!(matches!(quarantine.cause, QuarantineCause::Restarted(uptime) if uptime < OLD));
        assert!(quarantine.left <= OLD + OLD / 50, "{quarantine}");
        assert!(error.to_string().contains("the server started"), "{error}");

        hold_once(&client).await.unwrap();
        assert!(
            started.elapsed() >= MAX_TTL.as_duration(),
            "{:?}",
            started.elapsed()
        );
    });
}

/// `Uptime` and `Strict` ask the server for its age and its life; a user who may not ask is told so.
fn a_server_without_info_is_not_guarded_by_uptime(plain: &Options) {
    let options = plain
        .clone()
        .with_line("user lock on >secret ~* &* +@all -info");
    let server = Server::start_young(&options);
    let url = format!("redis://lock:secret@{}", server.address());
    let client = |guard| built(builder(guard).nodes([&url]).unwrap());
    for guard in [RestartGuard::Uptime, RestartGuard::Strict] {
        let (problem, text) = rejected(&client(guard));
        assert!(
            matches!(problem, Problem::Unguardable(_)),
            "{guard:?}: {problem}"
        );
        assert!(
            text.contains("needs INFO") && text.contains("NOPERM"),
            "{text}"
        );
    }
    smol::block_on(hold_once(&client(RestartGuard::Off))).unwrap();
}

fn a_server_that_evicts_is_refused_unless_accepted(plain: &Options) {
    let evicting = plain.clone().with_line("maxmemory 100mb");
    let evicting = evicting.with_line("maxmemory-policy volatile-ttl");
    let server = trusted_server(&evicting, RestartGuard::Uptime);
    let client = |accept| {
        let builder = builder(RestartGuard::Uptime).accept_eviction(accept);
        built(builder.nodes([server.url()]).unwrap())
    };
    let (problem, text) = rejected(&client(false));
    assert_eq!(problem, Problem::Evicts("volatile-ttl".into()));
    assert!(text.contains("maxmemory-policy volatile-ttl"), "{text}");
    smol::block_on(hold_once(&client(true))).unwrap();
    // bounded memory alone is no reason
    Connection::to(&server).order(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    smol::block_on(hold_once(&client(false))).unwrap();
}

/// A longer lease than the node waits for would outlive the quarantine. Only `Strict` has a place to compare it.
fn clients_that_differ_in_the_longest_lease(plain: &Options) {
    let double = Ttl::new(2 * MAX_TTL.as_duration()).unwrap();
    let server = trusted_server(plain, RestartGuard::Strict);
    let client = |guard| {
        let builder = builder(guard).max_ttl(double);
        built(builder.nodes([server.url()]).unwrap())
    };
    let (problem, text) = rejected(&client(RestartGuard::Strict));
    let expected = Problem::OtherMaxTtl {
        node: MAX_TTL.as_duration(),
        ours: double,
    };
    assert_eq!(problem, expected);
    assert!(text.contains("all clients must agree"), "{text}");
    smol::block_on(async {
        hold_once(&client(RestartGuard::Off)).await.unwrap();
        hold_once(&client_of([&server], &[0], RestartGuard::Strict))
            .await
            .unwrap();
    });
}

/// A node that comes back with its old data, guard and all, is told apart by the run id that the new connection has
/// learned. One that was kept with the address would match.
fn a_guard_is_compared_with_the_run_of_the_connection(plain: &Options) {
    let restart = |server: &Server| {
        Connection::to(server).order(&["SAVE"]);
        server.restart();
    };
    // a client that is there would have it quarantined as soon as it is back
    let alone = trusted_server(plain, RestartGuard::Strict);
    let old_run = alone.info("server", "run_id");
    restart(&alone);
    let by_address = format!("A:{old_run}:{}", MAX_TTL.as_millis());
    let command = [
        "EVAL",
        script::ACQUIRE.text,
        "2",
        "other",
        GUARD_KEY,
        "owner",
        "1000",
        "0",
        &by_address,
    ];
    let reply = Connection::to(&alone).call(&command);
    let Value::Array(mut items) = reply.value() else {
        panic!("{:?}", reply.value())
    };
    assert_eq!(
        items.next(),
        Some(Value::Integer(1)),
        "a kept run id is granted"
    );

    let server = trusted_server(plain, RestartGuard::Strict);
    let client = client_of([&server], &[0], RestartGuard::Strict);
    smol::block_on(hold_once(&client)).unwrap();
    restart(&server);
    let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
    let error = smol::block_on(lock.acquire_within(Duration::from_millis(500))).unwrap_err();
    let (_, problem) = &error.refusal().unwrap().problems[0];
    let Problem::Quarantined(quarantine) = problem else {
        panic!("{error}")
    };
    assert_eq!(quarantine.cause, QuarantineCause::NotArmed);
}
