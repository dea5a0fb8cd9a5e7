//! Serving on a loopback port: a thread for each connection, and the machine's clock.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::BytesMut;

use crate::config::Config;
use crate::node::{Node, Progress, TooManyConnections};
use crate::outbox::Outbox;
use crate::session::ConnectionId;
use crate::time::ServerTime;

/// A node that serves on a loopback address until it is stopped or dropped.
///
/// ```
/// use std::io::{Read, Write};
/// use quorlock_embedded::{Config, Server};
///
/// let server = Server::start(Config::default(), "127.0.0.1:0")?;
/// let mut client = std::net::TcpStream::connect(server.address())?;
/// client.write_all(b"*1\r\n$4\r\nPING\r\n")?;
/// let mut reply = [0; 7];
/// client.read_exact(&mut reply)?;
/// assert_eq!(&reply, b"+PONG\r\n");
/// server.stop();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Server {
    acceptor: Option<JoinHandle<()>>,
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    node: Node,
    /// The way out of every open connection, also to end it by.
    outboxes: BTreeMap<ConnectionId, Arc<Outbox>>,
    /// See [`Limits::output`](crate::Limits::output).
    output: usize,
    stopping: bool,
}

/// Bytes read from a socket at a time.
const CHUNK: usize = 16 * 1024;
/// How long to wait when a connection can't be accepted, for want of descriptors as
/// a rule, or when the acceptor can't be woken.
const PAUSE: Duration = Duration::from_millis(20);

impl Server {
    /// Listens on `address`, port 0 for any free one, and serves from now on.
    ///
    /// # Errors
    /// The address can't be bound; or it is no loopback address, because a node that
    /// whole networks can reach should be a real server.
    pub fn start(config: Config, address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("an embedded node serves on loopback addresses only, not on {address}"),
            ));
        }
        let output = config.limits.output;
        let shared = Arc::new(Mutex::new(Shared {
            node: Node::new(config, ServerTime::system()),
            outboxes: BTreeMap::new(),
            output,
            stopping: false,
        }));
        let acceptor = thread::Builder::new()
            .name(format!("quorlock-embedded {}", address.port()))
            .spawn({
                let shared = Arc::clone(&shared);
                move || accept(&listener, &shared)
            })?;
        Ok(Self {
            acceptor: Some(acceptor),
            address,
            shared,
        })
    }

    /// Where the node listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and the threads behind them. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut shared = lock(&self.shared);
            shared.stopping = true;
            for outbox in core::mem::take(&mut shared.outboxes).into_values() {
                outbox.end();
            }
        }
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        // Only a connection wakes a thread out of `accept`. It may fail as long as
        // descriptors are short; they are being given back.
        while !acceptor.is_finished() && TcpStream::connect_timeout(&self.address, PAUSE).is_err() {
            thread::sleep(PAUSE);
        }
        // The thread has nothing to report, and its panic has been printed.
        let _ = acceptor.join();
    }
}

/// Takes connections until the server stops, then waits for their threads.
fn accept(listener: &TcpListener, shared: &Arc<Mutex<Shared>>) {
    let mut workers: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let accepted = listener.accept();
        if lock(shared).stopping {
            break;
        }
        workers.retain(|worker| !worker.is_finished());
        match accepted {
            // A connection that can't be served is dropped, and so closed.
            Ok((stream, _)) => workers.extend(admit(stream, shared).ok().flatten()),
            Err(_) => thread::sleep(PAUSE),
        }
    }
    for worker in workers {
        // As above: a worker has nothing to report.
        let _ = worker.join();
    }
}

/// Starts a thread for a connection, or refuses it with a word.
fn admit(mut stream: TcpStream, shared: &Arc<Mutex<Shared>>) -> io::Result<Option<JoinHandle<()>>> {
    stream.set_nodelay(true)?;
    let second = stream.try_clone()?;
    let outbox = Arc::new(Outbox::new(second));
    let Some(id) = lock(shared).connect(Arc::clone(&outbox)) else {
        stream.write_all(TooManyConnections::REPLY)?;
        return Ok(None);
    };
    let worker = thread::Builder::new()
        .name(format!("quorlock-embedded client {id}"))
        .spawn({
            let shared = Arc::clone(shared);
            move || {
                // A broken connection is a client that has gone, like an ended one.
                let _ = serve(&mut stream, id, &outbox, &shared);
                outbox.end();
                forget(&shared, id);
                outbox.join();
            }
        });
    if worker.is_err() {
        forget(shared, id);
    }
    worker.map(Some)
}

/// Answers one connection until either side ends it.
fn serve(
    stream: &mut TcpStream,
    id: ConnectionId,
    outbox: &Outbox,
    shared: &Mutex<Shared>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut input = BytesMut::new();
    loop {
        let read = match stream.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        if read == 0 {
            return Ok(());
        }
        input.extend_from_slice(chunk.get(..read).unwrap_or_default());
        loop {
            let (progress, open) = {
                let mut shared = lock(shared);
                let now = ServerTime::system();
                let node = &mut shared.node;
                let progress =
                    outbox.append(|output| node.handle_input(now, id, &mut input, output));
                shared.push_messages();
                shared.end_closed(id);
                (progress, shared.node.is_open(id))
            };
            // Outside of the lock: a client that doesn't read holds up nobody else.
            outbox.flush()?;
            match progress {
                _ if !open => return Ok(()),
                Progress::Full => {}
                // `Waiting` does not come: the replicas of its node do not lag
                Progress::Idle | Progress::Waiting => break,
            }
        }
    }
}

impl Shared {
    /// Opens a connection, unless there are too many. Its socket is ended at once when
    /// the server has been stopped meanwhile: nobody would come back to do it.
    fn connect(&mut self, outbox: Arc<Outbox>) -> Option<ConnectionId> {
        let id = self.node.connect().ok()?;
        if self.stopping {
            outbox.end();
        }
        self.outboxes.insert(id, outbox);
        Some(id)
    }

    /// Hands on what the node says to others than the one that was just served.
    fn push_messages(&mut self) {
        while let Some((id, bytes)) = self.node.poll_push() {
            if let Some(outbox) = self.outboxes.get(&id) {
                outbox.push(id, &bytes, self.output);
            }
        }
    }

    /// Ends the sockets of connections that the node has closed. That of the caller
    /// still has its last reply to carry.
    fn end_closed(&mut self, caller: ConnectionId) {
        while let Some(id) = self.node.poll_closed() {
            if let Some(outbox) = self.outboxes.remove(&id).filter(|_| id != caller) {
                outbox.end();
            }
        }
    }
}

fn forget(shared: &Mutex<Shared>, id: ConnectionId) {
    let mut shared = lock(shared);
    shared.node.disconnect(id);
    shared.outboxes.remove(&id);
}

/// A thread that panicked has left no half-done change: the node itself can't panic.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
