//! Replicas that are asked, and primaries without one.

use quorlock_core::ErrorKind::Transient;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};

use crate::trouble::{KEY, Trouble, assert_answer, await_answer, has_text};

on_each_make!(
    a_primary_without_its_replicas,
    a_replica,
    a_replica_without_its_primary
);

fn a_replica(plain: &Options) {
    let [primary, replica] = [(); 2].map(|()| Server::start(plain));
    replica.follow(&primary);
    let words = "READONLY";
    let mut connection = Connection::to(&replica);
    assert_answer(&mut connection, &["SET", KEY, "v"], Transient, words);
    let trouble = Trouble::new(plain, &replica, Transient, words);
    trouble.check(|| replica.promote());
}

fn a_replica_without_its_primary(plain: &Options) {
    let primary = Server::start(plain);
    let replica = Server::start(&plain.clone().with_line("replica-serve-stale-data no"));
    replica.follow(&primary);
    primary.kill();
    let mut connection = Connection::to(&replica);
    await_answer(&mut connection, &["INFO", "replication"], |info| {
        has_text(info, "master_link_status:down")
    });
    let words = "MASTERDOWN";
    assert_answer(&mut connection, &["GET", KEY], Transient, words);
    let trouble = Trouble::new(plain, &replica, Transient, words);
    trouble.check(|| replica.promote());
}

fn a_primary_without_its_replicas(plain: &Options) {
    let server = Server::start(&plain.clone().with_line("min-replicas-to-write 1"));
    let words = "NOREPLICAS";
    let mut connection = Connection::to(&server);
    assert_answer(&mut connection, &["SET", KEY, "v"], Transient, words);
    let trouble = Trouble::new(plain, &server, Transient, words);
    trouble.check(|| connection.order(&["CONFIG", "SET", "min-replicas-to-write", "0"]));
}
