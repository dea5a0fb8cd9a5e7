//! All nodes have to grant (k = n): what that costs, and how two clients with some of the nodes each get out of it.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_driver::{AcquireError, Client, Quorum, RestartGuard};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::proxy::{Link, Proxy};
use quorlock_tests::servers::{Fleet, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, PATIENCE, builder, built, votes};

const LEASE: Duration = Duration::from_secs(1);

fn client_of_all(urls: &[String]) -> Client {
    let builder = builder(RestartGuard::Off).nodes(urls).unwrap();
    let client = built(builder.quorum(Quorum::All));
    smol::block_on(votes(&client, urls.len()));
    client
}

/// Holds the lock for a moment; how many rounds it took.
fn hold_once(client: &Client) -> u32 {
    let lock = client.lock(KEY).ttl(LEASE);
    let guard = smol::block_on(lock.acquire_within(PATIENCE)).unwrap();
    let rounds = guard.grant().rounds;
    smol::block_on(guard.release());
    rounds
}

/// Each client is near to some nodes and far from the others, so that both get what is near first. They give it back,
/// and each of them gets all of it well before a lease would have ended.
#[test]
fn two_with_some_of_the_nodes_each_both_finish() {
    const FAR: Link = Link::Delay(Duration::from_millis(10));

    let _turn = turn::take();
    let fleet = Fleet::start(5);
    let proxies = [[0, 1, 2].as_slice(), &[3, 4]].map(|near| {
        let start = |(place, address)| {
            let proxy = Proxy::start(address);
            if !near.contains(&place) {
                proxy.switch_both(FAR);
            }
            proxy
        };
        let addresses = fleet.addresses().into_iter().enumerate();
        addresses.map(start).collect::<Vec<_>>()
    });
    let clients = proxies.each_ref().map(|proxies| {
        let urls = proxies.iter().map(|it| format!("redis://{}", it.address()));
        client_of_all(&urls.collect::<Vec<_>>())
    });
    for round in 0..5 {
        let start = Instant::now();
        let rounds = thread::scope(|scope| {
            let threads = clients
                .each_ref()
                .map(|client| scope.spawn(|| hold_once(client)));
            threads.map(|thread| thread.join().unwrap())
        });
        let took = start.elapsed();
        println!("round {round}: both had it after {took:?}, in {rounds:?} rounds");
        assert!(rounds.iter().sum::<u32>() > 2, "they did not meet");
        assert!(took < Duration::from_secs(3), "both had it after {took:?}");
    }
}

/// Two clients written by hand that keep what they have and wait for the rest: neither gets any further.
#[test]
fn two_that_wait_while_they_hold_are_stuck() {
    let fleet = Fleet::start(5);
    let take = |server: &Server, owner: &str| {
        let command = ["SET", KEY, owner, "NX", "PX", "10000"];
        Connection::to(server).call(&command).value() == Value::Simple(b"OK")
    };
    let (mut first, mut second) = (fleet.iter().peekable(), fleet.iter().rev().peekable());
    let mut steps = 0;
    let end = Instant::now() + Duration::from_millis(200);
    while Instant::now() < end {
        steps += usize::from(first.next_if(|server| take(server, "first")).is_some());
        steps += usize::from(second.next_if(|server| take(server, "second")).is_some());
    }
    assert_eq!(steps, 5, "every node is held, and nobody has all");
    assert!(first.peek().is_some() && second.peek().is_some());
}

/// What a majority is for: one node that is down stops those who need all.
#[test]
fn one_node_that_is_down_stops_those_who_need_all() {
    let fleet = Fleet::start(5);
    let all = client_of_all(&fleet.urls());
    let most = built(builder(RestartGuard::Off).nodes(fleet.urls()).unwrap());
    fleet[2].kill();
    smol::block_on(async {
        votes(&most, 4).await;
        let within = |client: &Client| client.lock(KEY).ttl(LEASE).acquire_within(LEASE / 2);
        let error = within(&all).await.unwrap_err();
        assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
        within(&most).await.unwrap().release().await;
    });
}
