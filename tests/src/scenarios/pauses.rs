//! A process stands still, and goes on where it was: garbage collection, a suspended machine, a stopped process.

use super::script::{fault, ms, on_the_way, pause, renewed, tries, waits, world, writing};
use super::{Off, On, Scenario, Version};
use crate::simulation::Invariant;
use crate::simulation::Plan;
use crate::simulation::plan::FaultKind;

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "gc-pause-past-expiry",
        story: "The holder is paused past its lease, with a write decided on.",
        on: On::Simulated(Version::holds(
            "the storage looks at tokens",
            gc_pause_fenced,
            &[("acquired", 3), ("lost", 1), ("stale writes refused", 1)],
        )),
        off: Off::Simulated(Version::violates(
            "the storage does not look at tokens",
            gc_pause_unfenced,
            Invariant::NoStaleWrite,
            &[("acquired", 2), ("lost", 1), ("stale writes refused", 0)],
        )),
        real: &["a_stale_holder_writes_nothing"],
    },
    Scenario {
        name: "pause-between-check-and-write",
        story: "The holder looks at its lock, is paused, and writes.",
        on: On::Simulated(Version::holds(
            "the storage looks at tokens",
            before_the_write_fenced,
            &[("acquired", 3), ("lost", 1), ("stale writes refused", 1)],
        )),
        off: Off::Simulated(Version::violates(
            "the storage does not look at tokens",
            before_the_write_unfenced,
            Invariant::NoStaleWrite,
            &[("acquired", 2), ("stale writes refused", 0)],
        )),
        real: &["a_stale_holder_writes_nothing"],
    },
    Scenario {
        name: "pause-with-replies-in-socket-buffer",
        story: "A client is paused past the lease while the grants wait in its sockets.",
        on: On::Simulated(Version::holds(
            "validity counts from the start of the round",
            answers_in_the_socket,
            &[("acquired", 2), ("unreachable, late", 1)],
        )),
        off: Off::Planted("core/01-validity-from-the-last-reply"),
        real: &[],
    },
    Scenario {
        name: "node-paused-executes-later",
        story: "Two of three nodes stand still with an acquire in their sockets.",
        on: On::Simulated(Version::holds(
            "the release follows it",
            stopped_nodes,
            &[("acquired", 2), ("unreachable, late", 1)],
        )),
        off: Off::Planted("core/14-only-grants-are-released"),
        real: &["nothing_is_left_after_random_rounds_with_a_stalled_server"],
    },
];

/// The first client holds the lock with renewal and writes every 200 ms, each write 50 ms after its look at the lock. It
/// is paused between a look and its write, until the second one has held the lock and written.
fn gc_pause(fenced: bool) -> Plan {
    let mut plan = world(2, 3, 4_000);
    plan.settings.fenced = fenced;
    plan.operations = vec![
        writing(renewed(tries(0, 100, 3_000)), 200, 50),
        writing(waits(1, 1_450, 3_000, 500), 200, 10),
    ];
    plan.faults = vec![pause(ms(530), 0, 1_900)];
    plan
}

fn gc_pause_fenced() -> Plan {
    gc_pause(true)
}

fn gc_pause_unfenced() -> Plan {
    gc_pause(false)
}

/// The same in its smallest form: a lease that is not renewed, and one write each.
fn before_the_write(fenced: bool) -> Plan {
    let mut plan = world(2, 1, 3_500);
    plan.settings.fenced = fenced;
    plan.operations = vec![
        writing(tries(0, 100, 990), 500, 100),
        writing(waits(1, 1_150, 3_000, 400), 200, 1),
    ];
    plan.faults = vec![pause(ms(650), 0, 1_000)];
    plan
}

fn before_the_write_fenced() -> Plan {
    before_the_write(true)
}

fn before_the_write_unfenced() -> Plan {
    before_the_write(false)
}

/// The answers wait in the client's sockets for longer than the lease.
fn answers_in_the_socket() -> Plan {
    let mut plan = world(2, 3, 4_000);
    plan.operations = vec![tries(0, 100, 500), waits(1, 1_150, 3_000, 1_500)];
    plan.faults = vec![pause(on_the_way(100), 0, 1_400)];
    plan
}

/// Nodes stand still with an acquire in their sockets, and execute it, and the release behind it, when they go on.
fn stopped_nodes() -> Plan {
    let mut plan = world(2, 3, 3_500);
    plan.operations = vec![tries(0, 100, 300), waits(1, 900, 2_000, 300)];
    plan.faults = [0, 1]
        .map(|node| {
            let span = ms(1_000);
            fault(on_the_way(100), FaultKind::NodePause { node, span })
        })
        .to_vec();
    plan
}
