//! An acquire that an old connection executes late, where it could not be killed, takes nothing from a lease that was
//! extended meanwhile.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

use core::time::Duration;

use bytes::BytesMut;
use quorlock_core::{
    AcquireRequest, Answer, ClientId, Command, Config, Event, Fencing, Instant, LockSet,
    NodeConfig, NodeFacts, NodeId, NodeState, Problem, Reply, RestartGuard, Terms, Ttl, Verb,
};
use quorlock_embedded::{Config as NodeSettings, Node, ServerTime};
use quorlock_resp::{Decoder, Limits};

const EPOCH_MICROS: u64 = 1_700_000_000_000_000;

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn id(index: usize) -> NodeId {
    NodeId::new(index).unwrap()
}

fn request() -> AcquireRequest {
    AcquireRequest::new("key", Ttl::new(Duration::from_secs(1)).unwrap())
}

fn cut() -> NodeState {
    NodeState::Down(Problem::Disconnected("cut".into()))
}

fn set(client: u128) -> LockSet {
    let nodes = (0..3).map(|index| NodeConfig::new(index.to_string()));
    let mut config = Config::new(nodes, ClientId(client), 1);
    config.guard = RestartGuard::Off;
    config.fencing = Fencing::Off;
    config.max_ttl = Ttl::MAX;
    let mut set = LockSet::new(&config, at(0)).unwrap();
    for index in 0..3 {
        set.handle_node(at(0), id(index), NodeState::Ready(NodeFacts::default()));
    }
    while set.poll_event().is_some() {}
    set
}

fn execute(node: &mut Node, millis: u64, command: &Command, terms: &Terms) -> Answer {
    let connection = node.connect().unwrap();
    let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
    // the text, so that no node needs to know the digest
    let command = Command {
        full_text: true,
        ..command.clone()
    };
    command.encode(terms, &mut input);
    let now = ServerTime::from_micros(EPOCH_MICROS + millis * 1_000);
    node.handle_input(now, connection, &mut input, &mut output);
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let reply = decoder.decode(&output).unwrap().unwrap();
    Reply::read(command.verb(), terms.dialect(), reply.value())
        .unwrap()
        .answer
}

/// The next command of a set, executed on these nodes.
fn carry(set: &mut LockSet, nodes: &mut [Node], on: &[usize], millis: u64) -> Command {
    let command = set.poll_command().unwrap();
    for index in on {
        let answer = execute(
            &mut nodes[*index],
            millis,
            &command,
            &set.terms(id(*index), &command),
        );
        set.handle_answer(at(millis), id(*index), command.ticket, answer);
    }
    command
}

#[test]
fn a_late_acquire_does_not_shorten_an_extended_lease() {
    let start = ServerTime::from_micros(EPOCH_MICROS);
    let mut nodes: Vec<Node> = (0..3)
        .map(|_| Node::new(NodeSettings::default(), start))
        .collect();
    let (mut first, mut second) = (set(1), set(2));

    // won on 0 and 1; the connection to 2 breaks, its bytes wait in the network
    let lock = first.acquire(at(0), request()).unwrap();
    let late = carry(&mut first, &mut nodes, &[0, 1], 0);
    assert!(matches!(first.poll_event(), Some(Event::Acquired(_))));
    first.handle_node(at(1), id(2), cut());
    first.handle_answer(at(1), id(2), late.ticket, Answer::Broken);
    first.handle_node(at(10), id(2), NodeState::Ready(NodeFacts::default()));

    // the automatic extension renews 0 and 1, and heals 2
    first.handle_timeout(at(340));
    carry(&mut first, &mut nodes, &[0, 1, 2], 340);
    assert_eq!(carry(&mut first, &mut nodes, &[2], 340).verb(), Verb::Heal);

    // node 0 is cut off; the holder extends to a minute on 1 and 2
    first.handle_node(at(350), id(0), cut());
    first
        .extend(at(360), lock, Ttl::new(Duration::from_mins(1)).unwrap())
        .unwrap();
    carry(&mut first, &mut nodes, &[1, 2], 360);
    let mut valid_until = at(0);
    while let Some(event) = first.poll_event() {
        if let Event::Extended(extended) = event {
            valid_until = extended.valid_until;
        }
    }
    assert!(valid_until > at(59_000));

    // now the old connection's bytes are executed, and another client asks
    let terms = first.terms(id(2), &late);
    execute(&mut nodes[2], 400, &late, &terms);
    second.acquire(at(2_000), request()).unwrap();
    carry(&mut second, &mut nodes, &[0, 1, 2], 2_000);
    while let Some(event) = second.poll_event() {
        assert!(
            !matches!(event, Event::Acquired(_)),
            "the first holds it until {valid_until:?}"
        );
    }
}
