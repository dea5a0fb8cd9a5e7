//! Several keys, of which somebody wants all.

use super::script::{both, ms, second, tries, waits, world};
use super::{Off, On, Scenario, Version};
use crate::simulation::Plan;
use crate::simulation::plan::{Distance, Network};

/// The scenarios of this kind.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "multilock-cross-acquire",
        story: "Two clients want the same two keys at one time, in different orders.",
        on: On::Simulated(Version::holds(
            "each node has one vote for both keys, nobody holds one while it waits for the other",
            crossed,
            &[("acquired", 5), ("of two keys", 3), ("contended", 0)],
        )),
        off: Off::Simulated(Version::holds(
            "one key after the other, held meanwhile: nobody gets both",
            one_by_one,
            &[("acquired", 5), ("of two keys", 1), ("contended", 2)],
        )),
        real: &["crossed_keys_are_had_by_one_after_the_other"],
    },
    Scenario {
        name: "multilock-partial-failure",
        story: "A client wants two keys of which another one holds the second; a third client wants the first.",
        on: On::Simulated(Version::holds(
            "who can't have both holds none",
            partly_held,
            &[("acquired", 5), ("of two keys", 1), ("contended", 1)],
        )),
        off: Off::Simulated(Version::holds(
            "the first key is held without the second",
            half_taken,
            &[("acquired", 5), ("of two keys", 1), ("contended", 2)],
        )),
        real: &["a_key_that_is_held_leaves_the_others_free"],
    },
];

/// Two keys, for clients of which the first is nearer to the first node, the second to the last one.
fn two_keys(clients: usize) -> Plan {
    let mut plan = world(clients, 3, 3_000);
    plan.settings.keys = 2;
    let pairs = (0..clients).flat_map(|client| (0..3).map(move |node| (client, node)));
    let except = pairs.map(|(client, node)| {
        let steps = if client == 0 { node } else { 2 - node };
        let delay = ms(1 + steps as u64);
        Distance {
            client,
            node,
            to_node: delay,
            to_client: delay,
        }
    });
    plan.network = Network::Fixed {
        delay: ms(1),
        except: except.collect(),
    };
    plan
}

fn crossed() -> Plan {
    let mut plan = two_keys(2);
    plan.operations = vec![
        both(waits(0, 100, 2_500, 20)),
        both(waits(1, 100, 2_500, 20)),
    ];
    plan
}

/// Each takes one key, and holds it until it has the other one, or gives that up.
fn one_by_one() -> Plan {
    let mut plan = two_keys(2);
    plan.operations = vec![
        tries(0, 100, 600),
        second(waits(0, 120, 500, 20)),
        second(tries(1, 100, 600)),
        waits(1, 120, 500, 20),
    ];
    plan
}

fn partly_held() -> Plan {
    let mut plan = two_keys(3);
    plan.operations = vec![
        second(tries(1, 100, 300)),
        both(tries(0, 150, 200)),
        tries(2, 200, 100),
    ];
    plan
}

/// The same, asked for one by one: the first key is there to be had.
fn half_taken() -> Plan {
    let mut plan = two_keys(3);
    plan.operations = vec![
        second(tries(1, 100, 300)),
        tries(0, 150, 200),
        second(tries(0, 160, 200)),
        tries(2, 200, 100),
    ];
    plan
}
