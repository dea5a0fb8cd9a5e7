//! A server that throws the lock away when its memory is full. Such servers are refused (see `admission`); here a user
//! has accepted one.

use quorlock_driver::{Client, RestartGuard};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, MAX_TTL, PATIENCE, builder, built};

on_each_make!(an_eviction_that_was_accepted_costs_the_lock);

/// More than the server may hold, in megabytes.
const MOST: usize = 200;

fn an_eviction_that_was_accepted_costs_the_lock(plain: &Options) {
    let _turn = turn::take();
    let evicting = plain.clone().with_line("maxmemory 50mb");
    let server = Server::start_young(&evicting.with_line("maxmemory-policy volatile-ttl"));
    let client = || {
        let builder = builder(RestartGuard::Off).accept_eviction(true);
        built(builder.nodes([server.url()]).unwrap())
    };
    let (first, second) = (client(), client());
    let acquire = |client: &Client| {
        let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
        smol::block_on(lock.auto_extend(false).acquire_within(PATIENCE)).unwrap()
    };
    let mut filler = Connection::to(&server);
    let megabyte = "x".repeat(1 << 20);
    filler.call(&["SET", "megabyte 0", &megabyte]);
    let held = acquire(&first);
    let mut number = 0;
    while filler.call(&["EXISTS", KEY]).value() == Value::Integer(1) {
        number += 1;
        assert!(number < MOST, "nothing was evicted");
        filler.call(&["SET", &format!("megabyte {number}"), &megabyte]);
    }
    // room for what the second one stores
    for number in 0..number {
        filler.call(&["DEL", &format!("megabyte {number}")]);
    }
    let other = acquire(&second);
    assert!(held.is_held() && other.is_held(), "two at one time");
}
