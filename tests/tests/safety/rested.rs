//! Disasters that a rest makes harmless: a crashed node that stays down, a clock that steps back.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{Client, Guard, RestartGuard};
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{
    KEY, MAX_TTL, OLD, PATIENCE, client_of, clock, trusted_server_with_clock, votes,
};

on_each_make!(
    a_clock_that_steps_back_frees_the_lock_later,
    a_node_that_stays_down_for_the_longest_lease_votes_at_once,
);

async fn hold(client: &Client) -> Guard {
    let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
    let lock = lock.auto_extend(false).acquire_within(PATIENCE);
    lock.await.unwrap()
}

/// Without a guard: whoever runs the servers sees to it that a node which crashed stays down for the longest lease. Its
/// twin is `a_node_that_restarts_empty` at once.
fn a_node_that_stays_down_for_the_longest_lease_votes_at_once(plain: &Options) {
    let _turn = turn::take();
    let nodes = [(); 5].map(|()| Server::start_young(plain));
    let first = client_of(&nodes, &[0, 1, 2], RestartGuard::Off);
    let second = client_of(&nodes, &[2, 3, 4], RestartGuard::Off);
    smol::block_on(async {
        votes(&first, 3).await;
        votes(&second, 3).await;
        let held = hold(&first).await;
        nodes[2].kill();
        smol::Timer::after(MAX_TTL.as_duration()).await;
        assert!(!held.is_held());
        nodes[2].restart_empty();
        let restarted = Instant::now();
        hold(&second).await.release().await;
        assert!(restarted.elapsed() < OLD, "it was kept waiting");
    });
}

/// The keys live longer by what the clock steps back: nobody gets the lock twice, the next one gets it later.
fn a_clock_that_steps_back_frees_the_lock_later(plain: &Options) {
    const BACK: Duration = Duration::from_millis(1_500);

    let _turn = turn::take();
    let clock = clock();
    let server = trusted_server_with_clock(plain, RestartGuard::Off, &clock);
    let client = || client_of([&server], &[0], RestartGuard::Off);
    let (first, second) = (client(), client());
    smol::block_on(async {
        let held = hold(&first).await;
        clock.back(BACK);
        let next = hold(&second).await;
        let after = held.valid_until().elapsed();
        assert!(after >= BACK.mul_f32(0.9), "{after:?} later");
        next.release().await;
    });
}
