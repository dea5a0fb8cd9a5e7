//! An acquire that arrives after its release: the connection that carried it was given up, and its bytes come late.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use bytes::BytesMut;
use quorlock_core::{Caution, script};
use quorlock_driver::{Client, RestartGuard};
use quorlock_resp::{Value, encode};
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server, statistics};
use quorlock_tests::turn;

use crate::cluster::{KEY, MAX_TTL, PATIENCE, builder, built, votes};
use crate::late_network::{Forsaken, LateNetwork};

on_each_make!(
    a_client_that_may_kill_ends_its_old_connection,
    a_client_that_may_not_kill_gives_a_deadline,
    a_client_that_may_not_kill_releases_again_after_the_deadline,
    a_client_that_may_not_kill_is_cautioned,
    with_neither_the_key_stays,
);

/// Rights of a user who may not end connections.
const MAY_NOT_KILL: &str = "user lock on >secret ~* &* +@all -client|kill";

/// Whether the server has run a script.
fn has_run(server: &Server) -> bool {
    let mut all = statistics(server).into_iter();
    all.any(|it| it.name == "evalsha" && it.calls > it.failed)
}

/// A client of one server, of which the acquire is on its way in a connection that is gone. The new one stands, and the
/// release has come over it.
fn strand(server: &Server, login: &str) -> (Client, Forsaken) {
    let network = LateNetwork::start(server.address());
    let url = format!("redis://{login}{}", network.address());
    let client = built(builder(RestartGuard::Off).nodes([url]).unwrap());
    let stranded = smol::block_on(async {
        votes(&client, 1).await;
        network.keep();
        let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
        let acquire = smol::spawn(lock.try_acquire());
        let stranded = smol::unblock(move || network.forsake()).await;
        acquire.await.expect_err("the connection ended");
        votes(&client, 1).await;
        stranded
    });
    let deadline = Instant::now() + PATIENCE;
    while !has_run(server) {
        assert!(Instant::now() < deadline, "nothing is released");
        thread::sleep(Duration::from_millis(1));
    }
    (client, stranded)
}

/// Waits until every release is confirmed.
fn close(client: &Client) {
    let report = smol::block_on(client.close(PATIENCE));
    assert!(report.unconfirmed.is_empty(), "{report:?}");
}

fn a_client_that_may_kill_ends_its_old_connection(plain: &Options) {
    let server = Server::start_young(plain);
    let (client, stranded) = strand(&server, "");
    close(&client);
    stranded.deliver();
    assert_eq!(keys(&server), [""; 0]);
}

/// The close waits for the deadline to pass, half a lease after the acquire; then the node refuses it.
fn a_client_that_may_not_kill_gives_a_deadline(plain: &Options) {
    let server = Server::start_young(&plain.clone().with_line(MAY_NOT_KILL));
    let (client, stranded) = strand(&server, "lock:secret@");
    close(&client);
    stranded.deliver();
    assert_eq!(keys(&server), [""; 0]);
}

/// What is executed before the deadline takes the lock, behind the first release; the second one frees it.
fn a_client_that_may_not_kill_releases_again_after_the_deadline(plain: &Options) {
    let _turn = turn::take();
    let server = Server::start_young(&plain.clone().with_line(MAY_NOT_KILL));
    let (client, stranded) = strand(&server, "lock:secret@");
    let story = stranded.deliver();
    let taken = Instant::now();
    assert_eq!(
        keys(&server),
        [KEY],
        "executed before the deadline\n{story}"
    );
    close(&client);
    assert_eq!(keys(&server), [""; 0]);
    assert!(
        taken.elapsed() < MAX_TTL.as_duration(),
        "the lease would have ended it"
    );
}

/// Neither is a matter of course: commands that are written by hand leave a key behind for a whole lease.
fn with_neither_the_key_stays(plain: &Options) {
    let server = Server::start_young(plain);
    let network = LateNetwork::start(server.address());
    let mut old = Connection::open(network.address()).unwrap();
    old.call(&["PING"]);
    network.keep();
    let mut acquire = BytesMut::new();
    let text = script::ACQUIRE.text.as_bytes();
    encode::command(
        &mut acquire,
        &[b"EVAL", text, b"1", KEY.as_bytes(), b"owner", b"30000"],
    );
    old.send(&acquire).unwrap();
    let stranded = network.forsake();
    let release = ["EVAL", script::RELEASE.text, "1", KEY, "owner"];
    let reply = Connection::to(&server).call(&release);
    assert_eq!(reply.value(), Value::Integer(0), "nothing to release yet");
    stranded.deliver();
    assert_eq!(keys(&server), [KEY]);
}

fn a_client_that_may_not_kill_is_cautioned(plain: &Options) {
    let server = Server::start_young(&plain.clone().with_line(MAY_NOT_KILL));
    let caution = |login: &str| {
        let url = format!("redis://{login}{}", server.address());
        let client = built(builder(RestartGuard::Off).nodes([url]).unwrap());
        // it votes all the same
        smol::block_on(votes(&client, 1));
        client.nodes().remove(0).caution
    };
    assert_eq!(caution("lock:secret@"), Some(Caution::CannotKill));
    assert_eq!(caution(""), None);
}
