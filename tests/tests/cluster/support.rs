//! Clients of a cluster.

use core::time::Duration;

use quorlock_driver::{Backoff, Builder, Client, RestartGuard, Timing};
use quorlock_tests::servers::Server;

/// Longer than a failover, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Clients that come back fast.
const TIMING: Timing = Timing {
    reconnect: Backoff {
        first: Duration::from_millis(20),
        longest: Duration::from_millis(200),
    },
    ..Timing::DEFAULT
};

/// A client that looks for the cluster at these nodes.
pub(crate) fn client_of<'a>(seeds: impl IntoIterator<Item = &'a Server>) -> Client {
    let urls = seeds.into_iter().map(Server::url);
    built(builder().cluster(urls).unwrap())
}

/// On smol; on the servers of a test, which are young.
pub(crate) fn builder() -> Builder {
    let builder = quorlock_smol::builder().timing(TIMING);
    builder.guard(RestartGuard::Off)
}

pub(crate) fn built(builder: Builder) -> Client {
    builder.build().expect("a client")
}
