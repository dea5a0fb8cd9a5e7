//! Connections: refused, half-open, slow, cut, over Unix sockets, with a wrong password.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{AcquireError, Guard, NodeVerdict, Verdict};

use super::Adapter;
use super::bench::{Bench, all_keys, block_on, proxies, wait_ready, wait_until};
use crate::connection::Connection;
use crate::proxy::{Cut, Door, Link};
use crate::servers::{Fleet, Options, Server};

/// What a deadline may be missed by on a busy machine.
const SLACK: Duration = Duration::from_millis(250);

/// Nodes that refuse the connection are `Unreachable`, by name, no later than the deadline; once they listen, the lock
/// is granted.
pub fn refused_connection(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    for proxy in &proxies {
        proxy.switch_door(Door::Refuse);
    }
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    let patience = Duration::from_millis(300);
    let start = Instant::now();
    let error = block_on(client.lock("k").acquire_within(patience)).unwrap_err();
    let took = start.elapsed();
    assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
    assert!(took < patience + SLACK, "{took:?}");
    let shown = error.to_string();
    for proxy in &proxies {
        assert!(shown.contains(&proxy.address().to_string()), "{shown}");
    }
    for proxy in &proxies {
        proxy.switch_door(Door::Forward);
    }
    let guard = block_on(client.lock("k").acquire_within(Duration::from_secs(10)));
    assert_eq!(
        block_on(guard.unwrap().release()).verdict,
        Verdict::Verified
    );
    block_on(client.close(Duration::from_secs(1)));
    assert_eq!(all_keys(&servers), [""; 0]);
}

/// Peers that accept and never answer don't keep anybody: neither the acquisition beyond its deadline nor the close.
pub fn half_open_peer(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    for proxy in &proxies {
        proxy.switch_door(Door::Hold);
    }
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    let patience = Duration::from_millis(500);
    let start = Instant::now();
    let error = block_on(client.lock("k").acquire_within(patience)).unwrap_err();
    assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
    block_on(client.close(Duration::from_secs(1)));
    let took = start.elapsed();
    assert!(took < patience + Duration::from_secs(1) + SLACK, "{took:?}");
}

/// Requests and replies that arrive in single bytes change nothing.
pub fn one_byte_at_a_time(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    for proxy in &proxies {
        proxy.switch_both(Link::OneByte);
    }
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    for round in 0..5 {
        let guard = block_on(client.lock("k").acquire_within(Duration::from_secs(10))).unwrap();
        let before = guard.valid_until();
        let after = block_on(guard.extend(Duration::from_secs(20))).unwrap();
        assert!(after > before, "round {round}");
        assert_eq!(
            block_on(guard.release()).verdict,
            Verdict::Verified,
            "round {round}"
        );
    }
    block_on(client.close(Duration::from_secs(5)));
    assert_eq!(all_keys(&servers), [""; 0]);
}

/// All connections are cut while a lock is held: it stays held, is extended over new connections, and is released.
pub fn reconnects(adapter: &dyn Adapter) {
    let servers = Fleet::start(3);
    let proxies = proxies(&servers);
    let bench = Bench::new(adapter);
    let client = bench.client_through(&proxies);
    let acquire = client.lock("k").ttl(Duration::from_secs(3));
    let guard = block_on(acquire.acquire_within(Duration::from_secs(5))).unwrap();
    for cut in [Cut::Finish, Cut::Reset] {
        for proxy in &proxies {
            proxy.cut(cut);
        }
        let extended = guard.extension().count;
        wait_until("an extension after the cut", || {
            guard.extension().count > extended
        });
        assert!(guard.is_held());
    }
    wait_ready(&client);
    assert_eq!(block_on(guard.release()).verdict, Verdict::Verified);
    block_on(client.close(Duration::from_secs(1)));
    assert_eq!(all_keys(&servers), [""; 0]);
}

/// A Unix socket works as a TCP port does.
pub fn unix_socket(adapter: &dyn Adapter) {
    let server = Server::start(&Options::new());
    let url = format!("unix://{}?db=3", server.socket().display());
    let bench = Bench::new(adapter);
    let client = bench.client(&[url]);
    let guard = block_on(client.lock("k").acquire_within(Duration::from_secs(5))).unwrap();
    assert_eq!(holder(&server, "3", &guard), guard.owner().to_string());
    let release = block_on(guard.release());
    let name = format!("{}/3", server.socket().display());
    assert_eq!(release.nodes, [(name, NodeVerdict::Released)]);
    block_on(client.close(Duration::from_secs(1)));
}

/// A wrong password is told at once, with the nodes' names and words, and without the password.
pub fn wrong_password(adapter: &dyn Adapter) {
    let servers = Fleet::start_with(3, &Options::new().with_password("right"));
    let urls: Vec<_> = servers
        .addresses()
        .into_iter()
        .map(|at| format!("redis://:wr0ng@{at}"))
        .collect();
    let bench = Bench::new(adapter);
    let client = bench.client(&urls);
    let start = Instant::now();
    let error = block_on(client.lock("k").acquire()).unwrap_err();
    let took = start.elapsed();
    assert!(matches!(error, AcquireError::Rejected { .. }), "{error}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    let shown = format!("{error} {error:?} {client:?} {:?}", client.nodes());
    for address in servers.addresses() {
        assert!(shown.contains(&address.to_string()), "{shown}");
    }
    assert!(shown.contains("WRONGPASS"), "{shown}");
    assert!(!shown.contains("wr0ng"), "{shown}");
    block_on(client.close(Duration::from_secs(1)));
}

/// A server that takes no more clients says why before it closes the connection: the error tells it.
pub fn server_is_full(adapter: &dyn Adapter) {
    let server = Server::start(&Options::new().with_line("maxclients 1"));
    let first = Connection::open(server.address()).unwrap();
    let bench = Bench::new(adapter);
    let client = bench.client(&[server.url()]);
    let error = block_on(client.lock("k").acquire_within(SLACK)).unwrap_err();
    assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
    let shown = error.to_string();
    assert!(shown.contains("max number of clients reached"), "{shown}");
    drop(first);
    let guard = block_on(client.lock("k").acquire_within(Duration::from_secs(10)));
    assert_eq!(
        block_on(guard.unwrap().release()).verdict,
        Verdict::Verified
    );
}

/// Who holds the guard's key, by the server.
fn holder(server: &Server, database: &str, guard: &Guard) -> String {
    let mut connection = Connection::to(server);
    connection.call(&["SELECT", database]);
    let reply = connection.call(&[b"GET", guard.key().as_ref()]);
    String::from_utf8_lossy(reply.bytes())
        .split("\r\n")
        .nth(1)
        .unwrap_or_default()
        .to_owned()
}
