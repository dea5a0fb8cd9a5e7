//! A real server and the node side by side, with one clock.

use core::time::Duration;
use std::collections::VecDeque;
use std::path::Path;

use bytes::BytesMut;
use quorlock_embedded::{Config, Limits, MemoryConnection, MemoryNode, RunId, ServerTime};
use quorlock_resp::{Decoder, Frame, Value, encode};
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::skew::Skew;

use crate::normalise::{Wording, normalise};

/// One command: its name and arguments.
pub(crate) type Command = Vec<Vec<u8>>;

/// When the shared clock starts, in microseconds since 1970.
const START: u64 = 1_700_000_000_123_456;

/// How many exchanges a failure shows.
const SHOWN: usize = 30;

/// Both servers, under one clock that stands still between steps.
pub(crate) struct Pair {
    pub(crate) node: MemoryNode,
    pub(crate) server: Server,
    skew: Skew,
    pub(crate) wording: Wording,
}

impl Pair {
    pub(crate) fn start(plain: &Options, password: Option<&str>) -> Self {
        let skew = Skew::build(Path::new(env!("CARGO_TARGET_TMPDIR")));
        skew.freeze(Duration::from_micros(START));
        let mut options = plain.clone().with_line("enable-debug-command local");
        if let Some(password) = password {
            options = options.with_password(password);
        }
        let server = Server::start(&skew.steer(options));
        // A real server also removes expired keys when it is idle, at moments that no test can know.
        let mut connection = Connection::to(&server);
        connection.call(&["DEBUG", "SET-ACTIVE-EXPIRE", "0"]);
        let wording = Wording::of(connection.call(&["INFO", "server"]).bytes());
        let config = Config {
            first_life: true,
            // What a server accepts by default, as far as a test can reach it.
            limits: Limits {
                bulk: 512 << 20,
                request: 1 << 30,
                ..Limits::DEFAULT
            },
            password: password.map(|password| password.to_owned().into()),
            replicas: 0,
            run_id: RunId::from_seed(0),
        };
        let node = MemoryNode::new(config, ServerTime::from_micros(START));
        Self {
            node,
            server,
            skew,
            wording,
        }
    }

    /// Sets both clocks.
    pub(crate) fn set_now(&self, now: ServerTime) {
        self.skew.freeze(Duration::from_micros(now.as_micros()));
        self.node.set_now(now);
    }

    pub(crate) fn now(&self) -> ServerTime {
        self.node.now()
    }

    /// Opens a connection to each.
    pub(crate) fn connect(&self) -> Twins {
        Twins {
            decoder: Decoder::new(quorlock_resp::Limits::DEFAULT),
            embedded: self.node.connect().expect("room for a connection"),
            log: VecDeque::new(),
            real: Connection::open(self.server.address()).expect("connecting to the server"),
            replies: BytesMut::new(),
            wording: self.wording,
        }
    }
}

/// Two connections that are told the same.
pub(crate) struct Twins {
    decoder: Decoder,
    pub(crate) embedded: MemoryConnection,
    log: VecDeque<String>,
    pub(crate) real: Connection,
    /// What the node has replied.
    replies: BytesMut,
    wording: Wording,
}

impl Twins {
    /// Runs the commands on both, in one go, and answers what the server replied.
    ///
    /// Panics at the first reply that differs.
    pub(crate) fn run(&mut self, commands: &[Command], now: ServerTime) -> Vec<Frame> {
        self.send(commands, commands);
        commands
            .iter()
            .map(|command| {
                let (real, embedded) = self.receive(command, now);
                self.compare(command, now, &real, &embedded);
                real
            })
            .collect()
    }

    /// Runs a command that has to be put differently to each.
    pub(crate) fn run_each(&mut self, real: &Command, embedded: &Command, now: ServerTime) {
        self.send(core::slice::from_ref(real), core::slice::from_ref(embedded));
        let (answer, other) = self.receive(real, now);
        self.compare(real, now, &answer, &other);
    }

    /// Runs a command whose replies the caller compares.
    pub(crate) fn run_unseen(&mut self, command: &Command, now: ServerTime) -> (Frame, Frame) {
        self.send(
            core::slice::from_ref(command),
            core::slice::from_ref(command),
        );
        self.receive(command, now)
    }

    /// Sends a command whose reply is to be taken with [`next_alike`](Self::next_alike).
    pub(crate) fn send_to_both(&mut self, command: &Command) {
        self.send(
            core::slice::from_ref(command),
            core::slice::from_ref(command),
        );
    }

    /// The next that either says, a reply or a message. Panics where they differ.
    pub(crate) fn next_alike(&mut self, now: ServerTime) -> Frame {
        let command = vec![b"(waits)".into()];
        let (real, embedded) = self.receive(&command, now);
        self.compare(&command, now, &real, &embedded);
        real
    }

    fn send(&mut self, real: &[Command], embedded: &[Command]) {
        // A server that has closed the connection says so when its reply is awaited.
        let _ = self.real.send(&bytes(real));
        self.embedded.send(&bytes(embedded));
        self.replies = self.embedded.receive();
    }

    /// The next reply of the server and of the node.
    fn receive(&mut self, command: &Command, now: ServerTime) -> (Frame, Frame) {
        let real = self.real.receive().unwrap_or_else(|error| {
            self.fail(command, now, &format!("no reply of the server: {error}"))
        });
        let embedded = self
            .decoder
            .decode_frame(&mut self.replies)
            .expect("a sound reply");
        match embedded {
            Some(embedded) => (real, embedded),
            None => self.fail(
                command,
                now,
                &format!("no reply of the node; {}", show(&real)),
            ),
        }
    }

    pub(crate) fn compare(
        &mut self,
        command: &Command,
        now: ServerTime,
        real: &Frame,
        embedded: &Frame,
    ) {
        let expected = normalise(command, real.bytes(), real.value(), self.wording);
        let found = normalise(command, embedded.bytes(), embedded.value(), self.wording);
        if expected != found {
            let what = format!("server {}\nnode   {}", show(real), show(embedded));
            self.fail(command, now, &what);
        }
        if self.log.len() == SHOWN {
            self.log.pop_front();
        }
        self.log
            .push_back(format!("{now} {} -> {}", spell(command), show(real)));
    }

    fn fail(&self, command: &Command, now: ServerTime, what: &str) -> ! {
        let before: Vec<&str> = self.log.iter().map(String::as_str).collect();
        panic!(
            "{}\n{now} {} differs:\n{what}",
            before.join("\n"),
            spell(command)
        )
    }
}

fn bytes(commands: &[Command]) -> BytesMut {
    let mut bytes = BytesMut::new();
    for command in commands {
        let words: Vec<&[u8]> = command.iter().map(AsRef::as_ref).collect();
        encode::command(&mut bytes, &words);
    }
    bytes
}

/// A command as one could type it, shortened: scripts are long.
pub(crate) fn spell(command: &[Vec<u8>]) -> String {
    let words: Vec<String> = command
        .iter()
        .map(|word| match word.get(..WORD) {
            Some(start) => format!("{}..", start.escape_ascii()),
            None => format!("\"{}\"", word.escape_ascii()),
        })
        .collect();
    words.join(" ")
}

/// Longer words are cut.
const WORD: usize = 60;

fn show(frame: &Frame) -> String {
    match frame.value() {
        Value::Error(text) => format!("-{}", text.escape_ascii()),
        _ => frame.bytes().escape_ascii().to_string(),
    }
}
