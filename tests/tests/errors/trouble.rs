//! One node that answers with an error, and what has to come of it.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_core::{ErrorKind, ServerError};
use quorlock_driver::{AcquireError, Client, Fencing, Problem, Verdict};
use quorlock_resp::Value;
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::deployment::deployed;
use quorlock_tests::servers::{Fleet, Options, Server};

/// The lock that all tests here want.
pub(crate) const KEY: &str = "key";

/// How long a lock is asked for where the node may recover.
const WAIT: Duration = Duration::from_millis(200);

/// When a node that has recovered must be in use again: the longest pause between two connections is 2 s.
const RECOVERY: Duration = Duration::from_secs(10);

/// A node that answers with an error.
pub(crate) struct Trouble<'a> {
    /// What the healthy nodes beside it are started with.
    plain: &'a Options,
    node: &'a Server,
    /// How the client reaches it.
    url: String,
    /// What its error means for the vote.
    kind: ErrorKind,
    /// How its words begin.
    words: &'a str,
    /// With tokens the client sends scripts, without them the server's own commands, where it may.
    ways: Vec<Fencing>,
}

impl<'a> Trouble<'a> {
    /// `node` says this, which means that; the nodes beside it are `plain`.
    pub(crate) fn new(
        plain: &'a Options,
        node: &'a Server,
        kind: ErrorKind,
        words: &'a str,
    ) -> Self {
        Self {
            plain,
            node,
            url: node.url(),
            kind,
            words,
            ways: vec![Fencing::DEFAULT, Fencing::Off],
        }
    }

    /// Another URL for the node than its own.
    pub(crate) fn at(mut self, url: String) -> Self {
        self.url = url;
        self
    }

    /// In one way only: in the other the node says something else.
    pub(crate) fn only(mut self, way: Fencing) -> Self {
        self.ways = vec![way];
        self
    }

    /// Checks that the error is told, costs one vote and no more, and leaves nothing behind; and that the node votes
    /// again after `heal`.
    pub(crate) fn check(&self, heal: impl FnOnce()) {
        self.run(Some(heal));
    }

    /// The same, where only another start of the server or of the client would help.
    pub(crate) fn check_without_cure(&self) {
        self.run(None::<fn()>);
    }

    fn run(&self, heal: Option<impl FnOnce()>) {
        let peers = Fleet::start_with(2, self.plain);
        smol::block_on(async {
            let alone = self.ways.iter().map(|way| client([self.url.clone()], *way));
            let mut clients: Vec<Client> = alone.collect();
            for alone in &clients {
                self.is_told(alone).await;
            }
            let three = peers.urls().into_iter().chain([self.url.clone()]);
            let among_three = client(three, self.ways[0]);
            let guard = among_three.lock(KEY).acquire_within(RECOVERY).await;
            let guard = guard.expect("two of three nodes are a quorum");
            for peer in peers.iter() {
                assert!(has_lock(peer), "{} granted", peer.url());
            }
            let released = guard.release().await;
            assert_eq!(released.verdict, Verdict::Verified, "{released}");
            if let Some(heal) = heal {
                heal();
                for alone in &clients {
                    self.votes_again(alone).await;
                }
            }
            clients.push(among_three);
            for client in clients {
                let report = client.close(RECOVERY).await;
                assert!(report.unconfirmed.is_empty(), "no release: {report:?}");
            }
        });
        for server in peers.iter().chain([self.node]) {
            assert!(!has_lock(server), "the lock is left on {}", server.url());
        }
    }

    /// Where the node is the only one: at once if waiting can't help, else after the time that was given.
    async fn is_told(&self, client: &Client) {
        let start = Instant::now();
        // a server that loads its data takes its time over a handshake
        while matches!(client.nodes()[0].problem, Some(Problem::Connecting)) {
            assert!(start.elapsed() < RECOVERY, "no answer to the handshake");
            smol::Timer::after(Duration::from_millis(5)).await;
        }
        let start = Instant::now();
        let wait = match self.kind {
            ErrorKind::Permanent => RECOVERY,
            ErrorKind::Transient | ErrorKind::NoScript => WAIT,
        };
        let error = client.lock(KEY).acquire_within(wait).await;
        let error = error.expect_err("the node errs");
        let took = start.elapsed();
        if self.kind == ErrorKind::Permanent {
            assert!(matches!(error, AcquireError::Rejected { .. }), "{error}");
            assert!(took < Duration::from_secs(2), "told after {took:?}");
        } else {
            assert!(matches!(error, AcquireError::Unreachable { .. }), "{error}");
            assert!(took >= wait, "told after {took:?}");
        }
        let (name, problem) = &error.refusal().expect("an answer of the node").problems[0];
        let Problem::Server(words) = problem else {
            panic!("{problem:?} is not the server's error")
        };
        assert_eq!(words.kind(), self.kind, "{words}");
        assert!(words.message().starts_with(self.words), "{words}");
        let text = error.to_string();
        assert!(
            text.contains(&format!("{name}: {}", words.message())),
            "{text}"
        );
        assert!(name.contains(&self.node.port().to_string()), "{name}");
    }

    async fn votes_again(&self, client: &Client) {
        let deadline = Instant::now() + RECOVERY;
        loop {
            match client.lock(KEY).acquire_within(WAIT).await {
                Ok(guard) => {
                    let released = guard.release().await;
                    assert_eq!(released.verdict, Verdict::Verified, "{released}");
                    return;
                }
                Err(error) => assert!(Instant::now() < deadline, "not healed: {error}"),
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A client as these tests need it.
pub(crate) fn client(urls: impl IntoIterator<Item = String>, fencing: Fencing) -> Client {
    let builder = deployed(quorlock_smol::builder()).fencing(fencing);
    let builder = builder.nodes(urls).expect("URLs of nodes");
    builder.build().expect("a client")
}

/// Asserts that a command is answered with an error of this meaning, whose words begin so.
pub(crate) fn assert_answer(
    connection: &mut Connection,
    command: &[&str],
    kind: ErrorKind,
    words: &str,
) {
    let reply = connection.call(command);
    let Value::Error(line) = reply.value() else {
        panic!("{command:?} was answered with {:?}", reply.value())
    };
    let error = ServerError::new(line);
    assert!(error.message().starts_with(words), "{command:?}: {error}");
    assert_eq!(error.kind(), kind, "{command:?}: {error}");
}

/// Waits until a command is answered in this way.
pub(crate) fn await_answer(
    connection: &mut Connection,
    command: &[&str],
    expected: impl Fn(Value<'_>) -> bool,
) {
    let deadline = Instant::now() + RECOVERY;
    loop {
        let reply = connection.call(command);
        if expected(reply.value()) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{command:?} is still answered with {:?}",
            reply.value()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether an answer is an error whose words begin so.
pub(crate) fn is_error(reply: Value<'_>, words: &str) -> bool {
    matches!(reply, Value::Error(line) if line.starts_with(words.as_bytes()))
}

/// Whether an answer is a text that holds this part: `INFO` and the like.
pub(crate) fn has_text(reply: Value<'_>, part: &str) -> bool {
    matches!(
        reply,
        Value::Bulk(text) | Value::Verbatim { text, .. }
            if String::from_utf8_lossy(text).contains(part)
    )
}

/// Whether anybody has the lock on this server.
pub(crate) fn has_lock(server: &Server) -> bool {
    keys(server).iter().any(|key| key == KEY)
}
