//! Any request bytes against the embedded node: several connections, a clock that steps.

use core::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use quorlock_core::script;
use quorlock_embedded::{Config, ConnectionId, Limits, Node, Progress, RunId, ServerTime};
use quorlock_resp::{Decoder, encode};

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    /// Bytes as they come, in pieces of the length given.
    Bytes(u8, u8, &'a [u8]),
    /// The clock steps by milliseconds, back as well.
    Clock(i32),
    /// A well-formed request of these words and this last argument.
    Command(u8, Vec<u8>, Option<&'a [u8]>),
    Connect,
    Disconnect(u8),
}

/// What commands are made of. Names, keys and options, so that they meet.
const WORDS: [&[u8]; 60] = [
    b"PING",
    b"HELLO",
    b"2",
    b"3",
    b"AUTH",
    b"default",
    b"secret",
    b"SETNAME",
    b"CLIENT",
    b"ID",
    b"INFO",
    b"LIST",
    b"KILL",
    b"GETNAME",
    b"SELECT",
    b"SCRIPT",
    b"LOAD",
    b"EXISTS",
    b"FLUSH",
    b"EVAL",
    b"EVALSHA",
    b"SET",
    b"GET",
    b"DEL",
    b"NX",
    b"XX",
    b"PX",
    b"EX",
    b"PXAT",
    b"EXAT",
    b"KEEPTTL",
    b"PTTL",
    b"TTL",
    b"PEXPIRE",
    b"EXPIRE",
    b"PERSIST",
    b"PEXPIRETIME",
    b"LPUSH",
    b"RPUSH",
    b"LPOP",
    b"LRANGE",
    b"LLEN",
    b"KEYS",
    b"SCAN",
    b"DBSIZE",
    b"FLUSHALL",
    b"TYPE",
    b"TIME",
    b"COMMAND",
    b"QUIT",
    b"RESET",
    b"k",
    b"l",
    b"*",
    b"0",
    b"1",
    b"-1",
    b"1000",
    b"9223372036854775807",
    b"owner",
];

/// What the node may hold, small enough for a fuzzer to reach.
const LIMITS: Limits = Limits {
    arguments: 16,
    bulk: 2_048,
    channels: 4,
    connections: 4,
    keys: 8,
    memory: 4_096,
    output: 4_096,
    request: 8_192,
};

/// Memory at most, besides what goes through: keys and values with their tree nodes, four parsers in
/// the middle of a request, scripts, and the harness with four buffers.
const MEMORY: u64 = 512 * 1024;

/// Runs the steps and asserts that
/// - every reply is whole RESP, right behind the request;
/// - input that the node does not take is no more than one unfinished request;
/// - a closed connection gets no answers;
/// - memory stays within limits, however long the run.
pub fn check(input: &[u8]) {
    let info = allocation_counter::measure(|| run(input));
    let most = MEMORY + 4 * input.len() as u64;
    assert!(info.bytes_max <= most, "{} bytes held", info.bytes_max);
}

fn run(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let password = bool::arbitrary(&mut source).unwrap_or(false);
    let mut run = Run::new(password);
    while !source.is_empty()
        && let Ok(step) = Step::arbitrary(&mut source)
    {
        run.step(step);
    }
}

struct Run {
    node: Node,
    now: ServerTime,
    connections: Vec<Connection>,
}

struct Connection {
    id: ConnectionId,
    input: BytesMut,
}

impl Run {
    fn new(password: bool) -> Self {
        let now = ServerTime::from_micros(1_700_000_000_000_000);
        let config = Config {
            first_life: true,
            limits: LIMITS,
            password: password.then(|| "secret".into()),
            replicas: 0,
            run_id: RunId::from_seed(1),
        };
        Self {
            node: Node::new(config, now),
            now,
            connections: Vec::new(),
        }
    }

    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::Bytes(choice, length, bytes) => {
                for piece in bytes.chunks(usize::from(length) + 1) {
                    self.send(choice, piece);
                }
            }
            Step::Clock(millis) => {
                let span = Duration::from_millis(u64::from(millis.unsigned_abs()));
                self.now = if millis < 0 {
                    self.now.before(span)
                } else {
                    self.now.after(span)
                };
            }
            Step::Command(choice, words, last) => {
                let mut request = BytesMut::new();
                // a word may be a script's text: of more of them than the node takes, the request alone would be
                // what is measured
                let words = words.iter().take(2 * LIMITS.arguments);
                let mut arguments: Vec<&[u8]> = words.map(|&word| argument(word)).collect();
                arguments.extend(last);
                encode::command(&mut request, &arguments);
                self.send(choice, &request);
            }
            Step::Connect => self.connect(),
            Step::Disconnect(choice) => {
                if let Some(place) = self.place(choice) {
                    let connection = self.connections.swap_remove(place);
                    self.node.disconnect(connection.id);
                }
            }
        }
    }

    fn connect(&mut self) {
        let full = self.connections.len() >= LIMITS.connections;
        match self.node.connect() {
            Ok(id) => {
                assert!(!full, "more connections than the limit");
                let input = BytesMut::new();
                self.connections.push(Connection { id, input });
            }
            Err(_) => assert!(full, "refused below the limit"),
        }
    }

    fn place(&self, choice: u8) -> Option<usize> {
        usize::from(choice).checked_rem(self.connections.len())
    }

    fn send(&mut self, choice: u8, bytes: &[u8]) {
        if self.connections.is_empty() {
            self.connect();
        }
        let Some(connection) = self
            .place(choice)
            .and_then(|place| self.connections.get_mut(place))
        else {
            return;
        };
        connection.input.extend_from_slice(bytes);
        loop {
            let mut output = BytesMut::new();
            let progress =
                self.node
                    .handle_input(self.now, connection.id, &mut connection.input, &mut output);
            assert_replies(&output);
            if progress == Progress::Idle {
                break;
            }
            assert!(output.len() >= LIMITS.output, "full without output");
        }
        let left = connection.input.len();
        // a bulk with its line end, or a line that Redis still waits for
        assert!(left <= LIMITS.bulk.max(64 * 1024) + 2, "{left} bytes wait");
        while let Some(closed) = self.node.poll_closed() {
            assert!(!self.node.is_open(closed), "{closed} is closed and open");
            self.connections.retain(|it| it.id != closed);
        }
        for connection in &self.connections {
            assert!(self.node.is_open(connection.id), "closed without a word");
        }
    }
}

/// The words, then our scripts: texts and digests.
fn argument(word: u8) -> &'static [u8] {
    let choice = usize::from(word) % (WORDS.len() + 2 * script::ALL.len());
    if let Some(word) = WORDS.get(choice) {
        return word;
    }
    let choice = choice - WORDS.len();
    match script::ALL.get(choice) {
        Some(script) => script.text.as_bytes(),
        None => script::ALL[choice - script::ALL.len()].sha.as_bytes(),
    }
}

fn assert_replies(mut output: &[u8]) {
    let mut decoder = Decoder::default();
    while !output.is_empty() {
        let length = decoder.skip(output).expect("a reply is RESP");
        let (_, rest) = output.split_at(length.expect("a reply is whole"));
        output = rest;
    }
}
