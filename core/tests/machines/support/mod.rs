//! A lock set with its answers given by hand, at exact times.

pub(crate) mod cluster;
pub(crate) mod guarded;
pub(crate) mod told;
pub(crate) mod wire;

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use quorlock_core::{
    AcquireFailed, AcquireRequest, Acquired, Answer, ClientId, Command, Config, Event, Fencing,
    Instant, Keys, LockId, LockSet, NodeConfig, NodeFacts, NodeId, NodeSet, NodeState, Problem,
    Released, RestartGuard, ServerError, Ttl, Verb, Wait,
};

pub(crate) const TTL: u64 = 1_000;
/// TTL less 1 % less 2 ms.
pub(crate) const VALIDITY: u64 = 988;

pub(crate) struct World {
    pub(crate) set: LockSet,
    pub(crate) now: Instant,
    /// The last command that was taken.
    pub(crate) last: Option<Command>,
    /// Commands that were put back.
    ahead: VecDeque<Command>,
}

pub(crate) fn node(index: usize) -> NodeId {
    NodeId::new(index).unwrap()
}

pub(crate) fn nodes(indices: &[usize]) -> NodeSet {
    indices.iter().map(|index| node(*index)).collect()
}

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn held(left: u64) -> Answer {
    Answer::Foreign(Some(millis(left)))
}

pub(crate) fn failed(text: &str) -> Answer {
    Answer::Failed(ServerError::new(text.as_bytes()))
}

pub(crate) fn config(count: usize) -> Config {
    let nodes = (0..count).map(|index| NodeConfig::new(format!("n{index}")));
    let mut config = Config::new(nodes, ClientId(0x00c0_ffee), 1);
    // exact times; one test has its own
    config.timing.lost_notice = Duration::ZERO;
    // each has its own tests
    config.guard = RestartGuard::Off;
    config.fencing = Fencing::Off;
    config.max_ttl = Ttl::MAX;
    config
}

pub(crate) fn acquired(event: Event) -> Acquired {
    match event {
        Event::Acquired(acquired) => acquired,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn failure(event: Event) -> AcquireFailed {
    match event {
        Event::AcquireFailed(failed) => failed,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn released(event: Event) -> Released {
    match event {
        Event::Released(released) => released,
        other => panic!("{other:?}"),
    }
}

impl World {
    /// `count` nodes, all ready, at time 0.
    pub(crate) fn new(count: usize) -> Self {
        Self::with(&config(count))
    }

    pub(crate) fn with(config: &Config) -> Self {
        let mut world = Self::unconnected(config);
        for index in 0..config.nodes.len() {
            world.ready(index);
        }
        while world.set.poll_event().is_some() {}
        world
    }

    pub(crate) fn unconnected(config: &Config) -> Self {
        let now = Instant::ORIGIN;
        Self {
            set: LockSet::new(config, now).unwrap(),
            now,
            last: None,
            ahead: VecDeque::new(),
        }
    }

    pub(crate) fn request(wait: Wait) -> AcquireRequest {
        AcquireRequest {
            wait,
            user_data: 7,
            ..AcquireRequest::new("key", Ttl::new(millis(TTL)).unwrap())
        }
    }

    pub(crate) fn acquire(&mut self, wait: Wait) -> LockId {
        self.set.acquire(self.now, Self::request(wait)).unwrap()
    }

    pub(crate) fn acquire_key(&mut self, key: &'static str, wait: Wait) -> LockId {
        let request = AcquireRequest {
            keys: Bytes::from(key).into(),
            ..Self::request(wait)
        };
        self.set.acquire(self.now, request).unwrap()
    }

    pub(crate) fn acquire_all(&mut self, keys: &[&'static str], wait: Wait) -> LockId {
        let request = AcquireRequest {
            keys: Keys::new(keys.iter().copied()).unwrap(),
            ..Self::request(wait)
        };
        self.set.acquire(self.now, request).unwrap()
    }

    /// Lets every node that was asked give the same answer.
    pub(crate) fn answer_all(&mut self, command: &Command, answer: &Answer) {
        for node in command.to {
            self.answer(node.index(), command, answer.clone());
        }
    }

    /// Acquires and lets every node grant.
    pub(crate) fn hold(&mut self) -> LockId {
        let lock = self.acquire(Wait::Try);
        let command = self.command(Verb::Acquire);
        for node in command.to {
            self.answer(node.index(), &command, Answer::Done);
        }
        assert!(matches!(self.event(), Event::Acquired(_)));
        lock
    }

    pub(crate) fn ready(&mut self, index: usize) {
        let facts = NodeFacts {
            can_kill: true,
            ..NodeFacts::default()
        };
        self.ready_with(index, facts);
    }

    pub(crate) fn ready_with(&mut self, index: usize, facts: NodeFacts) {
        self.set
            .handle_node(self.now, node(index), NodeState::Ready(facts));
    }

    pub(crate) fn down(&mut self, index: usize) {
        let problem = Problem::Disconnected("gone".into());
        self.set
            .handle_node(self.now, node(index), NodeState::Down(problem));
    }

    pub(crate) fn answer(&mut self, index: usize, command: &Command, answer: Answer) {
        assert!(
            command.to.contains(node(index)),
            "{command:?} was not sent to node {index}"
        );
        self.set
            .handle_answer(self.now, node(index), command.ticket, answer);
    }

    /// The next command, which has to be of this kind.
    pub(crate) fn command(&mut self, verb: Verb) -> Command {
        let command = self.next_command().unwrap_or_else(|| panic!("no {verb:?}"));
        assert_eq!(command.verb(), verb, "{command:?}");
        command
    }

    /// The next command, of any kind.
    pub(crate) fn next_command(&mut self) -> Option<Command> {
        let command = self.ahead.pop_front().or_else(|| self.set.poll_command());
        self.last.clone_from(&command);
        command
    }

    /// Puts commands back that were taken out of turn.
    pub(crate) fn put_back(&mut self, commands: Vec<Command>) {
        self.ahead.extend(commands);
    }

    pub(crate) fn no_command(&mut self) {
        assert_eq!(self.next_command(), None);
    }

    /// The next event, other than news of nodes.
    pub(crate) fn event(&mut self) -> Event {
        self.next_event().expect("an event")
    }

    pub(crate) fn no_event(&mut self) {
        assert_eq!(self.next_event(), None);
    }

    fn next_event(&mut self) -> Option<Event> {
        loop {
            match self.set.poll_event() {
                Some(Event::Node(_)) => {}
                event => return event,
            }
        }
    }

    /// Lets time pass to `millis`, timers firing on the way. Checks that each
    /// timeout moves the next one on, or gives something to poll.
    pub(crate) fn run_to(&mut self, millis: u64) {
        let end = at(millis);
        for _ in 0..10_000 {
            match self.set.poll_timeout() {
                Some(due) if due <= end && due > self.now => {
                    self.now = due;
                    self.set.handle_timeout(due);
                    let next = self.set.poll_timeout();
                    assert!(
                        next.is_none_or(|next| next > due || next == self.now),
                        "no progress"
                    );
                    if next == Some(due) {
                        return;
                    }
                }
                Some(due) if due <= self.now => return,
                _ => break,
            }
        }
        self.now = end;
        self.set.handle_timeout(end);
    }
}
