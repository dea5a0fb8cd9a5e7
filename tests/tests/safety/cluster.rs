//! Nodes that a guard trusts, and clients that reach only some of them.

use core::time::Duration;
use std::path::Path;
use std::time::Instant;

use quorlock_driver::{Backoff, Builder, Client, RestartGuard, Timing, Ttl};
use quorlock_tests::ports;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::skew::Skew;

/// The lock that all tests here want.
pub(crate) const KEY: &str = "key";

/// The longest lease: short, since so long a node stays silent that forgot.
pub(crate) const MAX_TTL: Ttl = Ttl::from_millis(1_000);

/// From this uptime on a server is trusted, and for so long a young one is not.
pub(crate) const OLD: Duration = Duration::from_secs(2);

/// Longer than any quarantine here, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Clients that come back fast.
const TIMING: Timing = Timing {
    reconnect: Backoff {
        first: Duration::from_millis(20),
        longest: Duration::from_millis(100),
    },
    retry: Backoff {
        first: Duration::from_millis(5),
        longest: Duration::from_millis(50),
    },
    ..Timing::DEFAULT
};

/// A server that clients with this guard trust from the start.
pub(crate) fn trusted_server(plain: &Options, guard: RestartGuard) -> Server {
    Server::start_trusted(plain, guard, MAX_TTL)
}

/// The same, showing a clock that can be set.
pub(crate) fn trusted_server_with_clock(
    plain: &Options,
    guard: RestartGuard,
    clock: &Skew,
) -> Server {
    let server = clock.start_aged(plain, OLD);
    if guard == RestartGuard::Strict {
        server.arm(MAX_TTL);
    }
    server
}

/// A clock for a server.
pub(crate) fn clock() -> Skew {
    Skew::build(Path::new(env!("CARGO_TARGET_TMPDIR")))
}

/// A client of all `nodes` that reaches only those at the places `reach`: the others refuse the connection.
pub(crate) fn client_of<'a>(
    nodes: impl IntoIterator<Item = &'a Server>,
    reach: &[usize],
    guard: RestartGuard,
) -> Client {
    let urls = nodes.into_iter().enumerate().map(|(place, server)| {
        if reach.contains(&place) {
            server.url()
        } else {
            format!("redis://127.0.0.1:{}", ports::free())
        }
    });
    built(builder(guard).nodes(urls.collect::<Vec<_>>()).unwrap())
}

/// A client that is about to be built, which agrees with the others in guard and longest lease.
pub(crate) fn builder(guard: RestartGuard) -> Builder {
    let builder = quorlock_smol::builder().timing(TIMING);
    builder.guard(guard).max_ttl(MAX_TTL)
}

pub(crate) fn built(builder: Builder) -> Client {
    builder.build().expect("a client")
}

/// Waits until so many nodes vote.
pub(crate) async fn votes(client: &Client, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    let voting = || {
        client
            .nodes()
            .into_iter()
            .filter(|node| node.problem.is_none())
            .count()
    };
    while voting() < count {
        assert!(Instant::now() < deadline, "{:?}", client.nodes());
        smol::Timer::after(Duration::from_millis(5)).await;
    }
}
