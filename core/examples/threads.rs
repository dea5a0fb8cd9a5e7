//! The core in threads of one's own, with nothing but `std`: one thread owns the
//! client, one per connection reads.
//!
//! `cargo run -p quorlock-core --example threads -- KEY HOST:PORT [HOST:PORT ...]`
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example is the caller that owns the clock and the threads"
)]

use core::error::Error;
use core::hash::BuildHasher;
use core::time::Duration;
use std::collections::HashMap;
use std::hash::RandomState;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use bytes::BytesMut;
use quorlock_core::{
    AcquireRequest, Action, Client, ClientId, Config, Event, Instant, NodeConfig, NodeId,
    RestartGuard, Ttl, Wait,
};

/// What a connection's thread tells: its number, its node, and what happened.
type News = (u64, NodeId, What);

enum What {
    Connected(TcpStream),
    Bytes(Vec<u8>),
    Gone(String),
}

fn connect(number: u64, node: NodeId, address: String, news: Sender<News>) {
    thread::spawn(move || {
        let read = || -> std::io::Result<()> {
            let mut stream = TcpStream::connect(address)?;
            let _ = news.send((number, node, What::Connected(stream.try_clone()?)));
            let mut buffer = [0; 4096];
            loop {
                match stream.read(&mut buffer)? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    len => {
                        let bytes = buffer.get(..len).unwrap_or_default().to_vec();
                        let _ = news.send((number, node, What::Bytes(bytes)));
                    }
                }
            }
        };
        if let Err(error) = read() {
            let _ = news.send((number, node, What::Gone(error.to_string())));
        }
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let key = arguments
        .next()
        .ok_or("usage: threads KEY HOST:PORT [HOST:PORT ...]")?;
    let addresses: Vec<String> = arguments.collect();
    let start = std::time::Instant::now();
    let now = || Instant::from_nanos(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    let random = || RandomState::new().hash_one(0);
    let client_id = ClientId(u128::from(random()) << 64 | u128::from(random()));
    let nodes = addresses.iter().map(NodeConfig::new);
    let mut config = Config::new(nodes, client_id, random());
    // to try it on servers that have just been started; leave it out where locks matter
    config.guard = RestartGuard::Off;
    let mut client = Client::new(config, now())?;

    let (news, inbox) = channel::<News>();
    let mut streams = HashMap::new();
    let mut inputs = HashMap::new();
    // the newest connection of each node; what an older one still says is dropped
    let mut numbers = HashMap::new();
    let mut connections = 0;
    let mut outgoing = BytesMut::new();
    let request = AcquireRequest {
        wait: Wait::Until(now() + Duration::from_secs(5)),
        ..AcquireRequest::new(key, Ttl::new(Duration::from_secs(3))?)
    };
    client.acquire(now(), request)?;
    loop {
        while let Some(action) = client.poll_action() {
            let (Action::Connect(node) | Action::Disconnect(node)) = action;
            if let Some(old) = streams.remove(&node) {
                let _ = TcpStream::shutdown(&old, Shutdown::Both);
            }
            connections += 1;
            numbers.insert(node, connections);
            inputs.insert(node, BytesMut::new());
            if let (Action::Connect(_), Some(to)) = (action, addresses.get(node.index())) {
                connect(connections, node, to.clone(), news.clone());
            }
        }
        for (node, stream) in &mut streams {
            while client.poll_transmit(*node, &mut outgoing) {
                // a failed write is followed by a failed read
                let _ = stream.write_all(&outgoing);
                outgoing.clear();
            }
        }
        while let Some(event) = client.poll_event() {
            println!("{event:?}");
            match event {
                // here the work is done; the lease renews itself meanwhile
                Event::Acquired(acquired) => client.release(now(), acquired.lock)?,
                Event::Released(_) => client.close(now(), now() + Duration::from_secs(1)),
                Event::AcquireFailed(failed) => return Err(format!("{failed:?}").into()),
                Event::Closed(_) => return Ok(()),
                Event::Extended(_) | Event::ExtendFailed(_) | Event::Lost(_) | Event::Node(_) => {}
            }
        }
        let wait = client
            .poll_timeout()
            .map_or(Duration::MAX, |at| at.duration_since(now()));
        match inbox.recv_timeout(wait) {
            Ok((number, node, _)) if numbers.get(&node) != Some(&number) => {}
            Ok((_, node, What::Connected(stream))) => {
                streams.insert(node, stream);
                client.handle_connected(now(), node);
            }
            Ok((_, node, What::Bytes(bytes))) => {
                let input = inputs.entry(node).or_default();
                input.extend_from_slice(&bytes);
                client.handle_input(now(), node, input);
            }
            Ok((_, node, What::Gone(reason))) => {
                streams.remove(&node);
                client.handle_disconnected(now(), node, &reason);
            }
            Err(_) => client.handle_timeout(now()),
        }
    }
}
