//! Whether those who wait for a lock are served in the order in which they came, whatever
//! client they belong to.

use core::time::Duration;

use crate::turn::Turn;

/// The order in which waiters of several clients are served. All clients of a deployment
/// have to agree in it: who does not queue goes before those who do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fairness {
    /// Whoever asks first when the lock is free has it. Those of one client are served in
    /// their order.
    #[default]
    Off,
    /// In the order of their requests, by the servers' time. Each node keeps a queue for
    /// each key, of 256 places; it needs scripts. A lock never passes inside a client
    /// ([`Config::hand_overs`](crate::Config::hand_overs)), and one for which somebody
    /// waits is not granted to a single try.
    ///
    /// Order is promised within the error of the clients' estimates of that time, and as
    /// far as nodes keep their queues; exclusion does not lean on it.
    Queue {
        /// How long a place in a queue lasts, at least 10 ms. Its waiter renews it by
        /// asking again, two to four times meanwhile; so long one holds up the others who
        /// has crashed.
        place: Duration,
    },
}

impl Fairness {
    /// With places of one second.
    pub const QUEUE: Self = Self::Queue {
        place: Duration::from_secs(1),
    };

    /// The shortest place: one of zero would be over before it is taken.
    const LEAST: Duration = Duration::from_millis(10);

    /// How long a place lasts; `None` where there are no queues.
    pub(crate) fn place(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Queue { place } => Some(place.max(Self::LEAST)),
        }
    }

    /// What a command says to a queue.
    pub(crate) fn queueing(self, turn: Option<Turn>) -> Option<Queueing> {
        self.place().map(|place| Queueing { turn, place })
    }
}

/// What a command says to the queue of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Queueing {
    /// An acquire: whose place it takes or renews, where it is refused; `None`: nobody's.
    /// A release: who leaves the queue.
    pub turn: Option<Turn>,
    /// How long a place lasts.
    pub place: Duration,
}
