//! Serving in memory: a node that several connections of one process share, with a
//! clock that the test sets.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use quorlock_resp::{DecodeError, Decoder, Frame, Limits, encode};

use crate::config::Config;
use crate::node::{Node, Progress, TooManyConnections};
use crate::session::ConnectionId;
use crate::time::ServerTime;

/// A handle to a node in memory. Clones share the node, also between threads. The clock
/// stands still until it is moved.
///
/// ```
/// use core::time::Duration;
/// use quorlock_embedded::{Config, MemoryNode, ServerTime};
/// use quorlock_resp::Value;
///
/// let node = MemoryNode::new(Config::default(), ServerTime::from_micros(1_700_000_000_000_000));
/// let mut connection = node.connect()?;
/// connection.call(&[b"SET", b"lock", b"owner", b"NX", b"PX", b"1000"])?;
/// node.advance(Duration::from_millis(400));
/// let left = connection.call(&[b"PTTL", b"lock"])?;
/// assert!(matches!(left.value(), Value::Integer(600)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryNode {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    node: Node,
    now: ServerTime,
    /// Messages for connections that have not asked for their bytes yet.
    told: BTreeMap<ConnectionId, BytesMut>,
}

impl Shared {
    /// Puts aside what the node says to others than the one that was just served.
    fn keep_pushes(&mut self) {
        while let Some((connection, bytes)) = self.node.poll_push() {
            self.told.entry(connection).or_default().unsplit(bytes);
        }
    }
}

impl MemoryNode {
    /// A node with nothing in it, whose clock shows `now`.
    #[must_use]
    pub fn new(config: Config, now: ServerTime) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Shared {
                node: Node::new(config, now),
                now,
                told: BTreeMap::new(),
            })),
        }
    }

    /// Sets the clock, forward or back.
    pub fn set_now(&self, now: ServerTime) {
        lock(&self.shared).now = now;
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let mut shared = lock(&self.shared);
        shared.now = shared.now.after(duration);
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> ServerTime {
        lock(&self.shared).now
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// [`Limits::connections`](crate::Limits::connections) are open.
    pub fn connect(&self) -> Result<MemoryConnection, TooManyConnections> {
        let id = lock(&self.shared).node.connect()?;
        Ok(MemoryConnection {
            decoder: Decoder::new(Limits::DEFAULT),
            id,
            input: BytesMut::new(),
            output: BytesMut::new(),
            shared: Arc::clone(&self.shared),
        })
    }
}

/// One connection to a [`MemoryNode`], which ends when it is dropped.
///
/// Use it either by whole commands, with [`call`](Self::call), or as a pipe of raw
/// bytes, with [`send`](Self::send) and [`receive`](Self::receive).
#[derive(Debug)]
pub struct MemoryConnection {
    decoder: Decoder,
    id: ConnectionId,
    /// The unfinished request.
    input: BytesMut,
    /// Replies that nobody has taken yet.
    output: BytesMut,
    shared: Arc<Mutex<Shared>>,
}

/// Why a command got no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The node closed the connection: another client killed it, or it had said
    /// `QUIT` or broken the protocol.
    #[error("the node has closed the connection")]
    Closed,
    /// A frame that the decoder does not take, for its size.
    #[error("the reply can't be read: {0}")]
    Reply(#[from] DecodeError),
    /// An unfinished request was sent before; the command became part of it.
    #[error("the command stands behind an unfinished request")]
    Unfinished,
}

impl MemoryConnection {
    /// Runs one command and takes the next reply. An error that the node answers is a
    /// reply too, and so is a message that was published meanwhile.
    ///
    /// # Errors
    /// There is no reply; see [`CallError`].
    pub fn call(&mut self, arguments: &[&[u8]]) -> Result<Frame, CallError> {
        let mut request = BytesMut::new();
        encode::command(&mut request, arguments);
        self.send(&request);
        match self.decoder.decode_frame(&mut self.output)? {
            Some(frame) => Ok(frame),
            None if self.is_open() => Err(CallError::Unfinished),
            None => Err(CallError::Closed),
        }
    }

    /// Brings bytes to the node, which answers every whole request in them at once.
    /// Bytes for a closed connection are lost, as on a socket.
    pub fn send(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        let mut shared = lock(&self.shared);
        let now = shared.now;
        self.output
            .unsplit(shared.told.remove(&self.id).unwrap_or_default());
        let mut output = BytesMut::new();
        while shared
            .node
            .handle_input(now, self.id, &mut self.input, &mut output)
            == Progress::Full
        {
            self.output.unsplit(output.split());
        }
        self.output.unsplit(output);
        shared.keep_pushes();
        // A connection here learns that it is closed from `is_open`.
        while shared.node.poll_closed().is_some() {}
    }

    /// Takes the replies and messages that are there, as bytes; they may be none.
    #[must_use]
    pub fn receive(&mut self) -> BytesMut {
        self.decoder.reset();
        let told = lock(&self.shared).told.remove(&self.id);
        self.output.unsplit(told.unwrap_or_default());
        self.output.split()
    }

    /// Whether the node keeps the connection open. Replies may still wait when it
    /// does not.
    #[must_use]
    pub fn is_open(&self) -> bool {
        lock(&self.shared).node.is_open(self.id)
    }

    /// The connection's client id.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.id
    }
}

impl Drop for MemoryConnection {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.node.disconnect(self.id);
        shared.told.remove(&self.id);
    }
}

/// A thread that panicked has left no half-done change: the node itself can't panic.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
