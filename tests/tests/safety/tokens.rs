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

const AN_HOUR: Duration = Duration::from_hours(1);

/// Tenures that follow each other at once, a few in a millisecond: whose proposal is the higher one is then a matter of
/// the last reply's way back, and the counters have to decide.
const DENSE: Pace = Pace {
    tenures: 10_000,
    hold: Duration::ZERO,
};

/// Tenures in which at least a little is done.
const USUAL: Pace = Pace {
    tenures: 2_000,
    hold: Duration::from_millis(1),
};

/// How many tenures there are, and how long each lasts.
#[derive(Clone, Copy)]
struct Pace {
    tenures: usize,
    hold: Duration,
}

/// Groups of nodes that clients reach: a bare quorum each, any two with a node in common, and the node with the clock
/// that may be ahead, 0, in the first but not in the last.
const OF_THREE: [&[usize]; 3] = [&[0, 1], &[0, 1, 2], &[1, 2]];
const OF_FIVE: [&[usize]; 3] = [&[0, 1, 2], &[0, 1, 2, 3, 4], &[2, 3, 4]];

/// Lets clients with these views take turns on nodes of which one's clock is ahead. The guard is off: it would keep
/// that node out at first, and the order of tokens does not lean on it.
fn take_turns<const N: usize>(
    plain: &Options,
    views: [&[usize]; 3],
    ahead: Duration,
    pace: Pace,
) -> Vec<(u64, u32)> {
    let mut nodes: [Server; N] = [(); N].map(|()| Server::start_young(plain));
    let clock = clock();
    clock.forward(ahead);
    nodes[0] = Server::start_young(&clock.steer(plain.clone()));
    let shown = |node: &Server| {
        node.info("server", "server_time_usec")
            .parse::<u64>()
            .unwrap()
    };
    let apart = Duration::from_micros(shown(&nodes[0]).abs_diff(shown(&nodes[1])));
    assert!(
        apart.abs_diff(ahead) < Duration::from_secs(1),
        "clocks are {apart:?} apart"
    );
    smol::block_on(async {
        let clients = views.map(|view| client_of(&nodes, view, RestartGuard::Off));
        for (client, view) in clients.iter().zip(views) {
            votes(client, view.len()).await;
        }
        let mut held = Vec::new();
        for client in clients.iter().cycle().take(pace.tenures) {
            held.push(hold_once(client, pace.hold).await);
        }
        held
    })
}

/// The token, and how many rounds it took.
async fn hold_once(client: &Client, hold: Duration) -> (u64, u32) {
    let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
    let guard = lock.acquire_within(PATIENCE).await.unwrap();
    let tenure = (guard.token().unwrap().get(), guard.grant().rounds);
    if !hold.is_zero() {
        smol::Timer::after(hold).await;
    }
    guard.release().await;
    tenure
}

/// Asserts the order, and prints and returns how many of a hundred tenures took one round.
fn check<const N: usize>(
    plain: &Options,
    views: [&[usize]; 3],
    ahead: Duration,
    pace: Pace,
) -> usize {
    let _turn = turn::take();
    let held = take_turns::<N>(plain, views, ahead, pace);
    for pair in held.windows(2) {
        let ((before, _), (after, _)) = (pair[0], pair[1]);
        assert!(before < after, "{after} follows {before}");
    }
    let once = held.iter().filter(|(_, rounds)| *rounds == 1).count();
    let tenures = held.len();
    println!("{N} nodes, one clock ahead by {ahead:?}: {once} of {tenures} tenures in one round");
    100 * once / tenures
}

fn tokens_rise_over_three_nodes(plain: &Options) {
    assert!(check::<3>(plain, OF_THREE, Duration::ZERO, USUAL) > 95);
}

fn tokens_rise_over_five_nodes(plain: &Options) {
    assert!(check::<5>(plain, OF_FIVE, Duration::ZERO, USUAL) > 95);
}

fn tokens_rise_over_three_nodes_with_a_clock_ahead(plain: &Options) {
    check::<3>(plain, OF_THREE, AN_HOUR, DENSE);
}

fn tokens_rise_over_five_nodes_with_a_clock_ahead(plain: &Options) {
    check::<5>(plain, OF_FIVE, AN_HOUR, DENSE);
}
