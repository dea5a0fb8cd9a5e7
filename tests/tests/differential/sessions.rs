//! Connections with a password: the handshake, names, databases, and how connections end.

use fastrand::Rng;
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Options;

use crate::normalise::Wording;
use crate::oddities;
use crate::pair::{Command, Pair, Twins};

const PASSWORD: &str = "open sesame";

/// Connections at a time.
const CONNECTIONS: usize = 3;

/// Some connections to both, with the ids that either gave them.
pub(crate) struct Sessions {
    pair: Pair,
    /// The id of the server's newest connection. It counts them as they come, and nobody else connects.
    newest: i64,
    open: Vec<Session>,
}

struct Session {
    id: i64,
    twins: Twins,
}

impl Sessions {
    /// `None` where the server is no Redis 7.0: a handshake differs between versions in more than its words.
    pub(crate) fn start(plain: &Options) -> Option<Self> {
        let pair = Pair::start(plain, Some(PASSWORD));
        if pair.wording != Wording::Redis70 {
            return None;
        }
        let reply = Connection::to(&pair.server).call(&["CLIENT", "ID"]);
        let Value::Integer(newest) = reply.value() else {
            panic!("CLIENT ID answered {:?}", reply.value())
        };
        let mut sessions = Self {
            pair,
            newest,
            open: Vec::new(),
        };
        for _ in 0..CONNECTIONS {
            let session = sessions.connect();
            sessions.open.push(session);
        }
        Some(sessions)
    }

    /// One random command on one of the connections, and a look at which of them have ended.
    pub(crate) fn step(&mut self, rng: &mut Rng) {
        let now = self.pair.now();
        let victim = rng.usize(..CONNECTIONS);
        let ids = (
            self.open[victim].id,
            self.open[victim].twins.embedded.id().to_string(),
        );
        let current = &mut self.open[rng.usize(..CONNECTIONS)];
        match rng.u8(..40) {
            0 => {
                let mut rest: Vec<Vec<u8>> = Vec::new();
                if rng.bool() {
                    rest = words(&["SKIPME", ["yes", "no", "NO", "x"][rng.usize(..4)]]);
                }
                let kill = |id: &str| [words(&["CLIENT", "KILL", "ID", id]), rest.clone()].concat();
                current
                    .twins
                    .run_each(&kill(&ids.0.to_string()), &kill(&ids.1), now);
            }
            1..4 => current.compare_ids(now),
            _ => {
                current.twins.run(&[random(rng)], now);
            }
        }
        for index in 0..CONNECTIONS {
            if !self.open[index].twins.embedded.is_open() {
                let ended = self.open[index].twins.real.receive();
                assert!(
                    ended.is_err(),
                    "the node has closed connection {index}, the server has not"
                );
                self.open[index] = self.connect();
            }
        }
    }

    fn connect(&mut self) -> Session {
        self.newest += 1;
        let mut twins = self.pair.connect();
        // The kernel takes connections before the server knows of them; a reply proves that it does.
        twins.run(&[words(&["PING"])], self.pair.now());
        Session {
            id: self.newest,
            twins,
        }
    }
}

impl Session {
    /// `CLIENT ID` is an error for both, or each one's own number for this connection.
    fn compare_ids(&mut self, now: quorlock_embedded::ServerTime) {
        let (real, embedded) = self.twins.run_unseen(&words(&["CLIENT", "ID"]), now);
        if let (Value::Integer(real), Value::Integer(embedded)) = (real.value(), embedded.value()) {
            assert_eq!(real, self.id);
            assert_eq!(embedded.to_string(), self.twins.embedded.id().to_string());
        } else {
            assert_eq!(real, embedded);
        }
    }
}

fn random(rng: &mut Rng) -> Command {
    let user = ["default", "default", "DEFAULT", "eve", ""][rng.usize(..5)];
    let password = [PASSWORD, PASSWORD, "wrong", ""][rng.usize(..4)];
    let name = ["me", "", "a b", "with-dash", "tab\t"][rng.usize(..5)];
    let protocol = ["2", "3", "3", "1", "4", "x", ""][rng.usize(..7)];
    match rng.u8(..24) {
        0 => words(&["AUTH", password]),
        1 => words(&["AUTH", user, password]),
        2 => words(&["AUTH", user, password, name]),
        3 => words(&["HELLO"]),
        4 => words(&["HELLO", protocol]),
        5 => words(&["HELLO", protocol, "AUTH", user, password]),
        6 => words(&["hello", protocol, "setname", name]),
        7 => words(&["HELLO", protocol, "SETNAME", name, "auth", user, password]),
        8 => words(&["HELLO", protocol, "AUTH", user, password, "SETNAME", name]),
        9 => words(&["HELLO", protocol, "AUTH", user]),
        10 => words(&["HELLO", protocol, "FOO", user, password]),
        11 => words(&["CLIENT", "SETNAME", name]),
        12 => words(&["CLIENT", "GETNAME"]),
        13 => words(&["CLIENT", "KILL", "ID"]),
        14 => words(&[
            "CLIENT",
            "KILL",
            "ID",
            ["x", "0", "-1", "999999"][rng.usize(..4)],
        ]),
        15 => words(&["CLIENT", "KILL", "FOO", "1"]),
        16 => words(&["CLIENT", name]),
        17 => words(&["SELECT", ["0", "1", "15", "16", "x"][rng.usize(..5)]]),
        18 => words(&["SET", "key", name]),
        19 => words(&["GET", "key"]),
        20 => words(&["PING"]),
        21 => words(&["GET"]),
        22 if rng.u8(..4) == 0 => words(&["QUIT"]),
        _ => vec![b"foo".into(), oddities::word(rng)],
    }
}

fn words(words: &[&str]) -> Command {
    words.iter().map(|&word| word.into()).collect()
}
