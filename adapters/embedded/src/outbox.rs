//! What is to be written to one socket, in the order in which the node said it.
//!
//! Replies are written by the thread that serves the connection. Messages come from the
//! threads of other connections, which must not wait for a peer that does not read: a
//! connection that is told something gets a second thread, which writes them.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::BytesMut;

use crate::session::ConnectionId;

/// The way out of one connection.
#[derive(Debug)]
pub(crate) struct Outbox {
    socket: TcpStream,
    pending: Mutex<Pending>,
    /// There is something for the second thread.
    news: Condvar,
    /// Held while bytes are written: they are written in order.
    writing: Mutex<()>,
    carrier: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Pending {
    bytes: BytesMut,
    ended: bool,
}

impl Outbox {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            pending: Mutex::default(),
            news: Condvar::new(),
            writing: Mutex::new(()),
            carrier: Mutex::new(None),
        }
    }

    /// Lets the node append replies, behind what it said before.
    pub(crate) fn append<T>(&self, write: impl FnOnce(&mut BytesMut) -> T) -> T {
        write(&mut lock(&self.pending).bytes)
    }

    /// Takes messages, to be written by the second thread. A peer that leaves more than
    /// `limit` bytes unread is cut off.
    pub(crate) fn push(self: &Arc<Self>, id: ConnectionId, bytes: &[u8], limit: usize) {
        let mut pending = lock(&self.pending);
        pending.bytes.extend_from_slice(bytes);
        let full = pending.bytes.len() > limit;
        drop(pending);
        if full || !self.has_carrier(id) {
            self.end();
        }
        self.news.notify_one();
    }

    /// Writes what is there.
    ///
    /// # Errors
    /// The socket is at its end.
    pub(crate) fn flush(&self) -> io::Result<()> {
        let _turn = lock(&self.writing);
        loop {
            let bytes = lock(&self.pending).bytes.split();
            if bytes.is_empty() {
                return Ok(());
            }
            (&self.socket).write_all(&bytes)?;
        }
    }

    /// Wakes whoever reads from or writes to the socket. An error means that it is at its
    /// end already.
    pub(crate) fn end(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        lock(&self.pending).ended = true;
        self.news.notify_one();
    }

    /// Waits for the second thread, after the [`end`](Self::end).
    pub(crate) fn join(&self) {
        let carrier = lock(&self.carrier).take();
        if let Some(carrier) = carrier {
            // The thread has nothing to report.
            let _ = carrier.join();
        }
    }

    /// Starts the second thread, unless it runs. False when there can be none.
    fn has_carrier(self: &Arc<Self>, id: ConnectionId) -> bool {
        let mut carrier = lock(&self.carrier);
        if carrier.is_none() {
            let outbox = Arc::clone(self);
            let name = format!("quorlock-embedded messages {id}");
            let thread = thread::Builder::new().name(name);
            *carrier = thread.spawn(move || outbox.carry()).ok();
        }
        carrier.is_some()
    }

    /// Writes until the end.
    fn carry(&self) {
        loop {
            let mut pending = lock(&self.pending);
            while pending.bytes.is_empty() && !pending.ended {
                let woken = self.news.wait(pending);
                pending = woken.unwrap_or_else(PoisonError::into_inner);
            }
            if pending.ended {
                return;
            }
            drop(pending);
            if self.flush().is_err() {
                return;
            }
        }
    }
}

/// A thread that panicked has left no half-done change: only bytes are moved.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
