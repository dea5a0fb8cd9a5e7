//! A lock that is taken and given back again and again allocates nothing, however many others are held.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

use core::time::Duration;

use bytes::{Bytes, BytesMut};
use quorlock_core::{
    AcquireRequest, Client, ClientId, Config, Event, Instant, LockId, NodeConfig, NodeId,
    RestartGuard, Ttl, script,
};

const NODES: usize = 3;
const GRANTED: &[u8] = b"*3\r\n:1\r\n:0\r\n:1700000000000123\r\n";
const RELEASED: &[u8] = b":1\r\n";

/// A client whose nodes grant everything.
struct Granting {
    client: Client,
    now: Instant,
    input: BytesMut,
    output: BytesMut,
}

impl Granting {
    fn new() -> Self {
        let nodes = (0..NODES).map(|index| NodeConfig::new(index.to_string()));
        let mut config = Config::new(nodes, ClientId(1), 1);
        config.guard = RestartGuard::Off;
        config.max_ttl = Ttl::MAX;
        let client = Client::new(config, Instant::ORIGIN).unwrap();
        let (input, output) = (
            BytesMut::with_capacity(4_096),
            BytesMut::with_capacity(4_096),
        );
        let mut this = Self {
            client,
            now: Instant::ORIGIN,
            input,
            output,
        };
        while this.client.poll_action().is_some() {}
        for node in Self::nodes() {
            this.client.handle_connected(this.now, node);
        }
        this.answer(b"%1\r\n$2\r\nid\r\n:1\r\n");
        let told = "$1\r\nx\r\n$1\r\nx\r\n:0\r\n-NOSCRIPT\r\n-ERR\r\n-ERR\r\n";
        let loaded = "+sha\r\n".repeat(script::ALL.len());
        this.answer([told, &loaded].concat().as_bytes());
        for node in Self::nodes() {
            assert!(
                matches!(this.client.poll_event(), Some(Event::Node(_))),
                "{node} is ready"
            );
        }
        this
    }

    fn nodes() -> impl Iterator<Item = NodeId> {
        (0..NODES).filter_map(NodeId::new)
    }

    fn answer(&mut self, bytes: &[u8]) {
        for node in Self::nodes() {
            assert!(self.client.poll_transmit(node, &mut self.output));
            self.output.clear();
            self.input.extend_from_slice(bytes);
            self.client.handle_input(self.now, node, &mut self.input);
        }
    }

    fn acquire(&mut self, key: &Bytes) -> LockId {
        self.now += Duration::from_micros(1);
        let mut request = AcquireRequest::new(key.clone(), Ttl::MAX);
        request.auto_extend = false;
        self.client.acquire(self.now, request).unwrap();
        self.answer(GRANTED);
        let Some(Event::Acquired(acquired)) = self.client.poll_event() else {
            panic!("granted")
        };
        acquired.lock
    }

    fn acquire_and_release(&mut self, key: &Bytes) {
        let lock = self.acquire(key);
        self.client.release(self.now, lock).unwrap();
        self.answer(RELEASED);
        assert!(matches!(self.client.poll_event(), Some(Event::Released(_))));
    }
}

#[test]
fn acquire_and_release_allocate_nothing() {
    for held in [0, 10_000] {
        let mut granting = Granting::new();
        let key = Bytes::from_static(b"invoice-7");
        for _ in 0..held {
            granting.acquire(&key);
        }
        for _ in 0..1_000 {
            granting.acquire_and_release(&key);
        }
        let counted = allocation_counter::measure(|| {
            for _ in 0..10_000 {
                granting.acquire_and_release(&key);
            }
        });
        println!(
            "{held} locks held: {} allocations in 10,000 rounds",
            counted.count_total
        );
        assert_eq!(counted.count_total, 0, "with {held} locks held");
    }
}

/// The counter counts: a key that is new each time is an allocation each time.
#[test]
fn the_counter_counts() {
    let mut granting = Granting::new();
    let counted = allocation_counter::measure(|| {
        for round in 0..10_u8 {
            granting.acquire_and_release(&Bytes::copy_from_slice(&[round]));
        }
    });
    assert!(counted.count_total >= 10);
}
