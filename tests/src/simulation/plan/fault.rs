//! What goes wrong.

use core::time::Duration;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// When.
    pub at: Duration,
    /// What.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum FaultKind {
    /// A client's process dies with all it knew; another one takes its place.
    ClientCrash {
        /// The client, by number.
        client: usize,
        /// Until the new one starts.
        down: Duration,
    },
    /// A client's process stands still: garbage collection, a suspended machine.
    ClientPause {
        /// The client, by number.
        client: usize,
        /// For how long.
        span: Duration,
    },
    /// A node's clock jumps.
    ClockJump {
        /// The node, by number.
        node: usize,
        /// By so many microseconds, forward or back.
        by_us: i64,
    },
    /// A connection breaks, and the client notices.
    Cut {
        /// The client, by number.
        client: usize,
        /// The node, by number.
        node: usize,
        /// What becomes of what the client had sent.
        fate: Fate,
    },
    /// A node dies, and the one of its replicas that has the most of what it had takes its place, under its address.
    /// Another replica takes that one's place. Nothing happens where the node has none, or is down.
    Failover {
        /// The node, by number.
        node: usize,
        /// Until its replica is in its place.
        down: Duration,
    },
    /// A node loses its keys, as by `FLUSHALL`.
    Flush {
        /// The node, by number.
        node: usize,
    },
    /// Messages wait on their way: a partition where the sets are large, a clog where they are small.
    Hold {
        /// Which clients' connections.
        clients: Members,
        /// To which nodes.
        nodes: Members,
        /// In which direction.
        way: Way,
        /// For how long.
        span: Duration,
    },
    /// Replicas hear nothing of their node.
    Lag {
        /// The node, by number.
        node: usize,
        /// Which of its replicas.
        replicas: Members,
        /// For how long.
        span: Duration,
    },
    /// The slot of a key moves, key by key. Nothing happens while another one moves, nor to a node where it has been on
    /// its way to before: see `core/docs/cluster.md`.
    MoveSlot {
        /// The key, by number.
        key: usize,
        /// The node that gets it, by number.
        to: usize,
        /// How long that takes, at least.
        span: Duration,
    },
    /// A node's process stands still. What it is sent meanwhile waits for it.
    NodePause {
        /// The node, by number.
        node: usize,
        /// For how long.
        span: Duration,
    },
    /// A node of a cluster gives all its slots away and leaves; later it is there again, with nothing. Nothing happens
    /// where a slot could not [move](Self::MoveSlot).
    Remove {
        /// The node, by number.
        node: usize,
        /// The node that gets its slots, by number.
        to: usize,
        /// How long that takes, at least.
        span: Duration,
        /// Until it is back.
        away: Duration,
    },
    /// Commands to a lock's keys reach a node twice: somebody on the way, who has not seen the answer, sends them again.
    Repeat {
        /// The node, by number.
        node: usize,
        /// For how long.
        span: Duration,
        /// The second time is so much later.
        after: Duration,
    },
    /// A node crashes, and starts again.
    Restart {
        /// The node, by number.
        node: usize,
        /// Until it starts.
        down: Duration,
        /// What it finds then.
        memory: Memory,
    },
}

/// What becomes of the bytes on their way to a node when their connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They are executed, so much later.
    Late(Duration),
    /// They are lost.
    Lost,
}

impl Fate {
    pub(in crate::simulation) const fn words(self) -> &'static str {
        match self {
            Self::Late(_) => "late",
            Self::Lost => "lost",
        }
    }
}

/// Some of the clients or nodes: bit i stands for number i.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Members(pub u64);

impl Members {
    /// Everybody.
    pub const ALL: Self = Self(u64::MAX);

    /// One.
    #[must_use]
    pub const fn one(number: usize) -> Self {
        Self(1 << number)
    }

    /// Those of the first `count`.
    pub(in crate::simulation) fn among(self, count: usize) -> impl Iterator<Item = usize> {
        (0..count).filter(move |number| self.contains(*number))
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, number: usize) -> bool {
        self.0 >> number & 1 == 1
    }
}

/// Which messages wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// All.
    Both,
    /// Answers.
    ToClient,
    /// Commands.
    ToNode,
}

/// What a node finds when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Every key that it had when it crashed.
    Kept,
    /// Nothing.
    Lost,
    /// The keys of so long before the crash.
    Old(Duration),
}
