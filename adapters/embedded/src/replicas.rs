//! Replicas: how far each has got, and which connections wait for them.

use crate::node::Node;
use crate::session::ConnectionId;
use crate::time::ServerTime;

/// How far a node has come in one of its lives: the later of two is the larger. It counts
/// the requests that changed something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(u64);

impl Offset {
    /// The count.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// The replicas as `WAIT` sees them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Replication {
    /// They have what the caller says.
    Lagging { heard: Vec<Offset>, written: Offset },
    /// So many, which have at once whatever the node has. Nothing is counted: nodes with the
    /// same keys are equal.
    Prompt(u8),
}

/// A `WAIT` without its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wait {
    /// So many.
    pub(crate) replicas: usize,
    /// Must have got so far.
    pub(crate) offset: Offset,
    /// `None`: for ever.
    pub(crate) until: Option<ServerTime>,
}

impl Replication {
    /// The replicas of a node's next life: they have to hear of everything anew.
    pub(crate) fn next_life(&self) -> Self {
        match self {
            Self::Lagging { heard, .. } => Self::lagging(heard.len()),
            Self::Prompt(replicas) => Self::Prompt(*replicas),
        }
    }

    fn lagging(replicas: usize) -> Self {
        Self::Lagging {
            heard: vec![Offset::default(); replicas],
            written: Offset::default(),
        }
    }

    /// Something has changed; answers how far the node is with it.
    pub(crate) fn write(&mut self) -> Offset {
        let Self::Lagging { written, .. } = self else {
            return Offset::default();
        };
        written.0 = written.0.saturating_add(1);
        *written
    }

    /// What a `WAIT` answers; `None` as long as it goes on. For more replicas than there are
    /// nobody waits: no more of them will come.
    pub(crate) fn answer(&self, wait: Wait, now: ServerTime) -> Option<usize> {
        let (there, heard) = match self {
            Self::Lagging { heard, .. } => {
                let there = heard.iter().filter(|heard| **heard >= wait.offset);
                (heard.len(), there.count())
            }
            Self::Prompt(replicas) => (usize::from(*replicas), usize::from(*replicas)),
        };
        let late = wait.until.is_some_and(|until| until <= now);
        (heard >= wait.replicas || wait.replicas > there || late).then_some(heard)
    }
}

/// Replicas that lag are the caller's: he carries [snapshots](Self::snapshot) to them, and tells the
/// node how far they are. Then `WAIT` waits, and the connection with it:
/// [`handle_input`](Self::handle_input) leaves what stands behind it.
///
/// ```
/// use bytes::BytesMut;
/// use quorlock_embedded::{Config, Node, Progress, ServerTime};
///
/// let now = ServerTime::from_micros(1_700_000_000_000_000);
/// let mut node = Node::new(Config { replicas: 1, ..Config::default() }, now);
/// node.let_replicas_lag();
/// let connection = node.connect()?;
/// let words = ["*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n", "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$3\r\n100\r\n"];
/// let (mut input, mut output) = (BytesMut::from(words.concat().as_str()), BytesMut::new());
/// assert_eq!(node.handle_input(now, connection, &mut input, &mut output), Progress::Waiting);
/// assert_eq!(output.split(), "+OK\r\n");
///
/// let written = node.written();
/// node.handle_heard(0, written);
/// assert_eq!(node.poll_ready(now), Some(connection));
/// node.handle_input(now, connection, &mut input, &mut output);
/// assert_eq!(output, ":1\r\n");
/// # Ok::<(), quorlock_embedded::TooManyConnections>(())
/// ```
impl Node {
    /// From now on, also after a [`restart`](Self::restart), the [`replicas`](crate::Config::replicas)
    /// have what the caller says that they have: in each life nothing at first.
    pub fn let_replicas_lag(&mut self) {
        let replicas = self.world.config.replicas;
        self.world.replication = Replication::lagging(replicas.into());
    }

    /// How far the node is. It does not move where replicas do not lag.
    #[must_use]
    pub fn written(&self) -> Offset {
        match self.world.replication {
            Replication::Lagging { written, .. } => written,
            Replication::Prompt(_) => Offset::default(),
        }
    }

    /// A replica, counted from 0, has what this life of the node had written when it was at
    /// `offset`. Others than there are, and what is older than what is known, are ignored.
    pub fn handle_heard(&mut self, replica: usize, offset: Offset) {
        if let Replication::Lagging { heard, .. } = &mut self.world.replication
            && let Some(heard) = heard.get_mut(replica)
        {
            *heard = offset.max(*heard);
        }
    }

    /// A connection whose `WAIT` is over, since enough replicas have heard or its time is up.
    /// [`handle_input`](Self::handle_input) answers it, with the input that is left, or with none. To be
    /// asked after [`handle_heard`](Self::handle_heard) and at [`poll_timeout`](Self::poll_timeout), until
    /// there is no more.
    #[must_use]
    pub fn poll_ready(&self, now: ServerTime) -> Option<ConnectionId> {
        let mut waits = self.waits();
        let is_over = |wait| self.world.replication.answer(wait, now).is_some();
        waits.find_map(|(id, wait)| is_over(wait).then_some(id))
    }

    /// When the time of the next `WAIT` is up; `None`: nobody waits but for ever.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<ServerTime> {
        self.waits().filter_map(|(_, wait)| wait.until).min()
    }
}
