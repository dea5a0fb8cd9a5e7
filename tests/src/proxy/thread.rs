//! The proxy's thread: carries out the board's orders and sleeps in `poll` while nothing moves.

use core::net::SocketAddr;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::board::{Board, Figures, Orders, Waker};
use super::relay::{self, Relay};
use super::{Cut, Door};

/// Beyond this many connections the proxy accepts no more; they wait in the operating system's queue.
const MOST_CONNECTIONS: usize = 4096;

/// Runs until the board says stop.
pub(super) fn run(board: &Board, waker: &Waker, listener: TcpListener, target: SocketAddr) {
    /// Tells the board also when the thread panics.
    struct End<'a>(&'a Board);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.end();
        }
    }
    let _end = End(board);
    let mut thread = Thread::new(listener, target);
    loop {
        let (mut orders, number) = board.read(waker);
        if orders.stop {
            return;
        }
        thread.obey(&mut orders);
        thread.pump(&orders);
        board.report(number, thread.figures());
        thread.sleep(waker, &orders);
    }
}

struct Thread {
    address: SocketAddr,
    target: SocketAddr,
    /// None while the door refuses.
    listener: Option<TcpListener>,
    relays: Vec<Relay>,
    /// Connections that are never answered.
    held: Vec<TcpStream>,
    accepted: u64,
}

impl Thread {
    fn new(listener: TcpListener, target: SocketAddr) -> Self {
        listener
            .set_nonblocking(true)
            .expect("a listener that never blocks");
        let address = listener.local_addr().expect("the listener's address");
        Self {
            address,
            target,
            listener: Some(listener),
            relays: Vec::new(),
            held: Vec::new(),
            accepted: 0,
        }
    }

    /// Carries out what does not depend on bytes: the cut and the door.
    fn obey(&mut self, orders: &mut Orders) {
        if let Some(cut) = orders.cut.take() {
            self.held
                .drain(..)
                .for_each(|socket| relay::end(&socket, cut));
            self.relays.drain(..).for_each(|relay| relay.end(cut));
        }
        if orders.door == Door::Refuse {
            self.close_door();
            return;
        }
        if self.listener.is_none() {
            let listener = TcpListener::bind(self.address).unwrap_or_else(|error| {
                panic!("opening the door at {} again: {error}", self.address)
            });
            listener
                .set_nonblocking(true)
                .expect("a listener that never blocks");
            self.listener = Some(listener);
        }
        self.accept(orders.door);
    }

    fn accept(&mut self, door: Door) {
        while self.accepts() {
            let Some(listener) = &self.listener else {
                return;
            };
            let client = match listener.accept() {
                Ok((client, _)) => client,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The client has gone before it was accepted; the next one may be there.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => panic!("accepting a connection: {error}"),
            };
            self.accepted += 1;
            match door {
                Door::Forward => match Relay::open(client, self.target) {
                    Ok(relay) => self.relays.push(relay),
                    Err(client) => relay::end(&client, Cut::Reset),
                },
                Door::Hold => self.held.push(client),
                Door::Refuse | Door::Reset => relay::end(&client, Cut::Reset),
            }
        }
    }

    fn pump(&mut self, orders: &Orders) {
        let now = Instant::now();
        for mut relay in core::mem::take(&mut self.relays) {
            match relay.pump(orders, now) {
                Some(cut) => relay.end(cut),
                None => self.relays.push(relay),
            }
        }
    }

    /// Sleeps until a socket, the clock or the board has something for us.
    fn sleep(&self, waker: &Waker, orders: &Orders) {
        let mut sockets = vec![PollFd::new(&waker.0, PollFlags::IN)];
        if self.accepts() {
            sockets.extend(
                self.listener
                    .as_ref()
                    .map(|listener| PollFd::new(listener, PollFlags::IN)),
            );
        }
        for watch in self.relays.iter().flat_map(Relay::watches) {
            let mut interest = PollFlags::empty();
            interest.set(PollFlags::IN, watch.readable);
            interest.set(PollFlags::OUT, watch.writable);
            // `poll` reports a hang-up also of a socket that we want nothing of, and would never sleep.
            if !interest.is_empty() {
                sockets.push(PollFd::new(watch.socket, interest));
            }
        }
        let wake_at = self
            .relays
            .iter()
            .filter_map(|relay| relay.wake_at(orders.to_client, orders.to_server))
            .min();
        let pause = wake_at.map(|at| {
            let pause = at.saturating_duration_since(Instant::now());
            Timespec::try_from(pause).expect("a delay that a test can wait for")
        });
        match poll(&mut sockets, pause.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
    }

    /// Nobody listens when this returns. A process that is being started elsewhere holds copies of all our sockets
    /// until it has become its program, so the drop alone would leave the door open for that long.
    fn close_door(&mut self) {
        if let Some(listener) = self.listener.take() {
            let _ = rustix::net::shutdown(&listener, rustix::net::Shutdown::Both);
        }
    }

    fn accepts(&self) -> bool {
        self.relays.len() + self.held.len() < MOST_CONNECTIONS
    }

    fn figures(&self) -> Figures {
        Figures {
            accepted: self.accepted,
            open: self.relays.len() + self.held.len(),
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.close_door();
    }
}
