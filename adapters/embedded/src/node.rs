//! The node: connections' bytes in, replies out, nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::BytesMut;
use quorlock_resp::encode;

use crate::answer::Answer;
use crate::channels::Channels;
use crate::cluster::ClusterView;
use crate::command::{self, Call};
use crate::config::Config;
use crate::replicas::{Replication, Wait};
use crate::request::Bounds;
use crate::script::Scripts;
use crate::session::{ConnectionId, Session};
use crate::store::Store;
use crate::time::ServerTime;

/// A lock node as a state machine, without sockets, threads or a clock.
///
/// The caller opens a connection with [`connect`](Self::connect), brings what the
/// client sends to [`handle_input`](Self::handle_input) and carries back what it
/// appends to the output, asks [`poll_push`](Self::poll_push) and
/// [`poll_closed`](Self::poll_closed) after every input,
/// and says [`disconnect`](Self::disconnect) when the client is gone. A request is
/// answered at once; there is nothing to wait for and no timer, unless the caller
/// [lets replicas lag](Self::let_replicas_lag).
///
/// ```
/// use bytes::BytesMut;
/// use quorlock_embedded::{Config, Node, ServerTime};
///
/// let now = ServerTime::from_micros(1_700_000_000_000_000);
/// let mut node = Node::new(Config::default(), now);
/// let connection = node.connect()?;
/// let mut input = BytesMut::from("*1\r\n$4\r\nPING\r\n");
/// let mut output = BytesMut::new();
/// node.handle_input(now, connection, &mut input, &mut output);
/// assert_eq!(output, "+PONG\r\n");
/// # Ok::<(), quorlock_embedded::TooManyConnections>(())
/// ```
///
/// A clone is a node of its own with the same keys, connections and clock; equal nodes
/// answer alike for ever. That is what a model checker needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    closed: VecDeque<ConnectionId>,
    next_id: ConnectionId,
    /// Boxed, since each is taken out while it is served.
    pub(crate) sessions: BTreeMap<ConnectionId, Box<Session>>,
    /// Connections with messages to be taken away.
    pub(crate) told: BTreeSet<ConnectionId>,
    pub(crate) world: World,
}

/// What all connections of a node share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) channels: Channels,
    /// `None`: it stands for itself.
    pub(crate) cluster: Option<ClusterView>,
    pub(crate) config: Config,
    pub(crate) replication: Replication,
    pub(crate) scripts: Scripts,
    pub(crate) started: ServerTime,
    pub(crate) store: Store,
}

impl World {
    /// As `HELLO` and `INFO` call it.
    pub(crate) const fn mode(&self) -> &'static str {
        match self.cluster {
            Some(_) => "cluster",
            None => "standalone",
        }
    }
}

/// What becomes of the keys of a node that restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// All are there, as with a server that writes each command to its disk.
    Kept,
    /// All are gone, as with a server that writes nothing.
    Lost,
}

/// How far [`Node::handle_input`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The output has reached [`Limits::output`](crate::Limits::output): take it
    /// away and call again, with or without more input.
    Full,
    /// Every whole request has been answered.
    Idle,
    /// A `WAIT` goes on: see [`Node::poll_ready`].
    Waiting,
}

/// The node serves as many connections as it may.
///
/// A server tells the client so with [`Self::REPLY`] and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node serves {0} connections and takes no more")]
pub struct TooManyConnections(pub usize);

impl TooManyConnections {
    /// What a client is told, in the words of Redis.
    pub const REPLY: &[u8] = b"-ERR max number of clients reached\r\n";
}

impl Node {
    /// A node with nothing in it, that started at `now`.
    #[must_use]
    pub fn new(config: Config, now: ServerTime) -> Self {
        Self {
            closed: VecDeque::new(),
            next_id: ConnectionId::FIRST,
            sessions: BTreeMap::new(),
            told: BTreeSet::new(),
            world: World {
                channels: Channels::default(),
                replication: Replication::Prompt(config.replicas),
                cluster: None,
                scripts: Scripts::default(),
                started: now,
                store: Store::new(config.limits),
                config,
            },
        }
    }

    /// Ends this life of the node, as a crash of the process does, and begins another at
    /// `now`: with another run id, no scripts, and client ids that start again.
    ///
    /// Connections are gone without a word from [`poll_closed`](Self::poll_closed): the
    /// caller drops its transports, and must not use their ids any more, because new
    /// connections take them again. What it knows of its cluster is still there, as with a
    /// server, which keeps that in a file.
    pub fn restart(&mut self, now: ServerTime, keys: Keys) {
        let config = Config {
            first_life: false,
            run_id: self.world.config.run_id.next(),
            ..self.world.config.clone()
        };
        let earlier = core::mem::replace(self, Self::new(config, now));
        self.world.replication = earlier.world.replication.next_life();
        self.world.cluster = earlier.world.cluster;
        if keys == Keys::Kept {
            self.world.store = earlier.world.store;
        }
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// [`Limits::connections`](crate::Limits::connections) are open.
    pub fn connect(&mut self) -> Result<ConnectionId, TooManyConnections> {
        let limit = self.world.config.limits.connections;
        if self.sessions.len() >= limit {
            return Err(TooManyConnections(limit));
        }
        let id = self.next_id;
        self.next_id = id.next();
        let session = Session::new(id, self.world.config.password.is_none());
        self.sessions.insert(id, Box::new(session));
        Ok(id)
    }

    /// Forgets a connection: the client is gone. Unknown ones are ignored.
    pub fn disconnect(&mut self, connection: ConnectionId) {
        if let Some(session) = self.sessions.remove(&connection) {
            self.world.channels.forget(&session);
        }
    }

    /// Answers the requests at the front of `input`, which leave it, and appends the
    /// replies to `output`. An unfinished request stays until more of it is there;
    /// the caller only ever appends to `input`.
    ///
    /// `now` may lie before that of the call before. The input of a connection that
    /// has been closed is dropped.
    pub fn handle_input(
        &mut self,
        now: ServerTime,
        connection: ConnectionId,
        input: &mut BytesMut,
        output: &mut BytesMut,
    ) -> Progress {
        // The session is out of the map while it is served: a command may look at
        // all the others.
        let Some(mut session) = self.sessions.remove(&connection) else {
            input.clear();
            return Progress::Idle;
        };
        let progress = self.serve(now, &mut session, input, output);
        if session.closing {
            input.clear();
            self.world.channels.forget(&session);
            self.closed.push_back(connection);
        } else {
            self.sessions.insert(connection, session);
        }
        progress
    }

    /// The next connection that the node has closed: after `QUIT`, after a protocol
    /// error, or by another client's `CLIENT KILL`. What was written for it is still
    /// to be delivered; then its transport is to be closed. No `disconnect` is due.
    pub fn poll_closed(&mut self) -> Option<ConnectionId> {
        self.closed.pop_front()
    }

    /// The next messages for a connection, as bytes: what it has subscribed to was
    /// published by another one. To be asked after every input, and delivered behind
    /// what was written for that connection before. A connection whose messages nobody
    /// takes away is closed when they reach [`Limits::output`](crate::Limits::output).
    pub fn poll_push(&mut self) -> Option<(ConnectionId, BytesMut)> {
        while let Some(connection) = self.told.pop_first() {
            let session = self.sessions.get_mut(&connection);
            let bytes = session.map(|session| session.pushed.split());
            if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
                return Some((connection, bytes));
            }
        }
        None
    }

    /// Whether a connection is open.
    #[must_use]
    pub fn is_open(&self, connection: ConnectionId) -> bool {
        self.sessions.contains_key(&connection)
    }

    /// The connections that wait for replicas.
    pub(crate) fn waits(&self) -> impl Iterator<Item = (ConnectionId, Wait)> {
        let sessions = self.sessions.iter();
        sessions.filter_map(|(id, session)| Some((*id, session.waiting?)))
    }

    fn serve(
        &mut self,
        now: ServerTime,
        session: &mut Session,
        input: &mut BytesMut,
        output: &mut BytesMut,
    ) -> Progress {
        let limits = self.world.config.limits;
        // what others have told it comes before its replies
        take_pushed(session, output);
        while !session.closing {
            if output.len() >= limits.output {
                return Progress::Full;
            }
            if let Some(wait) = session.waiting {
                let Some(heard) = self.world.replication.answer(wait, now) else {
                    return Progress::Waiting;
                };
                session.waiting = None;
                Answer::from(heard).encode(output, session.protocol);
            }
            let bounds = Bounds::new(limits, session.authenticated);
            let outcome = match session.parser.next(input, bounds) {
                Ok(None) => break,
                Ok(Some(request)) => {
                    let mut call = Call {
                        asking: core::mem::take(&mut session.asking),
                        closed: &mut self.closed,
                        in_script: false,
                        now,
                        others: &mut self.sessions,
                        session,
                        told: &mut self.told,
                        world: &mut self.world,
                    };
                    command::execute(&mut call, &request)
                }
                Err(failure) => {
                    session.closing = true;
                    Err(failure)
                }
            };
            if self.world.store.take_changed() {
                session.wrote = self.world.replication.write();
            }
            match outcome {
                Ok(answer) => answer.encode(output, session.protocol),
                Err(failure) => encode::error(output, failure.text()),
            }
            // what it has told itself
            take_pushed(session, output);
        }
        Progress::Idle
    }
}

fn take_pushed(session: &mut Session, output: &mut BytesMut) {
    output.extend_from_slice(&session.pushed);
    session.pushed.clear();
}
