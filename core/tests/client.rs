//! Bytes: the handshake in each of its forms, replies in order, connections that
//! fail, and the contract of the polls.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod support;

use bytes::BytesMut;
use quorlock_core::{
    AcquireRequest, Action, Client, Config, Credentials, Event, Instant, Problem, Ttl, Wait, script,
};
use support::{TTL, at, config, millis, node};

const HELLO: &str = "%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:42\r\n";
const RUN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// One client of one node, its bytes by hand.
struct Wire {
    client: Client,
    now: Instant,
    input: BytesMut,
}

impl Wire {
    fn new(config: Config) -> Self {
        let client = Client::new(config, Instant::ORIGIN).unwrap();
        Self {
            client,
            now: Instant::ORIGIN,
            input: BytesMut::new(),
        }
    }

    /// Connected, handshake done.
    fn ready(config: Config) -> Self {
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

    fn connect(&mut self) {
        assert_eq!(self.client.poll_action(), Some(Action::Connect(node(0))));
        self.input.clear();
        self.client.handle_connected(self.now, node(0));
    }

    fn sent(&mut self) -> String {
        let mut out = BytesMut::new();
        self.client.poll_transmit(node(0), &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    fn receive(&mut self, bytes: &str) {
        self.input.extend_from_slice(bytes.as_bytes());
        self.client.handle_input(self.now, node(0), &mut self.input);
    }

    fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.client.poll_event()).collect()
    }

    fn to(&mut self, now: Instant) {
        self.now = now;
        self.client.handle_timeout(now);
    }

    fn acquire(&mut self) {
        let ttl = Ttl::new(millis(TTL)).unwrap();
        let request = AcquireRequest {
            wait: Wait::Forever,
            ..AcquireRequest::new("key", ttl)
        };
        self.client.acquire(self.now, request).unwrap();
    }
}

fn info(run_id: &str) -> String {
    let text = format!("# Server\r\nredis_version:7.0.15\r\nrun_id:{run_id}\r\nuptime:1\r\n");
    format!("={}\r\ntxt:{text}\r\n", text.len() + 4)
}

fn with_password(username: Option<&str>) -> Config {
    let mut config = config(1);
    config.nodes[0].credentials = Some(Credentials {
        username: username.map(Into::into),
        password: "secret".into(),
    });
    config.nodes[0].client_name = Some("me".into());
    config.nodes[0].database = 5;
    config
}

#[test]
fn nothing_is_sent_behind_hello_before_its_answer() {
    let mut wire = Wire::new(with_password(None));
    wire.acquire();
    wire.connect();
    let hello = "*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$6\r\nsecret\r\n\
                 $7\r\nSETNAME\r\n$2\r\nme\r\n";
    assert_eq!(wire.sent(), hello);
    wire.receive(HELLO);
    let rest = wire.sent();
    assert!(
        rest.starts_with("*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n5\r\n")
    );
    assert_eq!(rest.matches("$4\r\nLOAD\r\n").count(), 3);
    assert!(
        !rest.contains("EVALSHA"),
        "no lock before the handshake is done"
    );
    wire.receive(&info(RUN));
    wire.receive("+OK\r\n+a\r\n+b\r\n");
    assert_eq!(wire.sent(), "");
    wire.receive("+c\r\n");
    assert!(wire.sent().contains("EVALSHA"));
}

#[test]
fn a_server_without_hello_is_spoken_to_in_resp2() {
    for (user, auth) in [
        (None, "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"),
        (
            Some("bob"),
            "*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$6\r\nsecret\r\n",
        ),
    ] {
        let mut wire = Wire::new(with_password(user));
        wire.connect();
        wire.sent();
        wire.receive("-ERR unknown command 'HELLO', with args beginning with: '3' \r\n");
        assert_eq!(wire.sent(), auth);
        wire.receive("+OK\r\n");
        let rest = wire.sent();
        for part in [
            "INFO",
            "$6\r\nCLIENT\r\n$2\r\nID",
            "SETNAME\r\n$2\r\nme",
            "SELECT",
            "LOAD",
        ] {
            assert!(rest.contains(part), "{part} in {rest}");
        }
        wire.receive("$8\r\nrun_id:x\r\n:7\r\n+OK\r\n+OK\r\n");
        wire.receive("-NOPERM\r\n-NOPERM\r\n");
        assert!(wire.client.problem(node(0)).is_some());
        wire.receive("-ERR unknown command\r\n");
        assert_eq!(
            wire.client.problem(node(0)),
            None,
            "a refused SCRIPT LOAD is no obstacle"
        );
    }
}

#[test]
fn a_refused_password_is_told_in_the_servers_words() {
    let words = "WRONGPASS invalid username-password pair or user is disabled.";
    let mut wire = Wire::new(with_password(None));
    wire.acquire();
    wire.connect();
    wire.receive(&format!("-{words}\r\n"));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
    let problem = wire.client.problem(node(0)).unwrap();
    assert!(problem.is_permanent());
    assert_eq!(problem.to_string(), words);
    let events = wire.events();
    let failed = |event: &_| matches!(event, Event::AcquireFailed(_));
    assert!(events.iter().any(failed), "rejected at once: {events:?}");
}

#[test]
fn a_database_that_is_not_there_is_an_error() {
    let mut wire = Wire::new(with_password(None));
    wire.connect();
    wire.receive(HELLO);
    wire.receive(&info(RUN));
    wire.receive("-ERR DB index is out of range\r\n");
    assert!(wire.client.problem(node(0)).unwrap().is_permanent());
}

#[test]
fn the_connection_before_is_killed_in_the_same_life_of_the_server_only() {
    let other = RUN.replace('a', "b");
    for (run_id, kills) in [(RUN, true), (&other, false)] {
        let mut wire = Wire::ready(config(1));
        wire.client.handle_disconnected(wire.now, node(0), "reset");
        wire.to(at(100));
        wire.connect();
        wire.sent();
        wire.receive(&HELLO.replace("42", "43"));
        wire.sent();
        wire.receive(&info(run_id));
        wire.receive("+a\r\n+b\r\n+c\r\n");
        let kill = "*4\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$2\r\nID\r\n$2\r\n42\r\n";
        assert_eq!(wire.sent(), if kills { kill } else { "" });
        assert_eq!(wire.client.problem(node(0)).is_some(), kills);
        wire.receive(if kills { ":1\r\n" } else { "" });
        assert_eq!(wire.client.problem(node(0)), None);
    }
}

#[test]
fn a_release_follows_its_acquire_without_waiting_for_the_answer() {
    let mut wire = Wire::ready(config(1));
    let ttl = Ttl::new(millis(TTL)).unwrap();
    let lock = wire
        .client
        .acquire(wire.now, AcquireRequest::new("key", ttl))
        .unwrap();
    wire.client.cancel(wire.now, lock);
    let sent = wire.sent();
    let acquire = sent.find(script::ACQUIRE.sha).unwrap();
    let release = sent.find(script::RELEASE.sha).unwrap();
    assert!(acquire < release);
    wire.receive("*3\r\n:1\r\n:0\r\n:17\r\n:1\r\n");
    assert_eq!(wire.events(), []);
}

#[test]
fn pushes_and_attributes_are_not_taken_for_replies() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    wire.receive(">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n");
    assert_eq!(wire.events(), []);
    wire.receive("|1\r\n+ttl\r\n:9\r\n*3\r\n:1\r\n:0\r\n:17\r\n");
    assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
}

#[test]
fn replies_that_no_script_gives_end_the_connection() {
    for bytes in [
        "+OK\r\n",
        "*1\r\n:1\r\n",
        "*3\r\n:5\r\n:0\r\n:0\r\n",
        "*4\r\n:1\r\n:0\r\n:0\r\n:0\r\n",
        "nonsense\r\n",
    ] {
        let mut wire = Wire::ready(config(1));
        wire.acquire();
        wire.receive(bytes);
        let disconnect = Some(Action::Disconnect(node(0)));
        assert_eq!(wire.client.poll_action(), disconnect, "{bytes}");
        assert!(matches!(
            wire.client.problem(node(0)),
            Some(Problem::Disconnected(_))
        ));
    }
    let mut wire = Wire::ready(config(1));
    wire.receive(":1\r\n");
    assert_eq!(
        wire.client.poll_action(),
        Some(Action::Disconnect(node(0))),
        "nothing was asked"
    );
}

#[test]
fn connections_are_tried_again_with_growing_pauses() {
    let mut wire = Wire::new(config(1));
    let mut pauses = Vec::new();
    for _ in 0..12 {
        assert_eq!(wire.client.poll_action(), Some(Action::Connect(node(0))));
        wire.client
            .handle_disconnected(wire.now, node(0), "refused");
        wire.events();
        let next = wire.client.poll_timeout().unwrap();
        pauses.push(next.duration_since(wire.now));
        wire.to(next);
    }
    assert!(
        pauses[0] >= millis(25) && pauses[0] <= millis(50),
        "{pauses:?}"
    );
    assert!(
        pauses[11] >= millis(1_000) && pauses[11] <= millis(2_000),
        "{pauses:?}"
    );
}

#[test]
fn a_half_open_peer_is_left_in_time() {
    let mut wire = Wire::new(config(1));
    wire.connect();
    wire.events();
    assert_eq!(wire.client.poll_timeout(), Some(at(5_000)));
    wire.to(at(5_000));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
}

#[test]
fn a_quiet_server_is_asked_and_a_silent_one_is_left() {
    let mut wire = Wire::ready(config(1));
    wire.to(at(1_000));
    wire.to(at(15_000));
    assert!(wire.sent().contains("PING"));
    wire.receive("+PONG\r\n");
    wire.to(at(30_000));
    assert!(wire.sent().contains("PING"));
    wire.to(at(31_000));
    assert_eq!(wire.client.problem(node(0)), Some(&Problem::Silent));
    wire.to(at(34_999));
    assert_eq!(wire.client.poll_action(), None);
    wire.to(at(35_000));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
}

#[test]
fn a_stalled_node_gets_no_acquires_until_it_answers() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    assert!(wire.sent().contains("EVALSHA"));
    wire.to(at(500));
    wire.to(at(1_000));
    wire.to(at(1_200));
    assert_eq!(wire.client.problem(node(0)), Some(&Problem::Silent));
    assert!(!wire.sent().contains(script::ACQUIRE.sha));
    wire.receive("*3\r\n:0\r\n:50\r\n:17\r\n:0\r\n");
    assert_eq!(wire.client.problem(node(0)), None);
    let next = wire.client.poll_timeout().unwrap();
    wire.to(next.max(wire.now));
    wire.to(at(1_900));
    assert!(wire.sent().contains(script::ACQUIRE.sha));
}

#[test]
fn unsent_bytes_do_not_ask_for_a_timeout() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    assert!(wire.client.poll_timeout().unwrap() > wire.now);
}

#[test]
fn after_close_every_node_is_disconnected_and_nothing_is_due() {
    let mut wire = Wire::ready(config(1));
    wire.client.close(wire.now, at(1_000));
    assert!(matches!(wire.events()[..], [Event::Closed(_)]));
    assert_eq!(wire.client.poll_action(), Some(Action::Disconnect(node(0))));
    assert_eq!(wire.client.poll_timeout(), None);
}

#[test]
fn replies_cut_anywhere_are_read_alike() {
    let reply = "*3\r\n:1\r\n:0\r\n:1700000000000123\r\n";
    for cut in 1..reply.len() {
        let mut wire = Wire::ready(config(1));
        wire.acquire();
        wire.receive(&reply[..cut]);
        assert_eq!(wire.events(), []);
        wire.receive(&reply[cut..]);
        assert!(matches!(wire.events()[..], [Event::Acquired(_)]));
    }
}

#[test]
fn closing_without_patience_still_writes_the_releases() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    wire.sent();
    wire.receive("*3\r\n:1\r\n:0\r\n:17\r\n");
    wire.client.close(wire.now, wire.now);
    assert!(wire.sent().contains(script::RELEASE.sha));
    wire.to(wire.now);
    assert!(matches!(wire.events().last(), Some(Event::Closed(_))));
}

/// A process that did not run for some seconds: nothing was written, nothing is owed.
#[test]
fn what_nobody_took_to_write_is_not_overdue() {
    let mut wire = Wire::ready(config(1));
    wire.acquire();
    wire.to(at(6_001));
    assert_eq!(wire.client.problem(node(0)), None);
    assert!(!wire.sent().is_empty());
    wire.to(at(6_900));
    assert_eq!(wire.client.problem(node(0)), None);
    wire.to(at(7_500));
    assert_eq!(
        wire.client.problem(node(0)),
        Some(&Problem::Silent),
        "owed from here on"
    );
}

#[test]
fn a_server_that_shakes_hands_and_is_of_no_use_then_is_not_hammered() {
    let mut wire = Wire::new(config(1));
    let mut connections = 0;
    wire.acquire();
    for _ in 0..100_000 {
        match wire.client.poll_action() {
            Some(Action::Connect(_)) => {
                connections += 1;
                wire.input.clear();
                wire.client.handle_connected(wire.now, node(0));
                wire.receive(HELLO);
                wire.receive("$1\r\nx\r\n+a\r\n+b\r\n+c\r\n");
            }
            Some(Action::Disconnect(_)) => {}
            None => {
                if wire.sent().contains("EVALSHA") {
                    wire.receive("+nonsense\r\n");
                }
                wire.events();
                let next = wire.client.poll_timeout().unwrap();
                wire.to(next.max(wire.now + millis(1)));
                if wire.now > at(60_000) {
                    break;
                }
            }
        }
    }
    assert!(connections < 100, "{connections} connections in a minute");
}
