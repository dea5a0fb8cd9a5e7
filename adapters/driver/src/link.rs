//! One node's connection: its socket and its buffers.

use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use quorlock_core::NodeId;

use crate::address::Address;
use crate::runtime::{Runtime, Stream};

/// Most bytes read from a node before the other nodes have their turn.
const READ_PER_TURN: usize = 64 * 1024;

/// Bytes that wait to be written, from which on no more are taken from the core.
const OUTPUT_FULL: usize = 64 * 1024;

type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// One node's connection.
pub(crate) struct Link {
    pub(crate) node: NodeId,
    address: Arc<Address>,
    state: State,
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
    pub(crate) fn new(node: NodeId, address: Address) -> Self {
        Self {
            node,
            address: Arc::new(address),
            state: State::Down,
            input: BytesMut::new(),
            output: BytesMut::new(),
            news: News::default(),
            broken: None,
            read: true,
        }
    }

    /// Where the node listens.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Starts to connect; a connection that exists is dropped.
    pub(crate) fn connect(&mut self, runtime: &Arc<dyn Runtime>) {
        self.disconnect();
        let runtime = Arc::clone(runtime);
        let address = Arc::clone(&self.address);
        let connecting = async move { runtime.connect(&address).await };
        self.state = State::Connecting(Box::pin(connecting));
    }

    /// Closes the socket and forgets what was read, or waits to be written.
    pub(crate) fn disconnect(&mut self) {
        self.state = State::Down;
        self.input = BytesMut::new();
        self.output = BytesMut::new();
        self.news = News::default();
        self.broken = None;
        self.read = true;
    }

    /// A new poll of the task: the socket may have news.
    pub(crate) const fn wake(&mut self) {
        self.read = !matches!(self.state, State::Up(_));
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
                Poll::Ready(Ok(stream)) => {
                    self.state = State::Up(stream);
                    self.news.connected = true;
                    self.read = false;
                }
                Poll::Ready(Err(error)) => self.fail(&error),
            }
        }
        self.read(cx, scratch);
        self.news.any()
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
