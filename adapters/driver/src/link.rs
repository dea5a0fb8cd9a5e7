//! One node's connection: its socket and its buffers.

use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use quorlock_core::{Endpoint, NodeId};

use crate::place::Place;
use crate::runtime::{Runtime, Stream};
use crate::sentinels::moved;

/// Most bytes read from a node before the other nodes have their turn.
const READ_PER_TURN: usize = 64 * 1024;

/// Bytes that wait to be written, from which on no more are taken from the core.
const OUTPUT_FULL: usize = 64 * 1024;

type Connecting = Pin<Box<dyn Future<Output = io::Result<Connected>> + Send>>;

/// Ready when the node is somewhere else.
type Moved = Pin<Box<dyn Future<Output = Endpoint> + Send>>;

/// A socket, and whoever watches the place where it leads.
type Connected = (Box<dyn Stream>, Option<Moved>);

/// One node's connection.
pub(crate) struct Link {
    pub(crate) node: NodeId,
    place: Place,
    state: State,
    /// While it is connected.
    moved: Option<Moved>,
    /// Whether `moved` has been looked at since the task was woken.
    looked: bool,
    /// What the core has not consumed yet.
    pub(crate) input: BytesMut,
    /// What the socket has not taken yet.
    pub(crate) output: BytesMut,
    /// What the core has not been told yet.
    pub(crate) news: News,
    /// Why writing failed. Reading goes on to the end first: a server that refuses a
    /// client says why before it closes.
    broken: Option<io::Error>,
    /// Whether the socket said that it has no more, and will wake the task.
    read: bool,
}

enum State {
    Connecting(Connecting),
    Down,
    Up(Box<dyn Stream>),
}

/// What happened to a connection, in the order in which the core is to hear it.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) connected: bool,
    pub(crate) received: bool,
    pub(crate) failed: Option<String>,
}

impl Link {
    pub(crate) fn new(node: NodeId, place: Place) -> Self {
        Self {
            node,
            place,
            state: State::Down,
            moved: None,
            looked: true,
            input: BytesMut::new(),
            output: BytesMut::new(),
            news: News::default(),
            broken: None,
            read: true,
        }
    }

    /// Where the node is to be found.
    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// Starts to connect; a connection that exists is dropped.
    pub(crate) fn connect(&mut self, runtime: &Arc<dyn Runtime>) {
        self.disconnect();
        let runtime = Arc::clone(runtime);
        let place = self.place.clone();
        let connecting = async move {
            let (stream, watch) = place.connect_watched(&*runtime).await?;
            let moved: Option<Moved> = match (place, watch) {
                (Place::Watched(sentinels), Some(watch)) => {
                    Some(Box::pin(moved(sentinels, runtime, watch)))
                }
                (Place::Fixed(_) | Place::Watched(_), _) => None,
            };
            Ok((stream, moved))
        };
        self.state = State::Connecting(Box::pin(connecting));
    }

    /// Closes the socket and forgets what was read, or waits to be written.
    pub(crate) fn disconnect(&mut self) {
        self.state = State::Down;
        self.moved = None;
        self.input = BytesMut::new();
        self.output = BytesMut::new();
        self.news = News::default();
        self.broken = None;
        self.read = true;
    }

    /// A new poll of the task: the socket may have news.
    pub(crate) const fn wake(&mut self) {
        self.read = !matches!(self.state, State::Up(_));
        self.looked = false;
    }

    /// Whether all that the socket had was read since [`wake`](Self::wake).
    pub(crate) const fn is_read(&self) -> bool {
        self.read
    }

    /// Goes on connecting, or reads what is there, up to a limit. True when there is
    /// news.
    pub(crate) fn receive(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) -> bool {
        if let State::Connecting(connecting) = &mut self.state {
            match connecting.as_mut().poll(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok((stream, moved))) => {
                    self.state = State::Up(stream);
                    self.moved = moved;
                    self.looked = false;
                    self.news.connected = true;
                    self.read = false;
                }
                Poll::Ready(Err(error)) => self.fail(&error),
            }
        }
        self.read(cx, scratch);
        self.look(cx);
        self.news.any()
    }

    /// Leaves a node that is no primary any more.
    fn look(&mut self, cx: &mut Context<'_>) {
        if self.looked {
            return;
        }
        self.looked = true;
        if let Some(moved) = &mut self.moved
            && let Poll::Ready(primary) = moved.as_mut().poll(cx)
        {
            let words = format!("the sentinels have named another primary: {primary}");
            self.fail(&io::Error::other(words));
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) {
        let mut total = 0;
        while !self.read && total < READ_PER_TURN {
            let State::Up(stream) = &mut self.state else {
                return;
            };
            match stream.poll_read(cx, scratch) {
                Poll::Ready(Ok(0)) => {
                    let end = io::Error::other("the server closed the connection");
                    let why = self.broken.take().unwrap_or(end);
                    self.fail(&why);
                }
                Poll::Ready(Ok(len)) => {
                    total += len;
                    self.news.received = true;
                    self.input
                        .extend_from_slice(scratch.get(..len).unwrap_or(scratch));
                }
                Poll::Ready(Err(error)) => self.fail(&error),
                Poll::Pending => {
                    self.read = true;
                    if let Some(error) = self.broken.take() {
                        self.fail(&error);
                    }
                }
            }
        }
    }

    /// Writes until the socket is full. True when something was written, or failed.
    pub(crate) fn send(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while let State::Up(stream) = &mut self.state {
            if self.output.is_empty() || self.broken.is_some() {
                break;
            }
            match stream.poll_write(cx, &self.output) {
                Poll::Ready(Ok(0)) => self.stop_writing(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(len)) => self.output.advance(len.min(self.output.len())),
                Poll::Ready(Err(error)) => self.stop_writing(error),
                Poll::Pending => break,
            }
            moved = true;
        }
        moved
    }

    /// Whether the core may hand over more bytes. Beyond that they stay in the core,
    /// which limits them.
    pub(crate) fn takes_output(&self) -> bool {
        self.output.len() < OUTPUT_FULL
    }

    /// What the core is to be told now.
    pub(crate) fn take_news(&mut self) -> News {
        mem::take(&mut self.news)
    }

    fn stop_writing(&mut self, error: io::Error) {
        self.broken = Some(error);
        self.read = false;
    }

    fn fail(&mut self, error: &io::Error) {
        self.state = State::Down;
        self.moved = None;
        self.read = true;
        self.news.failed = Some(error.to_string());
    }
}

impl News {
    const fn any(&self) -> bool {
        self.connected || self.received || self.failed.is_some()
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
