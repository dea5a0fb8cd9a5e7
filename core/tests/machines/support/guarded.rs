//! A lock set under a guard, and servers with an age and a clock.

use core::time::Duration;

use bytes::BytesMut;
use quorlock_core::{
    ClockSample, Command, Config, NodeFacts, Problem, Quarantine, RestartGuard, RunId, Ttl,
};

use super::{World, config, node};

pub(crate) const EPOCH: u64 = 1_700_000_000_000_000;
const MAX_TTL: Ttl = Ttl::from_millis(30_000);

pub(crate) fn guarded(count: usize, guard: RestartGuard) -> World {
    World::unconnected(&Config {
        guard,
        max_ttl: MAX_TTL,
        ..config(count)
    })
}

/// A server that has been up for so many seconds.
pub(crate) fn up(seconds: u64) -> NodeFacts {
    NodeFacts {
        can_kill: true,
        run_id: RunId::new(&[b'a'; 40]),
        uptime: Some(Duration::from_secs(seconds)),
        ..NodeFacts::default()
    }
}

pub(crate) fn clock(world: &World, ahead_us: u64) -> ClockSample {
    ClockSample {
        asked: world.now,
        heard: world.now,
        server_us: EPOCH + world.now.as_nanos() / 1_000 + ahead_us,
    }
}

/// Lets time pass; the news are not looked at.
pub(crate) fn run_to(world: &mut World, millis: u64) {
    while world.set.poll_event().is_some() {}
    world.run_to(millis);
}

pub(crate) fn quarantine(world: &World, index: usize) -> Quarantine {
    match world.set.problem(node(index)) {
        Some(Problem::Quarantined(quarantine)) => quarantine,
        other => panic!("{other:?}"),
    }
}

/// The bytes of a command, as they go to this node.
pub(crate) fn encoded(world: &World, index: usize, command: &Command) -> String {
    let mut out = BytesMut::new();
    command.encode(&world.set.terms(node(index), command), &mut out);
    String::from_utf8(out.to_vec()).unwrap()
}
