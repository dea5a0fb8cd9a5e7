//! Several bundles that want the same keys: each gets its turn, whatever the order in which messages arrive, and none
//! holds while it waits (the [`World`] asserts it).
#![allow(
    clippy::disallowed_types,
    reason = "the set of known states is asked and never walked"
)]

mod world;

use std::collections::HashSet;

use self::world::World;

/// Every order of events, so deep.
const DEPTH: usize = 44;

/// Two want two keys in crossed order. In every state that can be reached in so many steps, one of them is done or
/// something can still happen.
#[test]
fn in_every_order_of_events_somebody_gets_on() {
    let first = World::new(2, &[vec![0, 1], vec![1, 0]], 1, 0);
    let mut known = HashSet::from([first.clone()]);
    let mut reached = vec![first];
    let mut ended = 0;
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for world in reached {
            let steps = world.steps();
            if steps.is_empty() {
                assert_eq!(world.done(), 2, "deadlock: {world:?}");
                ended += 1;
            }
            for step in steps {
                let mut world = world.clone();
                world.take(step);
                if known.insert(world.clone()) {
                    next.push(world);
                }
            }
        }
        reached = next;
    }
    assert!(
        known.len() > 5_000 && ended > 20,
        "{} states, {ended} ends",
        known.len()
    );
}

/// Many want two or three keys of five, again and again; what happens next is drawn.
#[test]
fn in_a_crowd_everybody_gets_his_turn() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let wanted: Vec<Vec<usize>> = (0..12).map(|_| keys(&mut random)).collect();
        let mut world = World::new(5, &wanted, 10, seed);
        let mut steps = 0;
        while world.done() < wanted.len() {
            let possible = world.steps();
            assert!(!possible.is_empty(), "seed {seed}: deadlock: {world:?}");
            world.take(possible[random.below(possible.len())]);
            steps += 1;
            assert!(
                steps < 200_000,
                "seed {seed}: only {} are done",
                world.done()
            );
        }
    }
}

/// The worst of schedules: all links take the same time, so that two bundles are refused again and again at the same
/// moment. Chance sets them apart.
#[test]
fn two_in_step_do_not_go_on_for_ever() {
    let mut longest = 0;
    for seed in 0..500 {
        let mut world = World::new(2, &[vec![0, 1], vec![1, 0]], 1, seed);
        let mut ticks = 0;
        while world.done() < 2 {
            world.tick(1);
            ticks += 1;
            assert!(ticks < 1_000, "seed {seed}: still in step");
        }
        longest = longest.max(ticks);
    }
    assert!(longest > 20, "they were never in step");
}

/// Two or three of five keys, in any order.
fn keys(random: &mut Random) -> Vec<usize> {
    let mut keys: Vec<usize> = (0..5).collect();
    for place in (1..keys.len()).rev() {
        keys.swap(place, random.below(place + 1));
    }
    keys.truncate(2 + random.below(2));
    keys
}

/// xorshift64*; source: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        let mut x = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0 = x;
        (x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % count
    }
}
