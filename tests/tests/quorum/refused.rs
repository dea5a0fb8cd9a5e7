//! Acquisitions that end without the lock, each with its own answer.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{AcquireError, Problem};
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::servers::{Fleet, Options, Server};

use crate::adapter::{Adapter, on_both_adapters};

on_both_adapters!(
    a_tie_of_two_ends_as_contended,
    rejected_in_the_servers_words
);

fn a_tie_of_two_ends_as_contended<A: Adapter>() {
    let fleet = Fleet::start(2);
    A::run(async {
        // each of two clients has one node and wants the other's as well
        let others = [0, 1].map(|index| {
            let url = fleet[index].url();
            A::builder().nodes([url]).unwrap().build().unwrap()
        });
        let one = others[0]
            .lock("key")
            .acquire_within(Duration::from_secs(5))
            .await
            .unwrap();
        let two = others[1]
            .lock("key")
            .acquire_within(Duration::from_secs(5))
            .await
            .unwrap();
        let client = A::builder().nodes(fleet.urls()).unwrap().build().unwrap();
        let wait = Duration::from_millis(700);
        let start = Instant::now();
        let error = client.lock("key").acquire_within(wait).await.unwrap_err();
        let took = start.elapsed();
        println!("{}: {error} after {took:?}", A::NAME);
        assert!(
            matches!(
                error,
                AcquireError::Contended {
                    free_in: Some(_),
                    ..
                }
            ),
            "{error}"
        );
        assert!(
            took >= wait && took <= wait + Duration::from_millis(20),
            "{took:?}"
        );
        assert!(one.is_held() && two.is_held());
        one.release().await;
        two.release().await;
        let guard = client
            .lock("key")
            .acquire_within(Duration::from_secs(5))
            .await
            .unwrap();
        guard.release().await;
        client.close(Duration::from_secs(1)).await;
    });
    for server in fleet.iter() {
        assert!(keys(server).is_empty());
    }
}

fn rejected_in_the_servers_words<A: Adapter>() {
    let server = Server::start(&Options::new().with_password("right"));
    let name = format!("127.0.0.1:{}", server.port());
    Connection::to(&server).call(&["RPUSH", "list", "element"]);
    A::run(async {
        for (url, key, words) in [
            (format!("redis://:wrong@{name}"), "key", "WRONGPASS"),
            (format!("redis://{name}"), "key", "NOAUTH"),
            (
                format!("redis://:right@{name}/99"),
                "key",
                "ERR DB index is out of range",
            ),
            (format!("redis://:right@{name}"), "list", "WRONGTYPE"),
        ] {
            let client = A::builder().nodes([&url]).unwrap().build().unwrap();
            let start = Instant::now();
            let error = client.lock(key).acquire().await.unwrap_err();
            assert!(
                matches!(error, AcquireError::Rejected { .. }),
                "{url}: {error}"
            );
            assert!(start.elapsed() < Duration::from_secs(2), "told at once");
            let problems = &error.refusal().unwrap().problems;
            let (node, problem) = &problems[0];
            assert!(node.starts_with(&name), "{node}");
            assert!(matches!(problem, Problem::Server(_)), "{problem}");
            assert!(problem.to_string().starts_with(words), "{problem}");
            let text = error.to_string();
            assert!(
                text.contains(&name) && text.contains(words) && text.contains(key),
                "{text}"
            );
            assert!(
                !text.contains("wrong@") && !text.contains("right@"),
                "{text}"
            );
        }
    });
    assert_eq!(keys(&server), ["list"]);
}
