//! Whatever happens to an acquisition, nothing of ours stays on a server.

use core::time::Duration;

use futures_lite::future;
use quorlock_tests::connection::keys;
use quorlock_tests::servers::Fleet;

use crate::adapter::{Adapter, all_ready, on_both_adapters};

on_both_adapters!(nothing_is_left_after_random_rounds_with_a_stalled_server);

fn nothing_is_left_after_random_rounds_with_a_stalled_server<A: Adapter>() {
    let fleet = Fleet::start(5);
    let mut random = fastrand::Rng::with_seed(7);
    let mut counts = [0; 4];
    A::run(async {
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        all_ready::<A>(&client).await;
        for round in 0..500 {
            if round % 100 == 20 {
                fleet[3].pause();
            }
            if round % 100 == 90 && round < 490 {
                fleet[3].resume();
            }
            // a lease that no TTL can clean up behind the test
            let key = format!("key {}", random.u8(0..10));
            let request = client.lock(key).ttl(Duration::from_mins(5));
            let kind = random.usize(0..4);
            counts[kind] += 1;
            match kind {
                0 => {
                    let guard = request.try_acquire().await;
                    guard.unwrap().release().await;
                }
                1 => drop(request.try_acquire().await),
                2 => {
                    // dropped somewhere between its first poll and its last
                    let patience = A::sleep(Duration::from_micros(random.u64(0..400)));
                    let cancelled = async {
                        patience.await;
                        None
                    };
                    let taken = async { request.try_acquire().await.ok() };
                    drop(future::or(cancelled, taken).await);
                }
                _ => {
                    let mut once = Box::pin(request.acquire());
                    let _ = future::poll_once(&mut once).await;
                }
            }
        }
        fleet[3].resume();
        let report = client.close(Duration::from_secs(5)).await;
        assert!(
            report.unconfirmed.is_empty(),
            "{} still owe a release",
            report.unconfirmed
        );
        A::sleep(Duration::from_secs(1)).await;
    });
    println!(
        "{}: released, dropped, cancelled late and early: {counts:?}",
        A::NAME
    );
    for server in fleet.iter() {
        assert_eq!(keys(server), Vec::<String>::new(), "{}", server.url());
    }
}
