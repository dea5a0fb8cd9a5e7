//! The proxy's links and doors do what they say, on a real server or on a plain socket.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::proxy::{Cut, Direction, Door, Link, Proxy};
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

/// Long enough that a byte on loopback has arrived, and short enough to wait for in many tests.
const MOMENT: Duration = Duration::from_millis(100);

/// A client's and a server's end of one connection through a proxy.
struct Pair {
    proxy: Proxy,
    client: TcpStream,
    server: TcpStream,
}

impl Pair {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap());
        let client = connect(proxy.address());
        let (server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(MOMENT)).unwrap();
        Self {
            proxy,
            client,
            server,
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(MOMENT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn assert_silent(stream: &mut TcpStream) {
    let error = stream.read(&mut [0]).expect_err("nothing should arrive");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

fn assert_finished(stream: &mut TcpStream) {
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

fn assert_reset(stream: &mut TcpStream) {
    let error = stream
        .read(&mut [0])
        .expect_err("the connection should be reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn an_honest_proxy_is_not_noticed() {
    let server = Server::start(&Options::new());
    let proxy = Proxy::start(server.address());
    let mut connection = Connection::open(proxy.address()).unwrap();
    let value = "x".repeat(3_000_000);
    assert!(matches!(
        connection.call(&["SET", "k", &value]).value(),
        Value::Simple(b"OK")
    ));
    assert!(
        matches!(connection.call(&["GET", "k"]).value(), Value::Bulk(bytes) if bytes == value.as_bytes())
    );
    assert_eq!((proxy.accepted(), proxy.open()), (1, 1));
}

#[test]
fn an_end_of_stream_passes_one_way_and_leaves_the_other_open() {
    let mut pair = Pair::open();
    pair.client.write_all(b"last words").unwrap();
    pair.client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read(&mut pair.server, 10), b"last words");
    assert_finished(&mut pair.server);
    pair.server.write_all(b"answer").unwrap();
    assert_eq!(read(&mut pair.client, 6), b"answer");
    drop(pair.server);
    assert_finished(&mut pair.client);
}

#[test]
fn a_reset_of_one_peer_reaches_the_other() {
    let mut pair = Pair::open();
    // Closing with unread bytes in the buffer resets a connection.
    pair.client.write_all(b"unread").unwrap();
    thread::sleep(MOMENT);
    drop(pair.server);
    assert_reset(&mut pair.client);
}

#[test]
fn a_stalled_direction_holds_all_and_delivers_it_in_order() {
    let mut pair = Pair::open();
    pair.proxy.switch(Direction::ToServer, Link::Stall);
    pair.client.write_all(b"one ").unwrap();
    assert_silent(&mut pair.server);
    pair.server.write_all(b"other way").unwrap();
    assert_eq!(read(&mut pair.client, 9), b"other way");
    pair.client.write_all(b"two").unwrap();
    pair.client.shutdown(Shutdown::Write).unwrap();
    assert_silent(&mut pair.server);
    pair.proxy.heal();
    assert_eq!(read(&mut pair.server, 7), b"one two");
    assert_finished(&mut pair.server);
}

#[test]
fn a_stalled_direction_holds_an_end_without_bytes() {
    let mut pair = Pair::open();
    pair.proxy.switch(Direction::ToServer, Link::Stall);
    pair.client.shutdown(Shutdown::Write).unwrap();
    assert_silent(&mut pair.server);
    pair.proxy.heal();
    assert_finished(&mut pair.server);
}

#[test]
fn a_stalled_link_pushes_back_after_its_capacity() {
    let mut pair = Pair::open();
    pair.proxy.switch_both(Link::Stall);
    pair.client.set_write_timeout(Some(MOMENT)).unwrap();
    let chunk = vec![7; 64 * 1024];
    let mut sent = 0;
    let error = loop {
        match pair.client.write(&chunk) {
            Ok(length) => sent += length,
            Err(error) => break error,
        }
        assert!(sent < 64 << 20, "the proxy holds without limit");
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert!(sent >= 1 << 20, "the proxy held only {sent} bytes");
    pair.proxy.heal();
    assert_eq!(read(&mut pair.server, sent), vec![7; sent]);
}

#[test]
fn a_dropping_direction_swallows_and_the_other_one_passes() {
    let mut pair = Pair::open();
    pair.proxy.switch(Direction::ToClient, Link::Drop);
    pair.server.write_all(b"lost").unwrap();
    pair.client.write_all(b"request").unwrap();
    assert_eq!(read(&mut pair.server, 7), b"request");
    assert_silent(&mut pair.client);
    pair.proxy.heal();
    pair.server.write_all(b"found").unwrap();
    assert_eq!(read(&mut pair.client, 5), b"found");
}

#[test]
fn a_delay_is_at_least_what_was_asked_for_and_not_much_more() {
    let _turn = turn::take();
    let mut pair = Pair::open();
    pair.proxy
        .switch(Direction::ToClient, Link::Delay(Duration::from_millis(60)));
    let start = Instant::now();
    pair.server.write_all(b"a").unwrap();
    assert_eq!(read(&mut pair.client, 1), b"a");
    let one_way = start.elapsed();
    assert!(
        one_way >= Duration::from_millis(60),
        "arrived after {one_way:?}"
    );
    assert!(
        one_way < Duration::from_millis(95),
        "arrived after {one_way:?}"
    );
    pair.client.write_all(b"b").unwrap();
    let start = Instant::now();
    assert_eq!(read(&mut pair.server, 1), b"b");
    assert!(
        start.elapsed() < Duration::from_millis(30),
        "the other direction is not delayed"
    );
}

#[test]
fn one_byte_at_a_time_is_seen_by_the_receiver() {
    let _turn = turn::take();
    let mut pair = Pair::open();
    pair.proxy.switch_both(Link::OneByte);
    let text = b"a reply in small pieces";
    pair.server.write_all(text).unwrap();
    let mut received = Vec::new();
    let mut reads = 0;
    while received.len() < text.len() {
        let mut buffer = [0; 64];
        let length = pair.client.read(&mut buffer).unwrap();
        received.extend_from_slice(&buffer[..length]);
        reads += 1;
    }
    assert_eq!(received, text);
    assert!(
        reads > text.len() / 2,
        "{} bytes came in {reads} reads",
        text.len()
    );
}

#[test]
fn a_server_behind_one_byte_links_still_answers() {
    let server = Server::start(&Options::new());
    let proxy = Proxy::start(server.address());
    proxy.switch_both(Link::OneByte);
    let mut connection = Connection::open(proxy.address()).unwrap();
    assert!(matches!(
        connection.call(&["ECHO", "slow but sure"]).value(),
        Value::Bulk(b"slow but sure")
    ));
}

#[test]
fn a_cut_finishes_or_resets_both_ends() {
    let mut finished = Pair::open();
    finished.proxy.cut(Cut::Finish);
    assert_finished(&mut finished.client);
    assert_finished(&mut finished.server);
    assert_eq!(finished.proxy.open(), 0);
    let mut reset = Pair::open();
    reset.proxy.cut(Cut::Reset);
    assert_reset(&mut reset.client);
    assert_reset(&mut reset.server);
}

#[test]
fn a_cut_ends_what_is_open_and_nothing_to_come() {
    let server = Server::start(&Options::new());
    let proxy = Proxy::start(server.address());
    let mut first = Connection::open(proxy.address()).unwrap();
    first.call(&["PING"]);
    proxy.cut(Cut::Reset);
    first
        .try_call(&["PING"])
        .expect_err("the connection was cut");
    let mut second = Connection::open(proxy.address()).unwrap();
    assert!(matches!(
        second.call(&["PING"]).value(),
        Value::Simple(b"PONG")
    ));
    assert_eq!(proxy.accepted(), 2);
}

#[test]
fn a_closed_door_refuses_and_keeps_what_is_open() {
    let mut pair = Pair::open();
    pair.proxy.switch_door(Door::Refuse);
    let error = TcpStream::connect(pair.proxy.address()).expect_err("nobody should listen");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    pair.client.write_all(b"still here").unwrap();
    assert_eq!(read(&mut pair.server, 10), b"still here");
    pair.proxy.heal();
    connect(pair.proxy.address());
}

#[test]
fn a_holding_door_never_answers() {
    let pair = Pair::open();
    pair.proxy.switch_door(Door::Hold);
    let mut held = connect(pair.proxy.address());
    held.write_all(b"anybody?").unwrap();
    assert_silent(&mut held);
    pair.proxy.heal();
    assert_silent(&mut held);
    pair.proxy.cut(Cut::Reset);
    assert_reset(&mut held);
}

#[test]
fn a_resetting_door_resets() {
    let pair = Pair::open();
    pair.proxy.switch_door(Door::Reset);
    assert_reset(&mut connect(pair.proxy.address()));
}

#[test]
fn a_target_that_is_down_resets_the_client() {
    let server = Server::start(&Options::new());
    let proxy = Proxy::start(server.address());
    server.kill();
    assert_reset(&mut connect(proxy.address()));
    server.restart();
    assert!(matches!(
        Connection::open(proxy.address())
            .unwrap()
            .call(&["PING"])
            .value(),
        Value::Simple(b"PONG")
    ));
}

#[test]
fn a_dropped_proxy_closes_its_door_and_its_connections() {
    let mut pair = Pair::open();
    let address = pair.proxy.address();
    drop(pair.proxy);
    assert_finished(&mut pair.client);
    TcpStream::connect(address).expect_err("nobody should listen");
}

#[test]
fn an_idle_proxy_sleeps() {
    let _turn = turn::take();
    let mut pair = Pair::open();
    // Every state in which a careless loop would spin: held bytes, and a held reset, of which `poll` tells for ever.
    pair.client.write_all(b"unread").unwrap();
    thread::sleep(MOMENT);
    pair.proxy.switch_both(Link::Stall);
    pair.client.write_all(b"held").unwrap();
    drop(pair.server);
    thread::sleep(MOMENT);
    let before = cpu_ticks(pair.proxy.address());
    thread::sleep(3 * MOMENT);
    let used = cpu_ticks(pair.proxy.address()) - before;
    assert!(
        used <= 2,
        "the proxy's thread used {used} ticks of 10 ms in 300 ms"
    );
}

/// The processor time that the proxy's thread has used, in ticks of 10 ms. The thread is named for its port.
fn cpu_ticks(address: SocketAddr) -> u64 {
    let name = format!("(proxy:{})", address.port());
    let stat = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")).ok())
        .find(|stat| stat.contains(&name))
        .expect("the proxy's thread");
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    // utime and stime, the 14th and 15th of proc(5) with the two before the parenthesis taken off.
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
