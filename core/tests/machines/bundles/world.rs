//! Bundles, a table of owners, and messages in between that take as long as the test wants.

use std::collections::VecDeque;

use core::time::Duration;
use quorlock_core::{Bundle, Instant, Order, Refused, Wait};

/// How long a bundle waits for the answer to a try: here every answer comes.
const PATIENCE: Duration = Duration::MAX;

/// Bundles that want the same keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    now: Instant,
    actors: Vec<Actor>,
    /// By key: who has it, and who waits in line.
    table: Vec<(Option<usize>, VecDeque<usize>)>,
}

/// Who wants some keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Actor {
    bundle: Bundle,
    parts: Vec<Part>,
    has_all: bool,
    /// How often it will want all anew.
    to_go: usize,
}

/// A part of a bundle, and its connection: what is sent first arrives first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Part {
    key: usize,
    /// What the actor believes.
    is_held: bool,
    /// Counts questions, so that the answer to one that was cancelled is known by it.
    asked: usize,
    requests: VecDeque<Request>,
    /// The number of the question, and whether it was granted.
    answers: VecDeque<(usize, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Request {
    Ask { number: usize, waits: bool },
    GiveBack,
}

/// Something that may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// The first answer of a part arrives.
    Answer { actor: usize, part: usize },
    /// Who has all has done his work.
    Finish { actor: usize },
    /// The first request of a part arrives.
    Request { actor: usize, part: usize },
    /// A pause is over.
    Timeout { actor: usize },
}

impl World {
    /// One actor for each list of keys; each wants them so many times.
    pub(crate) fn new(keys: usize, wanted: &[Vec<usize>], times: usize, seed: u64) -> Self {
        let mut world = Self {
            now: Instant::ORIGIN,
            actors: Vec::new(),
            table: vec![(None, VecDeque::new()); keys],
        };
        for (keys, seed) in wanted.iter().zip(seed * 1_000..) {
            let part = |key: &usize| Part {
                key: *key,
                is_held: false,
                asked: 0,
                requests: VecDeque::new(),
                answers: VecDeque::new(),
            };
            world.actors.push(Actor {
                bundle: Bundle::new(world.now, keys.len(), Wait::Forever, PATIENCE, seed),
                parts: keys.iter().map(part).collect(),
                has_all: false,
                to_go: times,
            });
        }
        (0..wanted.len()).for_each(|actor| world.obey(actor));
        world
    }

    /// All that may happen next. Empty: it is over, for good or ill.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (actor, state) in self.actors.iter().enumerate() {
            for (part, state) in state.parts.iter().enumerate() {
                if !state.requests.is_empty() {
                    steps.push(Step::Request { actor, part });
                }
                if !state.answers.is_empty() {
                    steps.push(Step::Answer { actor, part });
                }
            }
            if state.has_all {
                steps.push(Step::Finish { actor });
            } else if state.bundle.poll_timeout().is_some() {
                steps.push(Step::Timeout { actor });
            }
        }
        steps
    }

    /// How many have had all their keys as often as they wanted them.
    pub(crate) fn done(&self) -> usize {
        self.actors.iter().filter(|actor| actor.to_go == 0).count()
    }

    /// Lets `millis` pass and then everything happen that is on its way, in one go: all first parts before all second
    /// ones, so that no actor comes before another.
    pub(crate) fn tick(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        let mut steps = self.steps();
        steps.sort_by_key(|step| match step {
            Step::Answer { part, .. } | Step::Request { part, .. } => *part,
            Step::Finish { .. } | Step::Timeout { .. } => usize::MAX,
        });
        for step in steps {
            let due = match step {
                Step::Timeout { actor } => {
                    let at = self.actors[actor].bundle.poll_timeout();
                    at.is_some_and(|at| at <= self.now)
                }
                Step::Answer { .. } | Step::Finish { .. } | Step::Request { .. } => true,
            };
            if due {
                self.take(step);
            }
        }
    }

    /// One thing happens.
    pub(crate) fn take(&mut self, step: Step) {
        match step {
            Step::Answer { actor, part } => self.answered(actor, part),
            Step::Finish { actor } => self.finish(actor),
            Step::Request { actor, part } => self.requested(actor, part),
            Step::Timeout { actor } => {
                let bundle = &mut self.actors[actor].bundle;
                self.now = self.now.max(bundle.poll_timeout().unwrap());
                bundle.handle_timeout(self.now);
                self.obey(actor);
            }
        }
    }

    fn answered(&mut self, actor: usize, place: usize) {
        let now = self.now;
        let Actor { bundle, parts, .. } = &mut self.actors[actor];
        let part = &mut parts[place];
        let (number, granted) = part.answers.pop_front().unwrap();
        if number != part.asked {
            return;
        }
        if granted {
            part.is_held = true;
            bundle.handle_granted(now, place);
        } else {
            bundle.handle_refused(now, place, Refused::ForNow);
        }
        self.obey(actor);
    }

    fn requested(&mut self, actor: usize, place: usize) {
        let part = &mut self.actors[actor].parts[place];
        let (owner, line) = &mut self.table[part.key];
        match part.requests.pop_front().unwrap() {
            Request::Ask { number, .. } if owner.is_none() => {
                *owner = Some(actor);
                part.answers.push_back((number, true));
            }
            Request::Ask { waits: true, .. } => line.push_back(actor),
            Request::Ask { number, .. } => part.answers.push_back((number, false)),
            Request::GiveBack if *owner == Some(actor) => {
                *owner = line.pop_front();
                let (key, next) = (part.key, *owner);
                if let Some(next) = next {
                    let parts = &mut self.actors[next].parts;
                    let part = parts.iter_mut().find(|part| part.key == key).unwrap();
                    part.answers.push_back((part.asked, true));
                }
            }
            Request::GiveBack => line.retain(|other| *other != actor),
        }
    }

    /// Carries out what the bundle says.
    fn obey(&mut self, actor: usize) {
        let Self { actors, table, .. } = self;
        let Actor {
            bundle,
            parts,
            has_all,
            ..
        } = &mut actors[actor];
        while let Some(order) = bundle.poll_order() {
            match order {
                Order::Acquired => {
                    for part in &*parts {
                        assert_eq!(table[part.key].0, Some(actor), "acquired, and not its own");
                    }
                    *has_all = true;
                }
                Order::Ask { part, wait } => {
                    let waits = wait != Wait::Try;
                    let holds = parts.iter().any(|part| part.is_held);
                    assert!(!(waits && holds), "it waits and holds: {parts:?}");
                    let part = &mut parts[part];
                    part.asked += 1;
                    let number = part.asked;
                    part.requests.push_back(Request::Ask { number, waits });
                }
                Order::Failed { part } => panic!("{actor} gave up because of {part}"),
                Order::GiveBack { part } => give_back(&mut parts[part]),
            }
        }
    }

    fn finish(&mut self, actor: usize) {
        let now = self.now;
        let state = &mut self.actors[actor];
        state.has_all = false;
        state.parts.iter_mut().for_each(give_back);
        state.to_go -= 1;
        if state.to_go > 0 {
            let seed = 31 * (actor + 1_000 * state.to_go) as u64;
            let parts = state.parts.len();
            state.bundle = Bundle::new(now, parts, Wait::Forever, PATIENCE, seed);
            self.obey(actor);
        }
    }
}

fn give_back(part: &mut Part) {
    part.is_held = false;
    part.asked += 1;
    part.requests.push_back(Request::GiveBack);
}
