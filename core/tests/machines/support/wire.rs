//! One client of one node, its bytes by hand.

use bytes::BytesMut;
use quorlock_core::{AcquireRequest, Action, Client, Config, Event, Instant, Ttl, Wait, script};
use quorlock_resp::{Decoder, Value};

use super::{TTL, millis, node};

pub(crate) const HELLO: &str =
    "%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:42\r\n";
pub(crate) const RUN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// One client of one node, its bytes by hand.
pub(crate) struct Wire {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    pub(crate) input: BytesMut,
}

impl Wire {
    pub(crate) fn new(config: Config) -> Self {
        let client = Client::new(config, Instant::ORIGIN).unwrap();
        Self {
            client,
            now: Instant::ORIGIN,
            input: BytesMut::new(),
        }
    }

    /// Connected, handshake done.
    pub(crate) fn ready(config: Config) -> Self {
        let mut wire = Self::new(config);
        wire.connect();
        assert!(wire.sent().contains("HELLO"));
        wire.receive(HELLO);
        wire.sent();
        wire.receive(&info(RUN));
        wire.receive(&"+OK\r\n".repeat(script::ALL.len()));
        assert_eq!(wire.client.problem(node(0)), None);
        wire.events();
        wire
    }

    pub(crate) fn connect(&mut self) {
        assert_eq!(self.client.poll_action(), Some(Action::Connect(node(0))));
        self.input.clear();
        self.client.handle_connected(self.now, node(0));
    }

    pub(crate) fn sent(&mut self) -> String {
        let mut out = BytesMut::new();
        self.client.poll_transmit(node(0), &mut out);
        commands(&out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    pub(crate) fn receive(&mut self, bytes: &str) {
        self.input.extend_from_slice(bytes.as_bytes());
        self.client.handle_input(self.now, node(0), &mut self.input);
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.client.poll_event()).collect()
    }

    pub(crate) fn to(&mut self, now: Instant) {
        self.now = now;
        self.client.handle_timeout(now);
    }

    pub(crate) fn acquire(&mut self) {
        let ttl = Ttl::new(millis(TTL)).unwrap();
        let request = AcquireRequest {
            wait: Wait::Forever,
            ..AcquireRequest::new("key", ttl)
        };
        self.client.acquire(self.now, request).unwrap();
    }
}

/// The words of the commands in `bytes`, which are whole: each an array of bulk strings.
pub(crate) fn commands(mut bytes: &[u8]) -> Vec<Vec<String>> {
    let mut decoder = Decoder::default();
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let reply = decoder.decode(bytes).unwrap().expect("a whole command");
        let Value::Array(items) = reply.value() else {
            panic!("a command is an array")
        };
        let text = |item| match item {
            Value::Bulk(text) => String::from_utf8(text.to_vec()).unwrap(),
            other => panic!("{other:?} in a command"),
        };
        found.push(items.map(text).collect());
        let length = reply.len();
        bytes = &bytes[length..];
    }
    found
}

/// The answers of a server that runs scripts and can't compare.
const TRIALS: &str = "-NOSCRIPT No matching script.\r\n-ERR unknown command 'DELIFEQ'\r\n\
                      -ERR unknown command 'DELEX'\r\n";

/// The answers to `INFO server`, `INFO memory` and the trials.
pub(crate) fn info(run_id: &str) -> String {
    let text = format!("# Server\r\nredis_version:7.0.15\r\nrun_id:{run_id}\r\nuptime:1\r\n");
    let memory = "maxmemory:0\r\nmaxmemory_policy:noeviction\r\n";
    let info = |text: &str| format!("={}\r\ntxt:{text}\r\n", text.len() + 4);
    format!("{}{}:0\r\n{TRIALS}", info(&text), info(memory))
}
