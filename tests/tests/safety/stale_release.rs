//! A release that comes after the lease has ended, when another one holds the lock already.

use core::time::Duration;

use quorlock_driver::{Client, Guard, RestartGuard, Verdict};
use quorlock_resp::{Value, encode};
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, PATIENCE, builder, built, client_of, votes};
use crate::late_network::LateNetwork;

on_each_make!(
    a_release_after_the_lease_leaves_the_next_holder_alone,
    a_release_that_arrives_late_leaves_the_next_holder_alone,
    a_release_without_compare_takes_the_lock_away,
);

/// The first holder's, which is over soon.
const SHORT: Duration = Duration::from_millis(300);

/// The second holder's, which is not.
const LONG: Duration = Duration::from_secs(1);

async fn hold(client: &Client, lease: Duration) -> Guard {
    let lock = client.lock(KEY).ttl(lease).auto_extend(false);
    lock.acquire_within(PATIENCE).await.unwrap()
}

/// Whether the node has the lock of this holder.
fn has(server: &Server, holder: &Guard) -> bool {
    let reply = Connection::to(server).call(&["GET", KEY]);
    reply.value() == Value::Bulk(holder.owner().to_string().as_bytes())
}

fn a_release_after_the_lease_leaves_the_next_holder_alone(plain: &Options) {
    let _turn = turn::take();
    let server = Server::start_young(plain);
    let client = || client_of([&server], &[0], RestartGuard::Off);
    let (first, second) = (client(), client());
    smol::block_on(async {
        let stale = hold(&first, SHORT).await;
        let holder = hold(&second, LONG).await;
        let released = stale.release().await;
        assert_eq!(released.verdict, Verdict::ExpiredEarlier, "{released}");
        assert!(has(&server, &holder));
        let released = holder.release().await;
        assert_eq!(released.verdict, Verdict::Verified, "{released}");
    });
}

/// The release is on its way in a connection that the client has given up, and is executed when another one holds the
/// lock. The client may not end its old connection on the server.
fn a_release_that_arrives_late_leaves_the_next_holder_alone(plain: &Options) {
    let _turn = turn::take();
    let may_not_kill = "user lock on >secret ~* &* +@all -client|kill";
    let server = Server::start_young(&plain.clone().with_line(may_not_kill));
    let network = LateNetwork::start(server.address());
    let url = format!("redis://lock:secret@{}", network.address());
    let first = built(builder(RestartGuard::Off).nodes([url]).unwrap());
    let second = client_of([&server], &[0], RestartGuard::Off);
    smol::block_on(async {
        votes(&first, 1).await;
        let stale = hold(&first, SHORT).await;
        network.keep();
        let release = smol::spawn(stale.release());
        let stranded = smol::unblock(move || network.forsake()).await;
        release.await;
        let holder = hold(&second, LONG).await;
        smol::unblock(move || stranded.deliver()).await;
        assert!(has(&server, &holder));
        let released = holder.release().await;
        assert_eq!(released.verdict, Verdict::Verified, "{released}");
    });
}

/// As a client writes it that deletes the key of its lock: another one's lock is gone, and a third one gets it.
fn a_release_without_compare_takes_the_lock_away(plain: &Options) {
    let _turn = turn::take();
    let server = Server::start_young(plain);
    let network = LateNetwork::start(server.address());
    let mut by_hand = Connection::open(network.address()).unwrap();
    by_hand.call(&["SET", KEY, "first", "NX", "PX", "100"]);
    network.keep();
    let mut delete = bytes::BytesMut::new();
    encode::command(&mut delete, &[b"DEL", KEY.as_bytes()]);
    by_hand.send(&delete).unwrap();
    let stranded = network.forsake();
    let client = || client_of([&server], &[0], RestartGuard::Off);
    let (second, third) = (client(), client());
    smol::block_on(async {
        let holder = hold(&second, LONG).await;
        smol::unblock(move || stranded.deliver()).await;
        assert!(!has(&server, &holder));
        let other = hold(&third, LONG).await;
        assert!(holder.is_held() && other.is_held(), "two at one time");
    });
}
