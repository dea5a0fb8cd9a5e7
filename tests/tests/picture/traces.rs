//! Traces written by hand.

use quorlock_tests::simulation::trace::{Item, Place, Trace};

pub(crate) const MS: u64 = 1_000_000;

pub(crate) fn message(from: Place, to: Place, sent: u64, arrived: u64, label: &str) -> Item {
    Item::Message {
        from,
        to,
        sent,
        arrived: Some(arrived),
        label: label.into(),
        late: false,
    }
}

pub(crate) fn note(place: Place, at: u64, label: &str) -> Item {
    Item::Note {
        place,
        at,
        label: label.into(),
    }
}

/// One client acquires on three nodes, works for a second and releases. The third node takes 80 ms for everything.
pub(crate) fn slow_node() -> Trace {
    let client = Place::Client(0);
    let mut items = Vec::new();
    let mut exchange = |at: u64, ask: &str, answer: &str, key: bool| {
        for (node, there, back) in [
            (0, MS, 2 * MS),
            (1, 1_200_000, 2_300_000),
            (2, 40 * MS, 80 * MS),
        ] {
            let place = Place::Node(node);
            items.push(message(client, place, at, at + there, ask));
            items.push(message(place, client, at + there, at + back, answer));
            if key {
                items.push(Item::Key {
                    node,
                    key: 0,
                    owner: 0,
                    from: at + there,
                    until: 1_000 * MS + there,
                });
            }
        }
    };
    exchange(0, "acquire", "granted", true);
    exchange(1_000 * MS, "release", "released", false);
    items.push(Item::Validity {
        client: 0,
        key: 0,
        from: 2_300_000,
        until: 1_000 * MS,
    });
    items.push(note(client, 2_300_000, "acquired: two of three"));
    items.push(note(client, 1_002_300_000, "verified: it is free"));
    items.push(Item::Fault {
        place: Some(Place::Node(2)),
        from: 0,
        until: 1_080 * MS,
        label: "slow".into(),
    });
    Trace {
        clients: 1,
        nodes: 3,
        keys: 1,
        items,
    }
}

/// Four clients and five nodes, so much at every time that words have to make room for each other.
pub(crate) fn crowd() -> Trace {
    let mut items = Vec::new();
    let nodes = || (0..5).map(Place::Node);
    for round in 0..6_u64 {
        for client in 0..4 {
            let (place, at) = (Place::Client(client), round * 7 * MS);
            for (late, node) in (1..).zip(nodes()) {
                let there = at + MS + late * 3_000 * client as u64;
                items.push(message(place, node, at, there, "acquire & more"));
                items.push(message(node, place, there, there + MS, "refused <held>"));
            }
            items.push(note(place, at, "wants the lock for as long as it takes"));
            items.push(note(place, at + 2 * MS, "waits until somebody has gone"));
            items.push(note(place, at + 2 * MS, "and says so a second time"));
            items.push(Item::Validity {
                client,
                key: client % 2,
                from: at + 2 * MS,
                until: at + 5 * MS,
            });
        }
        for node in 0..5 {
            items.push(Item::Fault {
                place: Some(Place::Node(node)),
                from: round * 7 * MS + 3 * MS,
                until: round * 7 * MS + 3 * MS,
                label: "restarts from an older dump of its data".into(),
            });
            items.push(Item::Key {
                node,
                key: 1,
                owner: node % 4,
                from: round * 7 * MS,
                until: round * 7 * MS + 3 * MS,
            });
        }
    }
    items.push(Item::Fault {
        place: None,
        from: 5 * MS,
        until: 6 * MS,
        label: "the network is down".into(),
    });
    items.push(note(
        Place::Resource,
        4 * MS,
        "write refused, its token is old",
    ));
    items.push(Item::Message {
        from: Place::Client(3),
        to: Place::Node(0),
        sent: 20 * MS,
        arrived: None,
        label: "lost one".into(),
        late: false,
    });
    items.push(Item::Message {
        from: Place::Client(0),
        to: Place::Node(4),
        sent: 20 * MS,
        arrived: Some(30 * MS),
        label: "late one".into(),
        late: true,
    });
    items.push(Item::Violation {
        at: 37 * MS,
        text: "I1: client 1 and client 2 both believed that they held the same key, and this text is long enough \
               that it needs several lines even in a picture with so many columns, one after the other, to the end"
            .into(),
    });
    Trace {
        clients: 4,
        nodes: 5,
        keys: 2,
        items,
    }
}
