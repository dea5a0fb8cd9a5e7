//! A holder is told that the lock is lost, no later than the end of its validity and not without cause.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{LostCause, Verdict};
use quorlock_tests::servers::Fleet;

use crate::adapter::{Adapter, all_ready, on_both_adapters};

on_both_adapters!(
    told_in_time_when_all_servers_freeze,
    the_work_stops_when_the_lock_is_lost
);

fn told_in_time_when_all_servers_freeze<A: Adapter>() {
    let fleet = Fleet::start(5);
    A::run(async {
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        all_ready::<A>(&client).await;
        for ttl in [600, 1_500] {
            let ttl = Duration::from_millis(ttl);
            let guard = client.lock("key").ttl(ttl).try_acquire().await.unwrap();
            A::sleep(ttl / 2).await;
            assert!(
                guard.extension().count > 0,
                "extended while the servers answered"
            );
            for server in fleet.iter() {
                server.pause();
            }
            let lost = guard.lost().await;
            let told = Instant::now();
            let early = guard.valid_until().checked_duration_since(told);
            println!(
                "{}: ttl {ttl:?}: told {early:?} before valid_until",
                A::NAME
            );
            assert_eq!(lost.cause, LostCause::Expired);
            assert!(
                early.is_some(),
                "told {:?} late",
                told - guard.valid_until()
            );
            assert!(early < Some(ttl / 2), "told without cause");
            assert!(!guard.is_held());
            for server in fleet.iter() {
                server.resume();
            }
            let released = guard.release().await;
            assert_eq!(released.verdict, Verdict::ExpiredEarlier, "{released}");
            all_ready::<A>(&client).await;
        }
    });
}

fn the_work_stops_when_the_lock_is_lost<A: Adapter>() {
    let fleet = Fleet::start(3);
    A::run(async {
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        all_ready::<A>(&client).await;
        let ttl = Duration::from_millis(500);
        let guard = client.lock("key").ttl(ttl).try_acquire().await.unwrap();
        assert_eq!(guard.run(async { 42 }).await.unwrap(), 42);
        for server in fleet.iter() {
            server.pause();
        }
        let stopped = guard
            .run(A::sleep(Duration::from_secs(30)))
            .await
            .unwrap_err();
        assert_eq!(stopped.cause, LostCause::Expired);
        assert!(Instant::now() <= guard.valid_until());
        for server in fleet.iter() {
            server.resume();
        }
    });
}
