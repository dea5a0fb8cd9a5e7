//! Servers are asked in their own words where those do, and users who may not run scripts are served all the same.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

use core::time::Duration;

use quorlock_driver::{AcquireError, Client, Fencing, Problem, RestartGuard, Verdict};
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::deployment::deployed;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server, statistics};

const PATIENCE: Duration = Duration::from_secs(10);

on_each_make!(
    a_user_without_scripts_is_served,
    plain_locks_use_the_servers_own_words,
    tokens_without_scripts_are_refused_in_clear_words,
);

/// What becomes of locks on one server: held, extended, contended, released, taken over.
async fn exercise(one: &Client, other: &Client, server: &Server) {
    let request = one.lock("job").ttl(Duration::from_secs(2));
    let guard = request.acquire_within(PATIENCE).await.unwrap();
    assert_eq!(guard.token(), None);
    let before = guard.valid_until();
    guard.extend(Duration::from_secs(5)).await.unwrap();
    assert!(guard.valid_until() > before);
    let refused = other.lock("job").try_acquire().await.unwrap_err();
    assert!(
        matches!(refused, AcquireError::Contended { .. }),
        "{refused}"
    );
    let released = guard.release().await;
    assert_eq!(released.verdict, Verdict::Verified, "{released}");
    assert_eq!(keys(server), [""; 0]);

    // an owner whose key is another's: found by the extension, and left alone by the release
    let guard = other.lock("job").try_acquire().await.unwrap();
    Connection::to(server).order(&["SET", "job", "somebody", "PX", "60000"]);
    guard.extend(Duration::from_secs(5)).await.unwrap_err();
    let released = guard.release().await;
    assert_eq!(released.verdict, Verdict::ExpiredEarlier, "{released}");
    assert_eq!(keys(server), ["job"]);
    Connection::to(server).call(&["DEL", "job"]);
    for client in [one, other] {
        let report = client.close(PATIENCE).await;
        assert!(report.unconfirmed.is_empty(), "{report:?}");
    }
}

fn client(url: &str, fencing: Fencing) -> Client {
    let builder = deployed(quorlock_smol::builder()).guard(RestartGuard::Off);
    let builder = builder.fencing(fencing).nodes([url]).unwrap();
    builder.build().unwrap()
}

/// A server with a user who may do everything but run scripts.
fn without_scripts(plain: &Options) -> (Server, String) {
    let line = "user lock on >secret allkeys allchannels allcommands -@scripting";
    let server = Server::start(&plain.clone().with_line(line));
    let url = format!("redis://lock:secret@{}", server.address());
    (server, url)
}

fn a_user_without_scripts_is_served(plain: &Options) {
    let (server, url) = without_scripts(plain);
    smol::block_on(async {
        let clients = [client(&url, Fencing::Off), client(&url, Fencing::Off)];
        exercise(&clients[0], &clients[1], &server).await;
    });
    let ran = statistics(&server);
    let worked = |name: &str| ran.iter().any(|it| it.name == name && it.failed < it.calls);
    assert!(!worked("evalsha") && !worked("eval"), "{ran:?}");
    assert!(
        worked("delifeq") != worked("exec"),
        "one way or the other: {ran:?}"
    );
}

fn plain_locks_use_the_servers_own_words(plain: &Options) {
    let server = Server::start(plain);
    smol::block_on(async {
        let url = server.url();
        let clients = [client(&url, Fencing::Off), client(&url, Fencing::Off)];
        exercise(&clients[0], &clients[1], &server).await;
    });
    let ran = statistics(&server);
    let worked = |name: &str| ran.iter().any(|it| it.name == name && it.failed < it.calls);
    assert!(
        worked("delifeq") != worked("evalsha"),
        "one way or the other: {ran:?}"
    );
}

fn tokens_without_scripts_are_refused_in_clear_words(plain: &Options) {
    let (_server, url) = without_scripts(plain);
    smol::block_on(async {
        let client = client(&url, Fencing::DEFAULT);
        let error = client
            .lock("job")
            .acquire_within(PATIENCE)
            .await
            .unwrap_err();
        assert!(matches!(error, AcquireError::Rejected { .. }), "{error}");
        let (_, problem) = &error.refusal().unwrap().problems[0];
        assert_eq!(*problem, Problem::NeedsScripts);
    });
}
