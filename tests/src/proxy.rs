//! A TCP proxy whose links misbehave on demand.
//!
//! It stands between a client and a real server. Each direction has a [`Link`] and the door has a [`Door`]; both can be
//! switched while connections are open, and a switch is in force when the call that made it returns: no byte is
//! delivered by the old rule afterwards. One thread owns all sockets; it sleeps while nothing moves.

mod board;
mod lane;
mod relay;
mod thread;

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::ports;
use board::Board;

/// What happens to the bytes of one direction. Their order is always kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Each byte, and the end of the stream, arrives this much later.
    Delay(Duration),
    /// Bytes are swallowed for good, so the stream is broken for everyone who goes on with it: meant for a direction
    /// whose connections are cut afterwards. The end of the stream is held as by `Stall`.
    Drop,
    /// Bytes arrive one by one, 50 microseconds apart or more, so that the receiver can see each of them alone.
    OneByte,
    /// Bytes arrive as they come.
    #[default]
    Pass,
    /// Bytes, and the end of the stream, are held and arrive in order when the link is switched to another rule. After
    /// a megabyte the proxy stops reading, as a real peer's window would.
    Stall,
}

/// What happens to whoever connects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// The connection is relayed to the target.
    #[default]
    Forward,
    /// The connection is accepted and never heard of again (a half-open peer), also after the door has changed.
    Hold,
    /// Nobody listens: the operating system refuses the connection.
    Refuse,
    /// The connection is accepted and reset at once.
    Reset,
}

/// How [`Proxy::cut`] ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Both peers read the end of the stream (FIN).
    Finish,
    /// Both peers get an error (RST).
    Reset,
}

/// One of the two directions of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the server to the client: replies.
    ToClient,
    /// From the client to the server: requests.
    ToServer,
}

/// A running proxy. Dropping it closes all connections and joins its thread.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    board: Arc<Board>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy to `target` on a free loopback port. Nothing needs to listen at the target yet.
    #[must_use]
    pub fn start(target: SocketAddr) -> Self {
        let listener = listen();
        let address = listener.local_addr().expect("the proxy's own address");
        let (board, waker) = Board::new();
        let board = Arc::new(board);
        let thread = std::thread::Builder::new()
            .name(format!("proxy:{}", address.port()))
            .spawn({
                let board = Arc::clone(&board);
                move || thread::run(&board, &waker, listener, target)
            })
            .expect("the proxy's thread");
        Self {
            address,
            board,
            thread: Some(thread),
        }
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Switches one direction of all connections, open and to come.
    pub fn switch(&self, direction: Direction, link: Link) {
        self.board.change(|orders| match direction {
            Direction::ToClient => orders.to_client = link,
            Direction::ToServer => orders.to_server = link,
        });
    }

    /// Switches both directions at once.
    pub fn switch_both(&self, link: Link) {
        self.board.change(|orders| {
            orders.to_client = link;
            orders.to_server = link;
        });
    }

    /// Switches what happens to connections to come.
    pub fn switch_door(&self, door: Door) {
        self.board.change(|orders| orders.door = door);
    }

    /// Back to an honest proxy: held bytes are delivered, new connections are relayed.
    pub fn heal(&self) {
        self.board.change(|orders| {
            orders.to_client = Link::Pass;
            orders.to_server = Link::Pass;
            orders.door = Door::Forward;
        });
    }

    /// Ends all open connections, held ones too. Bytes on their way are lost.
    pub fn cut(&self, cut: Cut) {
        self.board.change(|orders| orders.cut = Some(cut));
    }

    /// How many connections were accepted since the start.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.board.figures().accepted
    }

    /// How many connections are open, held ones included.
    #[must_use]
    pub fn open(&self) -> usize {
        self.board.figures().open
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.board.stop();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed; a second one in a drop would abort the other tests.
            let _ = thread.join();
        }
    }
}

/// A port that stays ours while the door refuses; see [`ports`].
fn listen() -> TcpListener {
    loop {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, ports::free())) {
            return listener;
        }
    }
}
