//! One relayed connection: two sockets and a lane each way.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use rustix::net::sockopt::set_socket_linger;

use super::board::Orders;
use super::lane::Lane;
use super::{Cut, Link};

/// The target is on loopback: it takes the connection at once or its queue is full.
const CONNECT_LIMIT: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Relay {
    client: TcpStream,
    server: TcpStream,
    to_client: Lane,
    to_server: Lane,
}

/// Which of the two sockets the thread has to watch, and until when it may sleep.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    pub(super) socket: &'a TcpStream,
    pub(super) readable: bool,
    pub(super) writable: bool,
}

impl Relay {
    /// Connects to the target on behalf of `client`, which is given back when that fails.
    pub(super) fn open(client: TcpStream, target: SocketAddr) -> Result<Self, TcpStream> {
        match connect(&client, target) {
            Ok(server) => Ok(Self {
                client,
                server,
                to_client: Lane::default(),
                to_server: Lane::default(),
            }),
            Err(_) => Err(client),
        }
    }

    /// Moves what the orders let through. Answers how the connection ends when it does.
    pub(super) fn pump(&mut self, orders: &Orders, now: Instant) -> Option<Cut> {
        self.to_server.pull(&self.client, now);
        self.to_client.pull(&self.server, now);
        let resets = [
            self.to_server.push(&self.server, orders.to_server, now),
            self.to_client.push(&self.client, orders.to_client, now),
        ];
        let done = self.to_server.is_done() && self.to_client.is_done();
        resets
            .into_iter()
            .flatten()
            .next()
            .or(done.then_some(Cut::Finish))
    }

    pub(super) fn watches(&self) -> [Watch<'_>; 2] {
        [
            Watch {
                socket: &self.client,
                readable: self.to_server.wants_source(),
                writable: self.to_client.wants_sink(),
            },
            Watch {
                socket: &self.server,
                readable: self.to_client.wants_source(),
                writable: self.to_server.wants_sink(),
            },
        ]
    }

    pub(super) fn wake_at(&self, to_client: Link, to_server: Link) -> Option<Instant> {
        [
            self.to_client.wake_at(to_client),
            self.to_server.wake_at(to_server),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub(super) fn end(self, cut: Cut) {
        end(&self.client, cut);
        end(&self.server, cut);
    }
}

/// Ends one socket, which the caller drops: closing with a linger time of zero sends RST. An error means that the peer
/// was faster.
pub(super) fn end(socket: &TcpStream, cut: Cut) {
    let _ = match cut {
        Cut::Finish => socket.shutdown(Shutdown::Both),
        Cut::Reset => set_socket_linger(socket, Some(Duration::ZERO)).map_err(io::Error::from),
    };
}

fn connect(client: &TcpStream, target: SocketAddr) -> io::Result<TcpStream> {
    let server = TcpStream::connect_timeout(&target, CONNECT_LIMIT)?;
    for socket in [client, &server] {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
    }
    Ok(server)
}
