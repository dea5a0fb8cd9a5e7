//! The words in which scenarios are written: small worlds in which messages take a millisecond.

use core::time::Duration;

use quorlock_core::Backoff;

use crate::simulation::Plan;
use crate::simulation::plan::{
    Clock, Distance, Ending, Fate, Fault, FaultKind, Members, Memory, Network, Operation, Replicas,
    Settings, Way, Writes,
};

/// The lease of most scenarios, and the longest of their deployments.
pub(super) const LEASE: Duration = Duration::from_secs(1);

/// So many milliseconds.
pub(super) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A half of a millisecond later: while a message that was sent then is on its way.
pub(super) const fn on_the_way(millis: u64) -> Duration {
    Duration::from_micros(millis * 1_000 + 500)
}

/// Clients and nodes whose clocks are right and whose messages take a millisecond, a little more to each further node so
/// that they can be told apart. Nothing happens, and it is quiet after `quiet` milliseconds.
pub(super) fn world(clients: usize, nodes: usize, quiet: u64) -> Plan {
    let pairs = (0..clients).flat_map(|client| (0..nodes).map(move |node| (client, node)));
    let mut settings = Settings::DEFAULT;
    // few attempts, so that a picture is not full of them
    settings.timing.retry = Backoff {
        first: ms(400),
        longest: ms(400),
    };
    let except = pairs.map(|(client, node)| {
        let delay = ms(1) + Duration::from_micros(40 * node as u64);
        Distance {
            client,
            node,
            to_node: delay,
            to_client: delay,
        }
    });
    Plan {
        seed: 1,
        settings,
        client_clocks: vec![Clock::default(); clients],
        node_clocks: vec![Clock::default(); nodes],
        replicas: Replicas::NONE,
        network: Network::Fixed {
            delay: ms(1),
            except: except.collect(),
        },
        operations: Vec::new(),
        faults: Vec::new(),
        ending: Ending::Quiet { after: ms(quiet) },
    }
}

/// A client asks once for a lock of [`LEASE`], and holds it for `hold` milliseconds without renewing it.
pub(super) const fn tries(client: usize, at: u64, hold: u64) -> Operation {
    Operation {
        ttl: LEASE,
        hold: ms(hold),
        ..Operation::new(client, ms(at))
    }
}

/// The same, waiting for it for up to so many milliseconds.
pub(super) const fn waits(client: usize, at: u64, patience: u64, hold: u64) -> Operation {
    Operation {
        patience: Some(ms(patience)),
        ..tries(client, at, hold)
    }
}

/// The operation, for the first two keys together.
pub(super) const fn both(operation: Operation) -> Operation {
    Operation {
        key: 0,
        with: Some(1),
        ..operation
    }
}

/// The operation, for the second key.
pub(super) const fn second(operation: Operation) -> Operation {
    Operation {
        key: 1,
        ..operation
    }
}

/// The operation, with its lease renewed in time.
pub(super) const fn renewed(operation: Operation) -> Operation {
    Operation {
        auto_extend: true,
        ..operation
    }
}

/// The operation, with writes: a look at the lock after each `every` milliseconds, and the write `thinking` later.
pub(super) const fn writing(operation: Operation, every: u64, thinking: u64) -> Operation {
    Operation {
        writes: Some(Writes {
            every: ms(every),
            thinking: ms(thinking),
        }),
        ..operation
    }
}

/// Something goes wrong.
pub(super) const fn fault(at: Duration, kind: FaultKind) -> Fault {
    Fault { at, kind }
}

/// A node crashes, and is back `down` milliseconds later.
pub(super) const fn restart(at: u64, node: usize, down: u64, memory: Memory) -> Fault {
    fault(
        ms(at),
        FaultKind::Restart {
            node,
            down: ms(down),
            memory,
        },
    )
}

/// A client stands still for so many milliseconds.
pub(super) const fn pause(at: Duration, client: usize, span: u64) -> Fault {
    fault(
        at,
        FaultKind::ClientPause {
            client,
            span: ms(span),
        },
    )
}

/// What passes between a client and some nodes waits for so many milliseconds.
pub(super) fn held(at: Duration, client: usize, nodes: &[usize], way: Way, span: u64) -> Fault {
    let nodes = nodes.iter().fold(0, |bits, node| bits | 1 << node);
    fault(
        at,
        FaultKind::Hold {
            clients: Members::one(client),
            nodes: Members(nodes),
            way,
            span: ms(span),
        },
    )
}

/// From the beginning, a client does not reach these nodes.
pub(super) fn out_of_reach(client: usize, nodes: &[usize], span: u64) -> Fault {
    held(Duration::ZERO, client, nodes, Way::Both, span)
}

/// A connection breaks.
pub(super) const fn cut(at: Duration, client: usize, node: usize, fate: Fate) -> Fault {
    fault(at, FaultKind::Cut { client, node, fate })
}
