//! The node on a loopback port: many clients, and how connections and the server end.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails where it stands"
)]

use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use bytes::BytesMut;
use quorlock_core::script::{ACQUIRE, RELEASE};
use quorlock_embedded::{Config, Limits, Server};
use quorlock_resp::{Decoder, Frame, Value, encode};

struct Client {
    decoder: Decoder,
    input: BytesMut,
    stream: TcpStream,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self {
            decoder: Decoder::new(quorlock_resp::Limits::DEFAULT),
            input: BytesMut::new(),
            stream,
        }
    }

    fn call(&mut self, words: &[&[u8]]) -> Frame {
        let mut request = BytesMut::new();
        encode::command(&mut request, words);
        self.stream.write_all(&request).unwrap();
        self.receive().unwrap()
    }

    /// The next reply, or `None` at the end of the connection.
    fn receive(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.decode_frame(&mut self.input).unwrap() {
                return Some(frame);
            }
            let mut chunk = [0; 1024];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(length) => self.input.extend_from_slice(chunk.get(..length).unwrap()),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no reply: {error}"),
            }
        }
    }
}

fn start(limits: Limits) -> Server {
    let config = Config {
        limits,
        ..Config::default()
    };
    Server::start(config, "127.0.0.1:0").unwrap()
}

#[test]
fn many_clients_exclude_each_other() {
    const CLIENTS: usize = 8;
    const ROUNDS: usize = 50;
    let server = start(Limits::DEFAULT);
    let (inside, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for owner in 0..CLIENTS {
            let (inside, done, address) = (&inside, &done, server.address());
            scope.spawn(move || {
                let owner = owner.to_string();
                let mut client = Client::connect(address);
                for script in [ACQUIRE, RELEASE] {
                    client.call(&[b"SCRIPT", b"LOAD", script.text.as_bytes()]);
                }
                let mut rounds = 0;
                while rounds < ROUNDS {
                    let granted = client.call(&[
                        b"EVALSHA",
                        ACQUIRE.sha.as_bytes(),
                        b"1",
                        b"lock",
                        owner.as_bytes(),
                        b"60000",
                    ]);
                    if !granted.bytes().starts_with(b"*3\r\n:1\r\n") {
                        thread::yield_now();
                        continue;
                    }
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    thread::yield_now();
                    assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
                    let released = client.call(&[
                        b"EVALSHA",
                        RELEASE.sha.as_bytes(),
                        b"1",
                        b"lock",
                        owner.as_bytes(),
                    ]);
                    assert_eq!(released.bytes(), b":1\r\n");
                    rounds += 1;
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(done.into_inner(), CLIENTS * ROUNDS);
}

#[test]
fn a_killed_connection_ends_and_its_last_words_are_not_heard() {
    let server = start(Limits::DEFAULT);
    let mut victim = Client::connect(server.address());
    let reply = victim.call(&[b"CLIENT", b"ID"]);
    let Value::Integer(id) = reply.value() else {
        panic!("CLIENT ID answered {:?}", reply.value());
    };
    // Half a request is with the server when the connection is killed.
    victim
        .stream
        .write_all(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n")
        .unwrap();
    let mut killer = Client::connect(server.address());
    let reply = killer.call(&[b"CLIENT", b"KILL", b"ID", id.to_string().as_bytes()]);
    assert_eq!(reply.bytes(), b":1\r\n");
    // The socket may refuse it already.
    let _ = victim.stream.write_all(b"$1\r\nv\r\n");
    assert!(victim.receive().is_none());
    assert_eq!(killer.call(&[b"EXISTS", b"k"]).bytes(), b":0\r\n");
}

#[test]
fn quit_is_answered_before_the_end() {
    let server = start(Limits::DEFAULT);
    let mut client = Client::connect(server.address());
    assert_eq!(client.call(&[b"QUIT"]).bytes(), b"+OK\r\n");
    assert!(client.receive().is_none());
}

#[test]
fn a_client_too_many_is_told_so() {
    let server = start(Limits {
        connections: 1,
        ..Limits::DEFAULT
    });
    let mut first = Client::connect(server.address());
    assert_eq!(first.call(&[b"PING"]).bytes(), b"+PONG\r\n");
    let mut second = Client::connect(server.address());
    let refusal = second.receive().unwrap();
    assert_eq!(refusal.bytes(), b"-ERR max number of clients reached\r\n");
    assert!(second.receive().is_none());

    // The place is free when the first has gone; its thread needs a moment to see that.
    drop(first);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let mut third = Client::connect(server.address());
        // A refused client may find the connection closed already.
        let _ = third.stream.write_all(b"*1\r\n$4\r\nPING\r\n");
        match third.receive() {
            Some(reply) if reply.bytes() == b"+PONG\r\n" => break,
            _ => assert!(Instant::now() < deadline, "the place was never free"),
        }
    }
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody() {
    let server = start(Limits::DEFAULT);
    let mut deaf = TcpStream::connect(server.address()).unwrap();
    deaf.set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let mut request = BytesMut::new();
    encode::command(&mut request, &[b"ECHO", &b"x".repeat(100_000)]);
    // Until the buffers of both sockets are full, and the server's thread waits for this client.
    while deaf.write_all(&request).is_ok() {}
    let mut client = Client::connect(server.address());
    assert_eq!(client.call(&[b"PING"]).bytes(), b"+PONG\r\n");
    server.stop();
}

#[test]
fn stopping_ends_every_connection_and_frees_the_port() {
    let server = start(Limits::DEFAULT);
    let address = server.address();
    let mut clients: Vec<Client> = (0..5).map(|_| Client::connect(address)).collect();
    for client in &mut clients {
        client.call(&[b"PING"]);
    }
    server.stop();
    for client in &mut clients {
        assert!(client.receive().is_none());
    }
    assert_eq!(
        TcpStream::connect(address).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
}

#[test]
fn only_loopback_is_served() {
    let error = Server::start(Config::default(), "0.0.0.0:0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("0.0.0.0:"), "{error}");
}
