//! A failed extension leaves what is held: an outage shorter than the lease goes unnoticed.

use core::time::Duration;

use quorlock_driver::Client;
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::proxy::{Cut, Door, Proxy};
use quorlock_tests::servers::{Fleet, Server};

use crate::adapter::{Adapter, all_ready, on_both_adapters};

const TTL: Duration = Duration::from_secs(3);

on_both_adapters!(
    servers_that_freeze_for_a_second,
    connections_that_are_cut_for_a_second
);

/// Holds a lock over an outage that begins just before its first extension, and until the lock has been extended again.
async fn hold_over<A: Adapter>(
    client: &Client,
    fleet: &Fleet,
    begin: impl Fn(),
    end: impl Fn(),
) -> u64 {
    all_ready::<A>(client).await;
    let guard = client.lock("key").ttl(TTL).try_acquire().await.unwrap();
    let lost = guard.lost();
    let work = async {
        A::sleep(Duration::from_millis(900)).await;
        begin();
        let before = guard.valid_until();
        A::sleep(Duration::from_secs(1)).await;
        assert!(guard.is_held(), "during the outage");
        assert_eq!(guard.valid_until(), before, "nothing could be extended");
        let failures = guard.extension().failure;
        end();
        A::sleep(TTL).await;
        assert!(guard.is_held(), "after the outage");
        println!(
            "{}: {:?} in the outage, {} extensions",
            A::NAME,
            failures,
            guard.extension().count
        );
        u64::from(failures.is_some())
    };
    let failures = futures_lite::future::or(work, async {
        let lost = lost.await;
        panic!("the holder must not notice: {lost}")
    })
    .await;
    for server in fleet.iter() {
        let owner = Connection::to(server).call(&["GET", "key"]);
        assert_eq!(
            owner.value(),
            Value::Bulk(guard.owner().to_string().as_bytes())
        );
    }
    assert!(guard.extension().count >= 2, "extended after the outage");
    guard.release().await;
    failures
}

fn servers_that_freeze_for_a_second<A: Adapter>() {
    let fleet = Fleet::start(5);
    A::run(async {
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        let freeze = || fleet.iter().for_each(Server::pause);
        let thaw = || fleet.iter().for_each(Server::resume);
        hold_over::<A>(&client, &fleet, freeze, thaw).await;
    });
}

fn connections_that_are_cut_for_a_second<A: Adapter>() {
    let fleet = Fleet::start(5);
    let proxies: Vec<Proxy> = fleet.addresses().into_iter().map(Proxy::start).collect();
    A::run(async {
        let urls = proxies
            .iter()
            .map(|proxy| format!("redis://{}", proxy.address()));
        let client = A::builder().nodes(urls).unwrap().build().unwrap();
        let cut = || {
            for proxy in &proxies {
                proxy.switch_door(Door::Refuse);
                proxy.cut(Cut::Reset);
            }
        };
        let heal = || proxies.iter().for_each(Proxy::heal);
        let failures = hold_over::<A>(&client, &fleet, cut, heal).await;
        assert_eq!(
            failures, 1,
            "an extension has failed, and nothing came of it"
        );
    });
}
