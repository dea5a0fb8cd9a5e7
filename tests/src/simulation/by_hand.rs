//! What the unit tests of the checks are made of.

use core::time::Duration;

use quorlock_core::{
    AcquireRequest, Client, ClientId, Config, Instant, LockId, NodeConfig, Owner, Ttl,
};

use super::invariant::{Checked, Invariant};
use super::plan::{Clock, Ending, Network, Plan, Replicas, Settings};

/// Which invariant a check saw broken.
pub(super) fn broken(checked: Checked) -> Option<Invariant> {
    checked.err().map(|broken| broken.invariant)
}

/// Names of different locks.
pub(super) fn locks() -> [LockId; 2] {
    let config = Config::new([NodeConfig::new("a")], ClientId(1), 1);
    let mut client = Client::new(config, Instant::ORIGIN).unwrap();
    [(), ()].map(|()| {
        let request = AcquireRequest::new("key", Ttl::from_millis(1_000));
        client.acquire(Instant::ORIGIN, request).unwrap()
    })
}

/// The owner of a client's first round, by the number of the client's life.
pub(super) fn owner(life: u128) -> Owner {
    Owner::new(ClientId(life), 1)
}

/// One client and three nodes, nothing to do, quiet from the beginning.
pub(super) fn plan() -> Plan {
    Plan {
        seed: 1,
        settings: Settings::DEFAULT,
        client_clocks: vec![Clock::default()],
        node_clocks: vec![Clock::default(); 3],
        replicas: Replicas::NONE,
        network: Network::fixed(Duration::from_millis(1)),
        operations: Vec::new(),
        faults: Vec::new(),
        ending: Ending::Quiet {
            after: Duration::ZERO,
        },
    }
}
