//! A network that delivers what a client has sent long after the client has given the connection up.

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::cluster::PATIENCE;

/// Stands between clients and one server. Its threads end with their connections, the one that accepts with the process.
pub(crate) struct LateNetwork {
    address: SocketAddr,
    lanes: Arc<Mutex<Vec<Lane>>>,
}

/// One connection.
struct Lane {
    client: TcpStream,
    server: TcpStream,
    /// What is on its way to the server, while it is kept.
    kept: Arc<Mutex<Option<Vec<u8>>>>,
    /// Carries the replies, and keeps them; ends with the server's end of the connection.
    replies: JoinHandle<Vec<u8>>,
}

impl LateNetwork {
    /// To the server at `target`; it passes everything on at first.
    pub(crate) fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let network = Self {
            address: listener.local_addr().unwrap(),
            lanes: Arc::default(),
        };
        let lanes = Arc::clone(&network.lanes);
        thread::spawn(move || {
            for client in listener.incoming() {
                lanes
                    .lock()
                    .unwrap()
                    .push(Lane::new(client.unwrap(), target));
            }
        });
        network
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on keeps what comes over the connections that are open.
    pub(crate) fn keep(&self) {
        for lane in &*self.lanes.lock().unwrap() {
            *lane.kept.lock().unwrap() = Some(Vec::new());
        }
    }

    /// Waits until something is kept, and ends those connections for their clients: the server hears nothing of it.
    /// They are no longer a part of the network, which passes new ones on.
    pub(crate) fn forsake(&self) -> Forsaken {
        let mut lanes = self.lanes.lock().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while lanes.iter().all(Lane::is_empty) {
            assert!(Instant::now() < deadline, "the client sends nothing");
            thread::sleep(Duration::from_millis(1));
        }
        for lane in &*lanes {
            lane.client.shutdown(Shutdown::Both).unwrap();
        }
        Forsaken(lanes.drain(..).collect())
    }
}

/// Connections that their clients have given up, and what they carry.
pub(crate) struct Forsaken(Vec<Lane>);

impl Forsaken {
    /// Delivers it, and returns when the server has executed it and closed, or had closed before. Tells what was
    /// delivered and all replies of those connections, for whoever wonders.
    pub(crate) fn deliver(self) -> String {
        let deliver = |mut lane: Lane| {
            let kept = lane.kept.lock().unwrap().take().unwrap();
            // fails where the server has closed it
            let _ = lane.server.write_all(&kept);
            let _ = lane.server.shutdown(Shutdown::Write);
            let replies = lane.replies.join().unwrap();
            let (kept, replies) = (kept.escape_ascii(), replies.escape_ascii());
            format!("delivered {kept}\nanswered {replies}\n")
        };
        self.0.into_iter().map(deliver).collect()
    }
}

impl Lane {
    fn new(client: TcpStream, target: SocketAddr) -> Self {
        let server = TcpStream::connect(target).unwrap();
        let kept: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        let replies = {
            let (server, client) = (twin(&server), twin(&client));
            thread::spawn(move || {
                let mut all = Vec::new();
                carry(server, |bytes| {
                    all.extend_from_slice(bytes);
                    drop((&client).write_all(bytes));
                });
                all
            })
        };
        let (source, mut sink, keeper) = (twin(&client), twin(&server), Arc::clone(&kept));
        thread::spawn(move || {
            carry(source, |bytes| match &mut *keeper.lock().unwrap() {
                Some(kept) => kept.extend_from_slice(bytes),
                None => drop(sink.write_all(bytes)),
            });
        });
        Self {
            client,
            server,
            kept,
            replies,
        }
    }

    fn is_empty(&self) -> bool {
        self.kept.lock().unwrap().as_ref().is_none_or(Vec::is_empty)
    }
}

fn twin(stream: &TcpStream) -> TcpStream {
    stream.try_clone().unwrap()
}

/// Hands over what comes until the stream ends, in whatever way.
fn carry(mut from: TcpStream, mut to: impl FnMut(&[u8])) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        to(&chunk[..length]);
    }
}
