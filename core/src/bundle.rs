//! Several locks as one, all or nothing, whoever grants them: which of them to ask for, when
//! to wait, when to give back.
//!
//! The parts of a bundle are locks of their own, on nodes that know nothing of each other.
//! All are tried at once. When one refuses, all others are given back *before* that one is
//! waited for, by whatever its own client has for waiting; once it is granted, the others are
//! tried again.
//!
//! ```text
//!   try all ──────────────── all granted ───────────────────────> acquired
//!      │ one refuses                                                  ▲
//!      ▼                                                              │
//!   give back all ──> pause ──> wait for that one ──> granted: try the others
//!      ▲                                                              │ one refuses
//!      └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! Why it can't deadlock: who waits holds nothing, so nobody ever waits for one who waits.
//! (Of the four conditions in Coffman, Elphick and Shoshani, "System deadlocks", 1971, it
//! does without "hold and wait"; an order of the parts, which does without the "circular
//! wait", would have to be known to everybody and holds some parts while it waits for others.)
//!
//! What bounds livelock: two who have taken each other's part have both been refused, and
//! could go on like that in step. From the second refusal on each pauses by chance before it
//! waits, for up to twice as long after every refusal, as senders on an Ethernet do; so
//! meeting again and again gets exponentially rarer. A bundle may still lose its turn to
//! others: what bounds its waiting is the deadline.
//!
//! Source: the "smart and polite" algorithm in Howard Hinnant, "Dining Philosophers
//! Rebooted", 2013, which is that of `std::lock` in C++; the problem is Dijkstra's.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crate::lock::Wait;
use crate::random::Random;
use crate::time::Instant;

/// The least that a pause is drawn from at first; that of a bundle whose parts answer faster.
const PACE_MIN: Duration = Duration::from_millis(1);

/// The most that a pause is drawn from at first, however slow the parts are.
const PACE_MAX: Duration = Duration::from_millis(100);

/// So often the span that a pause is drawn from doubles.
const DOUBLINGS_MAX: u32 = 4;

/// One acquisition of several locks ("parts", numbered from 0), all or nothing.
///
/// After any verb, carry out what [`poll_order`](Self::poll_order) says until it says
/// nothing more, and call [`handle_timeout`](Self::handle_timeout) at
/// [`poll_timeout`](Self::poll_timeout). The module's file says how it works, and why it
/// neither deadlocks nor goes round for ever.
///
/// ```
/// use core::time::Duration;
/// use quorlock_core::{Bundle, Instant, Order, Refused, Wait};
///
/// let (now, patience) = (Instant::ORIGIN, Duration::from_secs(1));
/// let mut bundle = Bundle::new(now, 2, Wait::Forever, patience, 7);
/// assert_eq!(bundle.poll_order(), Some(Order::Ask { part: 0, wait: Wait::Try }));
/// assert_eq!(bundle.poll_order(), Some(Order::Ask { part: 1, wait: Wait::Try }));
/// bundle.handle_granted(now, 0);
/// bundle.handle_refused(now, 1, Refused::ForNow);
/// assert_eq!(bundle.poll_order(), Some(Order::GiveBack { part: 0 }));
/// assert_eq!(bundle.poll_order(), Some(Order::Ask { part: 1, wait: Wait::Forever }));
/// bundle.handle_granted(now, 1);
/// assert_eq!(bundle.poll_order(), Some(Order::Ask { part: 0, wait: Wait::Try }));
/// bundle.handle_granted(now, 0);
/// assert_eq!(bundle.poll_order(), Some(Order::Acquired));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bundle {
    wait: Wait,
    patience: Duration,
    random: Random,
    parts: Vec<Standing>,
    phase: Phase,
    /// How often all was given back.
    retreats: u32,
    orders: VecDeque<Order>,
    now: Instant,
}

/// What the caller of a [`Bundle`] is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Nothing: all parts are granted. The last order.
    Acquired,
    /// Ask for a part that is not asked for.
    Ask {
        /// Which.
        part: usize,
        /// How long to go on asking.
        wait: Wait,
    },
    /// Nothing: the bundle is not acquired, because of this part, and all that was granted
    /// has been given back. The last order.
    Failed {
        /// The part that was refused, or did not answer in time.
        part: usize,
    },
    /// Release a part that was granted, or cancel one that is asked for; what it answers is
    /// not to be told.
    GiveBack {
        /// Which.
        part: usize,
    },
}

/// Why a part is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// However long one waits.
    ForGood,
    /// At present; or, asked for until the deadline, until then.
    ForNow,
    /// It was granted, and lost since; whatever is left of it the caller gives back.
    Lost,
}

/// What is known of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Standing {
    Asked,
    Granted,
    Idle,
}

/// What the bundle is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// All parts that it does not hold are tried.
    Gathering { since: Instant },
    /// The last order was given.
    Over,
    /// Nothing is held or asked for.
    Pausing { part: usize, until: Instant },
    /// One part is waited for, and nothing is held.
    Waiting { part: usize },
}

impl Bundle {
    /// Starts to acquire `parts` locks. One alone is simply waited for.
    ///
    /// With any `wait` but [`Wait::Try`], a part that does not answer a try within
    /// `patience`, or half of the time that is left, counts as refused: the others are not
    /// held meanwhile, and alone it can still tell what keeps it. A single try ends with
    /// the answers of all parts. Bundles that may meet need seeds that differ.
    #[must_use]
    pub fn new(now: Instant, parts: usize, wait: Wait, patience: Duration, seed: u64) -> Self {
        let mut bundle = Self {
            wait,
            patience,
            random: Random::new(seed),
            parts: vec![Standing::Idle; parts],
            phase: Phase::Over,
            retreats: 0,
            orders: VecDeque::new(),
            now,
        };
        if parts == 1 {
            bundle.wait_for(0);
        } else {
            bundle.gather();
        }
        bundle
    }

    /// A part that was asked for is granted.
    pub fn handle_granted(&mut self, now: Instant, part: usize) {
        self.advance(now);
        if self.standing(part) != Standing::Asked {
            return;
        }
        self.set(part, Standing::Granted);
        self.gather();
    }

    /// A part that was asked for is refused, or one that was granted is lost. One that is
    /// lost after [`Order::Acquired`] is the caller's matter.
    pub fn handle_refused(&mut self, now: Instant, part: usize, refused: Refused) {
        self.advance(now);
        if self.phase == Phase::Over || self.standing(part) == Standing::Idle {
            return;
        }
        self.set(part, Standing::Idle);
        let waited_for = self.phase == Phase::Waiting { part };
        let is_final = match refused {
            Refused::ForGood => true,
            Refused::ForNow => waited_for || self.wait == Wait::Try,
            Refused::Lost => self.wait == Wait::Try,
        };
        self.retreat(part, is_final);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        if self.due().is_none_or(|due| now < due) {
            return;
        }
        match self.phase {
            Phase::Gathering { .. } => {
                let is_asked = |standing: &Standing| *standing == Standing::Asked;
                if let Some(silent) = self.parts.iter().position(is_asked) {
                    self.retreat(silent, false);
                }
            }
            Phase::Pausing { part, .. } if self.is_late() => self.end(Order::Failed { part }),
            Phase::Pausing { part, .. } => self.wait_for(part),
            Phase::Over | Phase::Waiting { .. } => {}
        }
    }

    /// The next thing to do.
    pub fn poll_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called: at once while an
    /// order is queued, never (`None`) when nothing is due. A part that is waited for keeps
    /// the deadline by itself.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.orders.is_empty() {
            self.due()
        } else {
            Some(self.now)
        }
    }

    /// Time never goes back.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// When something is to be done about the phase.
    fn due(&self) -> Option<Instant> {
        let due = match self.phase {
            Phase::Gathering { since } => match self.wait {
                Wait::Forever => since + self.patience,
                Wait::Try => Instant::NEVER,
                Wait::Until(deadline) => {
                    since + self.patience.min(deadline.duration_since(since) / 2)
                }
            },
            Phase::Over | Phase::Waiting { .. } => Instant::NEVER,
            Phase::Pausing { until, .. } => until,
        };
        Some(due).filter(|due| *due != Instant::NEVER)
    }

    fn is_late(&self) -> bool {
        self.wait.deadline() <= self.now
    }

    /// Tries what is neither held nor asked for; where all is held, the bundle is acquired.
    fn gather(&mut self) {
        if self.parts.iter().all(|it| *it == Standing::Granted) {
            self.end(Order::Acquired);
            return;
        }
        if !matches!(self.phase, Phase::Gathering { .. }) {
            self.phase = Phase::Gathering { since: self.now };
        }
        for part in 0..self.parts.len() {
            if self.standing(part) == Standing::Idle {
                self.ask(part, Wait::Try);
            }
        }
    }

    fn wait_for(&mut self, part: usize) {
        self.phase = Phase::Waiting { part };
        self.ask(part, self.wait);
    }

    fn ask(&mut self, part: usize, wait: Wait) {
        self.set(part, Standing::Asked);
        self.orders.push_back(Order::Ask { part, wait });
    }

    /// Gives back all because of `part`; then waits for it, or fails.
    fn retreat(&mut self, part: usize, is_final: bool) {
        for other in 0..self.parts.len() {
            if self.standing(other) != Standing::Idle {
                self.set(other, Standing::Idle);
                self.orders.push_back(Order::GiveBack { part: other });
            }
        }
        if is_final || self.is_late() {
            self.end(Order::Failed { part });
            return;
        }
        let until = (self.now + self.pause()).min(self.wait.deadline());
        self.retreats = self.retreats.saturating_add(1);
        if until == self.now {
            self.wait_for(part);
        } else {
            self.phase = Phase::Pausing { part, until };
        }
    }

    /// How long to hold still. After the first refusal not at all: most probably the part
    /// is held by one who works, and a place in its line is worth more.
    fn pause(&mut self) -> Duration {
        let Some(doublings) = self.retreats.checked_sub(1) else {
            return Duration::ZERO;
        };
        let answered_in = match self.phase {
            Phase::Gathering { since } => self.now.duration_since(since),
            Phase::Over | Phase::Pausing { .. } | Phase::Waiting { .. } => Duration::ZERO,
        };
        let pace = answered_in.clamp(PACE_MIN, PACE_MAX);
        self.random
            .up_to(pace * (1 << doublings.min(DOUBLINGS_MAX)))
    }

    fn end(&mut self, last: Order) {
        self.phase = Phase::Over;
        self.orders.push_back(last);
    }

    /// A part that there is not counts as idle.
    fn standing(&self, part: usize) -> Standing {
        self.parts.get(part).copied().unwrap_or(Standing::Idle)
    }

    fn set(&mut self, part: usize, standing: Standing) {
        if let Some(known) = self.parts.get_mut(part) {
            *known = standing;
        }
    }
}
