//! Some of five servers are frozen (SIGSTOP): the slow ones never set the pace.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{AcquireError, Client};
use quorlock_tests::servers::Fleet;
use quorlock_tests::stats::median;

use crate::adapter::{Adapter, all_ready, on_both_adapters};

const ROUNDS: usize = 200;

on_both_adapters!(
    one_frozen_server_does_not_set_the_pace,
    two_frozen_servers_leave_a_quorum,
    three_frozen_servers_are_unreachable_in_time,
);

/// Medians of the time to acquire and to release.
async fn pace(client: &Client) -> (Duration, Duration) {
    let mut acquire = Vec::new();
    let mut release = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let guard = client
            .lock("pace")
            .acquire_within(Duration::from_secs(5))
            .await
            .unwrap();
        acquire.push(start.elapsed());
        let start = Instant::now();
        let released = guard.release().await;
        release.push(start.elapsed());
        assert_eq!(
            released.verdict,
            quorlock_driver::Verdict::Verified,
            "{released}"
        );
    }
    (median(&acquire), median(&release))
}

fn one_frozen_server_does_not_set_the_pace<A: Adapter>() {
    let fleet = Fleet::start(5);
    A::run(async {
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        all_ready::<A>(&client).await;
        pace(&client).await; // warm
        let all = pace(&client).await;
        fleet[2].pause();
        let four = pace(&client).await;
        fleet[2].resume();
        println!(
            "{}: acquire {:?} with five, {:?} with one frozen",
            A::NAME,
            all.0,
            four.0
        );
        println!(
            "{}: release {:?} with five, {:?} with one frozen",
            A::NAME,
            all.1,
            four.1
        );
        assert!(four.0 <= all.0 * 3, "acquire");
        assert!(four.1 <= all.1 * 3, "release");
    });
}

fn two_frozen_servers_leave_a_quorum<A: Adapter>() {
    let fleet = Fleet::start(5);
    A::run(async {
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        all_ready::<A>(&client).await;
        fleet[0].pause();
        fleet[4].pause();
        let three = pace(&client).await;
        println!(
            "{}: acquire {:?}, release {:?} with two frozen",
            A::NAME,
            three.0,
            three.1
        );
        fleet[0].resume();
        fleet[4].resume();
    });
}

fn three_frozen_servers_are_unreachable_in_time<A: Adapter>() {
    let fleet = Fleet::start(5);
    A::run(async {
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        all_ready::<A>(&client).await;
        for index in [0, 1, 3] {
            fleet[index].pause();
        }
        for wait in [300, 2_500] {
            let wait = Duration::from_millis(wait);
            let start = Instant::now();
            let error = client.lock("key").acquire_within(wait).await.unwrap_err();
            let took = start.elapsed();
            println!(
                "{}: unreachable after {took:?} of {wait:?}: {error}",
                A::NAME
            );
            assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
            // the deadline is the caller's; the rest is the wake-up of his thread, and what the machine stalls
            assert!(took <= wait + Duration::from_millis(200), "{took:?}");
            let silent = error.refusal().unwrap().problems.len();
            assert!(silent >= 3, "{error}");
        }
        for index in [0, 1, 3] {
            fleet[index].resume();
        }
    });
}
