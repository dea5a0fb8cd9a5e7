//! A node: the embedded server with the twins of the real scripts, and a clock that may be ahead.

use core::time::Duration;

use bytes::{Bytes, BytesMut};
use quorlock_core::{
    Answer, ClockSample, Dialect, NodeFacts, Owner, Reply, RunId, Ticket, Verb, script,
};
use quorlock_embedded::{Config, ConnectionId, Keys, Limits, Node, RunId as NodeRunId};
use quorlock_resp::{Decoder, Frame, Limits as DecoderLimits, Value, encode};

use crate::scope::{Clocks, Scope, Tokens};
use crate::time::{Tick, instant, server_time};

/// The resource that all runs are about.
pub(crate) const KEY: &[u8] = b"k";

/// A server that has been up for longer than any guard waits.
const LONG_UP: Duration = Duration::from_hours(1);

/// A command on its way to a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) ticket: Ticket,
    pub(crate) verb: Verb,
    pub(crate) owner: Owner,
    /// In RESP, as the real client would send it.
    pub(crate) bytes: Bytes,
}

/// A node's answer on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Answered {
    pub(crate) ticket: Ticket,
    pub(crate) verb: Verb,
    pub(crate) owner: Owner,
    pub(crate) answer: Answer,
    /// How often the node has granted, for [`Tokens::LargestIncrement`].
    pub(crate) grants: u8,
}

/// A node and what the model knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    node: Node,
    /// The one connection over which everything is executed; what travels on which link is the model's.
    port: ConnectionId,
    /// Ticks that its clock is ahead of the true time.
    pub(crate) ahead: Tick,
    /// The last restart.
    started: Option<Tick>,
    lives: u8,
    grants: u8,
    /// The value of the lock's key, if it is there.
    holder: Option<Bytes>,
}

/// The lock's key on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) owner: Bytes,
    /// What is left of it by the node's clock, in ms; negative: for ever.
    pub(crate) left: i64,
}

impl Server {
    pub(crate) fn new() -> Self {
        let config = Config {
            first_life: false,
            limits: Limits::DEFAULT,
            password: None,
            replicas: 0,
            run_id: NodeRunId::from_seed(1),
        };
        let mut node = Node::new(config, server_time(0, 0));
        let port = node.connect().expect("room for a connection");
        let mut server = Self {
            node,
            port,
            ahead: 0,
            started: None,
            lives: 0,
            grants: 0,
            holder: None,
        };
        server.load_scripts(0);
        server
    }

    /// Crashes and begins again with nothing in memory.
    pub(crate) fn restart(&mut self, now: Tick) {
        self.node.restart(server_time(now, self.ahead), Keys::Lost);
        self.port = self.node.connect().expect("room for a connection");
        self.started = Some(now);
        self.lives += 1;
        self.grants = 0;
        self.holder = None;
        self.load_scripts(now);
    }

    /// What a new connection learns of the server.
    ///
    /// `INFO` tells the uptime as a difference of two wall clock seconds: a server that started at the very end of a
    /// second says 1 s at once. A guard has to stand that, so here every restart is such a one.
    pub(crate) fn facts(&self, now: Tick, scope: &Scope) -> NodeFacts {
        let clock = ClockSample {
            asked: instant(now),
            heard: instant(now),
            server_us: server_time(now, self.ahead).as_micros(),
        };
        let uptime = self.started.map_or(LONG_UP, |started| {
            Duration::from_secs(u64::from(now - started) + 1)
        });
        NodeFacts {
            can_kill: scope.can_kill,
            clock: (scope.clocks != Clocks::Unknown).then_some(clock),
            run_id: RunId::new(&[b'a' + self.lives; 40]),
            uptime: Some(uptime),
            ..NodeFacts::default()
        }
    }

    /// Executes a command of a client.
    pub(crate) fn execute(&mut self, now: Tick, request: &Request, scope: &Scope) -> Answered {
        let frame = self.call(now, &request.bytes);
        let reply = Reply::read(request.verb, Dialect::Script, frame.value());
        let answer = reply.expect("a reply of ours").answer;
        let counts = scope.tokens == Tokens::LargestIncrement;
        if counts && request.verb == Verb::Acquire && answer == Answer::Done {
            self.grants += 1;
        }
        self.sweep(now);
        Answered {
            ticket: request.ticket,
            verb: request.verb,
            owner: request.owner,
            answer,
            grants: self.grants,
        }
    }

    /// Looks at the lock's key, which lets the node forget it if it has expired. It would do so when next asked; here
    /// it does so at once, so that states that can't be told apart are equal.
    pub(crate) fn sweep(&mut self, now: Tick) {
        let frame = self.command(now, &[b"GET", KEY]);
        self.holder = if let Value::Bulk(owner) = frame.value() {
            Some(Bytes::copy_from_slice(owner))
        } else {
            None
        };
    }

    /// Whether the key is the owner's of this command.
    pub(crate) fn is_held_by(&self, request: &Request) -> bool {
        let owner = request.owner.text();
        self.holder.as_ref().is_some_and(|held| *held == owner[..])
    }

    /// Whether the key is there, and another owner's.
    pub(crate) fn is_held_by_another(&self, request: &Request) -> bool {
        self.holder.is_some() && !self.is_held_by(request)
    }

    /// The lock's key, if it is there.
    pub(crate) fn held(&self, now: Tick) -> Option<Held> {
        let mut server = self.clone();
        let owner = self.holder.clone()?;
        let frame = server.command(now, &[b"PTTL", KEY]);
        let Value::Integer(left) = frame.value() else {
            return None;
        };
        Some(Held { owner, left })
    }

    /// As the handshake of every connection does.
    fn load_scripts(&mut self, now: Tick) {
        for script in script::ALL {
            self.command(now, &[b"SCRIPT", b"LOAD", script.text.as_bytes()]);
        }
    }

    fn command(&mut self, now: Tick, words: &[&[u8]]) -> Frame {
        let mut bytes = BytesMut::new();
        encode::command(&mut bytes, words);
        self.call(now, &bytes)
    }

    fn call(&mut self, now: Tick, bytes: &[u8]) -> Frame {
        let mut input = BytesMut::from(bytes);
        let mut output = BytesMut::new();
        let now = server_time(now, self.ahead);
        self.node
            .handle_input(now, self.port, &mut input, &mut output);
        let mut decoder = Decoder::new(DecoderLimits::DEFAULT);
        let frame = decoder.decode_frame(&mut output);
        frame.expect("a frame").expect("a whole frame")
    }
}
