//! Waiters that nodes tell when a lock is free.

use quorlock_core::{Answer, Command, Config, NodeFacts, Verb, Wait};

use super::{World, config, held, node};

pub(crate) const CHANNEL: &[u8] = b"key:quorlock-free:{key}";
/// The holder's lease, in ms: nobody waits so long who is told.
pub(crate) const LEFT: u64 = 400;

pub(crate) fn connect(world: &mut World, index: usize) {
    let facts = NodeFacts {
        can_kill: true,
        pushes: true,
        ..NodeFacts::default()
    };
    world.ready_with(index, facts);
    while world.set.poll_event().is_some() {}
}

/// `count` nodes that can tell what nobody asked for.
pub(crate) fn world(count: usize) -> World {
    world_of(&config(count))
}

pub(crate) fn world_of(config: &Config) -> World {
    let mut world = World::unconnected(config);
    for index in 0..config.nodes.len() {
        connect(&mut world, index);
    }
    world
}

pub(crate) fn free(world: &mut World, index: usize) {
    let now = world.now;
    world.set.handle_message(now, node(index), CHANNEL, b"free");
}

/// A lock that is held elsewhere, on all nodes: refused, listening, refused again.
pub(crate) fn waiting(count: usize) -> World {
    waiting_in(world(count))
}

pub(crate) fn waiting_in(mut world: World) -> World {
    world.acquire(Wait::Forever);
    let first = world.command(Verb::Acquire);
    refuse(&mut world, &first);
    let listen = world.command(Verb::Listen);
    world.answer_all(&listen, &Answer::Done);
    let second = world.command(Verb::Acquire);
    refuse(&mut world, &second);
    world.no_command();
    world
}

/// Refuses everywhere; what a lost round releases is not looked at.
pub(crate) fn refuse(world: &mut World, command: &Command) {
    let mut later = Vec::new();
    for node in command.to {
        world.answer(node.index(), command, held(LEFT));
        while let Some(command) = world.set.poll_command() {
            later.push(command);
        }
    }
    later.retain(|command| command.verb() != Verb::Release);
    world.put_back(later);
}

/// Lets time pass, beginning with what is due at once.
pub(crate) fn pass(world: &mut World, millis: u64) {
    world.set.handle_timeout(world.now);
    if world.set.poll_timeout() != Some(world.now) {
        world.run_to(millis);
    }
}

/// Whether the waiter asks again by `millis`.
pub(crate) fn asks_by(world: &mut World, millis: u64) -> bool {
    pass(world, millis);
    let command = world.next_command();
    command.is_some_and(|command| command.verb() == Verb::Acquire)
}
