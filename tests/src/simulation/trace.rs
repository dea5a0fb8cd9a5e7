//! What happened in one run, for drawing it: recorded only on demand, and the run is the same either way.
//!
//! All times are true (virtual) time in nanoseconds since the run began.

use core::fmt;

/// A column of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A client with its application, by number.
    Client(usize),
    /// A lock node, by number.
    Node(usize),
    /// What the locks protect: the storage that the applications write to.
    Resource,
}

/// As people count, from one.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(number) => write!(f, "client {}", number + 1),
            Self::Node(number) => write!(f, "node {}", number + 1),
            Self::Resource => f.write_str("resource"),
        }
    }
}

/// What happened in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Number of clients: columns, and colours of owners.
    pub clients: usize,
    /// Number of lock nodes.
    pub nodes: usize,
    /// Number of keys that the clients compete for.
    pub keys: usize,
    /// In no particular order.
    pub items: Vec<Item>,
}

/// One thing to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Bytes from one place to another.
    Message {
        /// Who sent them.
        from: Place,
        /// Who is to get them.
        to: Place,
        /// When they left.
        sent: u64,
        /// When they were taken in; `None` where they were lost.
        arrived: Option<u64>,
        /// What they are, in a word or two: `acquire`, `granted`, `held`, `release`.
        label: String,
        /// They were taken in after their connection had ended.
        late: bool,
    },
    /// A lock's key stood on a node.
    Key {
        /// The node.
        node: usize,
        /// The key, by number.
        key: usize,
        /// The client whose owner string it held.
        owner: usize,
        /// Since when.
        from: u64,
        /// Until when: deleted, expired, or lost with the node's memory.
        until: u64,
    },
    /// A client believed that it held a key.
    Validity {
        /// The client.
        client: usize,
        /// The key, by number.
        key: usize,
        /// Since when.
        from: u64,
        /// Until when it believed so, at the latest until its validity ended.
        until: u64,
    },
    /// Something that was broken on purpose.
    Fault {
        /// Where; `None` is everywhere, or between places.
        place: Option<Place>,
        /// Since when.
        from: u64,
        /// Until when; the same as `from` for what happens in one moment.
        until: u64,
        /// What, in a few words: `restarts empty`, `paused`, `cut off`.
        label: String,
    },
    /// Something to be told at a place: `acquired`, `lost`, `write refused`.
    Note {
        /// Where.
        place: Place,
        /// When.
        at: u64,
        /// What, in a few words.
        label: String,
    },
    /// An invariant was violated. The run ended here.
    Violation {
        /// When.
        at: u64,
        /// Its number and what happened.
        text: String,
    },
}
