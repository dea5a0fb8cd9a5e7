//! Any sequence of intents, answers, node changes and timeouts over a lock set.

use std::collections::{HashMap, VecDeque};

use arbitrary::{Arbitrary, Unstructured};
use core::time::Duration;
use quorlock_core::{
    Answer, ClientId, Command, Config, Event, Fairness, Instant, LockSet, NodeConfig, NodeFacts,
    NodeId, NodeSet, NodeState, Owner, Problem, RestartGuard, RunId, ServerError, Ticket, Verb,
};

use crate::intent::{Intent, millis};
use crate::lifecycle::Lifecycles;

const NODES: usize = 3;
const NEEDED: usize = 2;

#[derive(Arbitrary, Debug)]
enum Step {
    /// The oldest open ticket of a node is answered.
    Answer(u8, Reply),
    Intent(Intent),
    Node(u8, State),
    /// Sleeps until the next timeout.
    Sleep,
    /// Milliseconds pass, timeouts or not: a driver may be late.
    Wait(u16),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Reply {
    Absent,
    Done,
    Foreign(Option<u16>),
    Late,
    NoScript,
    OtherMaxTtl(u16),
    Outbid(u64),
    Permanent,
    Quarantined(u16),
    TooFarAhead,
    Transient,
    Unguarded,
    Unsent,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum State {
    Connecting,
    Down,
    /// Up for so many seconds.
    Ready(u8),
    Stalled,
}

/// Runs the steps against a set of three nodes, the way an adapter would: answers of one
/// node in order, open tickets `Broken` when it goes. Asserts that
/// - events come in the order that [`Event`]'s documentation promises, never for a validity that has
///   ended, and only where so many nodes have said yes;
/// - commands go only to nodes that are connected, but for a heal, which an adapter answers `Unsent`;
/// - after `handle_timeout` nothing is due, and no lease is held past its end;
/// - after `close` every lock ends and nothing is left to wait for.
pub fn check(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let choice = source.arbitrary::<u8>().unwrap_or(0);
    let guard = match choice % 3 {
        0 => RestartGuard::Off,
        1 => RestartGuard::Strict,
        _ => RestartGuard::Uptime,
    };
    let fairness = if (choice / 3).is_multiple_of(2) {
        Fairness::Off
    } else {
        Fairness::QUEUE
    };
    let mut run = Run::new(guard, fairness);
    while !source.is_empty()
        && let Ok(step) = Step::arbitrary(&mut source)
    {
        run.step(step);
    }
    run.finish();
}

struct Run {
    set: LockSet,
    now: Instant,
    lives: Lifecycles,
    connected: NodeSet,
    open: [VecDeque<Command>; NODES],
    /// Nodes that said yes to an acquire, per owner.
    granted: HashMap<Owner, NodeSet>,
}

impl Run {
    fn new(guard: RestartGuard, fairness: Fairness) -> Self {
        let mut config = Config::new(["a", "b", "c"].map(NodeConfig::new), ClientId(1), 7);
        config.guard = guard;
        config.fairness = fairness;
        config.limits.locks = 8;
        let now = Instant::ORIGIN + Duration::from_secs(1);
        Self {
            set: LockSet::new(&config, now).expect("a good configuration"),
            now,
            lives: Lifecycles::default(),
            connected: NodeSet::EMPTY,
            open: [const { VecDeque::new() }; NODES],
            granted: HashMap::new(),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Answer(node, reply) => self.answer(node, reply),
            Step::Intent(intent) => intent.apply(&mut self.set, self.now, &mut self.lives),
            // told that all is closed, an adapter has no more news
            Step::Node(..) if self.lives.is_closed() => {}
            Step::Node(node, state) => self.change(node, state),
            Step::Sleep => {
                if let Some(at) = self.set.poll_timeout() {
                    self.now = self.now.max(at);
                }
            }
            Step::Wait(span) => self.now += millis(span),
        }
        self.settle();
    }

    fn answer(&mut self, choice: u8, reply: Reply) {
        let place = usize::from(choice) % NODES;
        let Some(command) = self.open[place].pop_front() else {
            return;
        };
        let verb = command.verb();
        // what no script of ours answers, `Reply::read` does not let through
        let reply = match (verb, reply) {
            (Verb::Acquire | Verb::Heal, Reply::Absent) => Reply::Foreign(None),
            (Verb::Arm, Reply::Absent | Reply::Foreign(_)) => Reply::Quarantined(1_000),
            (Verb::Acquire | Verb::HandOver, Reply::OtherMaxTtl(_) | Reply::Quarantined(_)) => {
                Reply::Unguarded
            }
            (
                Verb::Arm | Verb::Extend | Verb::Heal | Verb::Release,
                Reply::Late | Reply::Outbid(_) | Reply::TooFarAhead | Reply::Unguarded,
            )
            | (
                Verb::Extend | Verb::Heal | Verb::Release,
                Reply::OtherMaxTtl(_) | Reply::Quarantined(_),
            ) => Reply::Transient,
            (_, reply) => reply,
        };
        let node = node(place);
        let answer = match reply {
            Reply::Absent => {
                if verb == Verb::HandOver {
                    self.granted.entry(command.owner).or_default().insert(node);
                }
                Answer::Absent
            }
            Reply::Done => {
                if matches!(verb, Verb::Acquire | Verb::HandOver) {
                    self.granted.entry(command.owner).or_default().insert(node);
                }
                Answer::Done
            }
            // in a queue, every other one who refuses does so for somebody's turn
            Reply::Foreign(Some(left))
                if verb == Verb::Acquire && command.queue.is_some() && left % 2 == 1 =>
            {
                Answer::Behind(millis(left))
            }
            Reply::Foreign(left) => Answer::Foreign(left.map(millis)),
            Reply::Late => Answer::Late,
            Reply::OtherMaxTtl(other) => Answer::OtherMaxTtl(other.into()),
            Reply::Outbid(counter) => Answer::Outbid(counter),
            Reply::Quarantined(left) => Answer::Quarantined(millis(left)),
            Reply::TooFarAhead => Answer::TooFarAhead,
            Reply::Unguarded => Answer::Unguarded,
            Reply::NoScript => failed(b"NOSCRIPT No matching script."),
            Reply::Permanent => failed(b"NOPERM no permissions"),
            Reply::Transient => failed(b"LOADING Redis is loading"),
            Reply::Unsent => Answer::Unsent(Problem::Overloaded),
        };
        let answer = if verb == Verb::HandOver {
            handed_over(answer)
        } else {
            answer
        };
        self.set
            .handle_answer(self.now, node, command.ticket, answer);
    }

    fn change(&mut self, choice: u8, state: State) {
        let place = usize::from(choice) % NODES;
        let node = node(place);
        let (state, connected) = match state {
            State::Connecting => (NodeState::Connecting, false),
            State::Down => (NodeState::Down(Problem::Silent), false),
            State::Ready(uptime) => {
                let facts = NodeFacts {
                    run_id: RunId::new(&[b'a'; 40]),
                    uptime: Some(Duration::from_secs(uptime.into())),
                    ..NodeFacts::default()
                };
                (NodeState::Ready(facts), true)
            }
            State::Stalled => (NodeState::Stalled, true),
        };
        if connected {
            self.connected.insert(node);
        } else {
            self.connected.remove(node);
        }
        self.set.handle_node(self.now, node, state);
        if !connected {
            let broken: Vec<Ticket> = self.open[place].drain(..).map(|it| it.ticket).collect();
            for ticket in broken {
                self.set
                    .handle_answer(self.now, node, ticket, Answer::Broken);
            }
        }
    }

    /// Polls until all is quiet, with the timeouts that are due.
    fn settle(&mut self) {
        self.drain();
        if self.set.poll_timeout().is_some_and(|at| at <= self.now) {
            self.set.handle_timeout(self.now);
            self.drain();
        }
        let next = self.set.poll_timeout();
        assert!(
            next.is_none_or(|at| at > self.now),
            "{next:?} is due again at {:?}",
            self.now
        );
        self.lives.assert_leases(self.now);
    }

    fn drain(&mut self) {
        while let Some(command) = self.set.poll_command() {
            assert!(!command.to.is_empty(), "{command:?} to nobody");
            for node in command.to {
                if self.connected.contains(node) {
                    self.open[node.index()].push_back(command.clone());
                } else {
                    // a node that goes after its vote may be healed by it
                    assert_eq!(command.verb(), Verb::Heal, "{command:?} to {node}");
                    let unsent = Answer::Unsent(Problem::Connecting);
                    self.set
                        .handle_answer(self.now, node, command.ticket, unsent);
                }
            }
        }
        while let Some(event) = self.set.poll_event() {
            self.count_votes(&event);
            self.lives.on_event(self.now, &event);
        }
    }

    /// A success names a quorum, and only nodes that said yes.
    fn count_votes(&self, event: &Event) {
        let voted = match event {
            Event::Acquired(it) => {
                let granted = self.granted.get(&it.owner);
                let granted = granted.copied().unwrap_or_default();
                assert!(it.granted.difference(granted).is_empty(), "{event:?}");
                it.granted
            }
            Event::Extended(it) => it.extended,
            _ => return,
        };
        assert!(voted.len() >= NEEDED, "{event:?}");
    }

    /// Closes and waits; nobody answers any more.
    fn finish(mut self) {
        if !self.lives.is_closed() {
            self.set
                .close(self.now, self.now + Duration::from_secs(100));
            self.lives.closing();
            self.settle();
        }
        for _ in 0..1_000 {
            let Some(at) = self.set.poll_timeout() else {
                break;
            };
            self.now = at;
            self.settle();
        }
        assert_eq!(self.set.poll_timeout(), None, "never comes to rest");
        assert!(self.set.is_closed());
        self.lives.assert_ended();
    }
}

/// The answer to a hand-over whose acquire was answered so; the release was as good as it can be then.
fn handed_over(acquired: Answer) -> Answer {
    let (released, acquired) = match acquired {
        Answer::Failed(_) | Answer::Unsent(_) => return acquired,
        Answer::Absent => (Answer::Absent, Answer::Done),
        Answer::Foreign(_) => (Answer::Foreign(None), acquired),
        _ => (Answer::Done, acquired),
    };
    Answer::HandedOver(Box::new((released, acquired)))
}

fn node(place: usize) -> NodeId {
    NodeId::new(place).expect("below 64")
}

fn failed(line: &[u8]) -> Answer {
    Answer::Failed(ServerError::new(line))
}
