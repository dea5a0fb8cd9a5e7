//! Fencing tokens rise with every tenure, whoever it is and whatever one node's clock shows.

use core::time::Duration;

use quorlock_driver::{Client, RestartGuard};
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, MAX_TTL, PATIENCE, client_of, clock, votes};

on_each_make!(
    tokens_rise_over_five_nodes,
    tokens_rise_over_five_nodes_with_a_clock_ahead,
    tokens_rise_over_three_nodes,
    tokens_rise_over_three_nodes_with_a_clock_ahead,
);

const TENURES: usize = 10_000;

/// Groups of nodes that clients reach: a bare quorum each, any two with a node in common, and the node with the clock
/// that may be ahead, 0, in the first but not in the last.
const OF_THREE: [&[usize]; 3] = [&[0, 1], &[0, 1, 2], &[1, 2]];
const OF_FIVE: [&[usize]; 3] = [&[0, 1, 2], &[0, 1, 2, 3, 4], &[2, 3, 4]];

/// Lets clients with these views take turns. The guard is off: it would keep a node whose clock is so far from the
/// others' out at first, and the order of tokens does not lean on it.
fn take_turns<const N: usize>(
    plain: &Options,
    views: [&[usize]; 3],
    ahead: Option<Duration>,
) -> Vec<(u64, u32)> {
    let clock = clock();
    let mut nodes: [Server; N] = [(); N].map(|()| Server::start_young(plain));
    if let Some(ahead) = ahead {
        clock.forward(ahead);
        nodes[0] = Server::start_young(&clock.steer(plain.clone()));
    }
    smol::block_on(async {
        let clients = views.map(|view| client_of(&nodes, view, RestartGuard::Off));
        for (client, view) in clients.iter().zip(views) {
            votes(client, view.len()).await;
        }
        let mut tenures = Vec::new();
        for turn in 0..TENURES {
            tenures.push(hold_once(&clients[turn % clients.len()]).await);
        }
        tenures
    })
}

/// The token, and how many rounds it took.
async fn hold_once(client: &Client) -> (u64, u32) {
    let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
    let guard = lock.acquire_within(PATIENCE).await.unwrap();
    let tenure = (guard.token().unwrap().get(), guard.grant().rounds);
    guard.release().await;
    tenure
}

/// Asserts the order, and prints and returns how many of a hundred tenures took one round.
fn check<const N: usize>(plain: &Options, views: [&[usize]; 3], ahead: Option<Duration>) -> usize {
    let _turn = turn::take();
    let tenures = take_turns::<N>(plain, views, ahead);
    for pair in tenures.windows(2) {
        let ((before, _), (after, _)) = (pair[0], pair[1]);
        assert!(before < after, "{after} follows {before}");
    }
    let once = tenures.iter().filter(|(_, rounds)| *rounds == 1).count();
    println!("{N} nodes, one clock ahead by {ahead:?}: {once} of {TENURES} tenures in one round");
    100 * once / TENURES
}

fn tokens_rise_over_three_nodes(plain: &Options) {
    assert!(check::<3>(plain, OF_THREE, None) > 95);
}

fn tokens_rise_over_five_nodes(plain: &Options) {
    assert!(check::<5>(plain, OF_FIVE, None) > 95);
}

fn tokens_rise_over_three_nodes_with_a_clock_ahead(plain: &Options) {
    check::<3>(plain, OF_THREE, Some(Duration::from_hours(1)));
}

fn tokens_rise_over_five_nodes_with_a_clock_ahead(plain: &Options) {
    check::<5>(plain, OF_FIVE, Some(Duration::from_hours(1)));
}
