//! Four clients, five servers, and a nemesis that kills the one that all of them need while a lock is held.
//!
//! Random kills hardly ever find an overlap. Here the clients reach overlapping thirds of the nodes (1, 2, 3 and
//! 3, 4, 5 and 1, 3, 5 and 2, 3, 4), so that each win rests on node 3, which restarts empty or from an old dump.

use core::ops::RangeInclusive;
use core::time::Duration;
use std::env;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use quorlock_driver::{Client, RestartGuard};
use quorlock_tests::connection::Connection;
use quorlock_tests::history::History;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{client_of, trusted_server};

on_each_make!(
    overlaps_are_found_without_a_guard,
    strict_lets_none_overlap,
    uptime_lets_none_overlap
);

/// Which nodes each client reaches, from 0.
const VIEWS: [[usize; 3]; 4] = [[0, 1, 2], [2, 3, 4], [0, 2, 4], [1, 2, 3]];

/// The node in all views.
const SHARED: usize = 2;

/// Each client wants all of them, in a thread each.
const KEYS: [&str; 4] = ["a", "b", "c", "d"];

const LEASE: Duration = Duration::from_millis(900);

/// How long a lock is held, in milliseconds.
const HOLD: RangeInclusive<u64> = 10..=500;

/// A kill needs a hold that goes on for at least so long: the others have to find the node again.
const WORTH_A_KILL: Duration = Duration::from_millis(350);

/// From a kill to the next: the quarantine of `Uptime` (two seconds), and time to work.
const BETWEEN_KILLS: Duration = Duration::from_millis(3_300);

/// How long each run lasts, in seconds, unless the environment says otherwise.
const SECONDS: (&str, u64) = ("QUORLOCK_CHAOS_SECONDS", 8);

/// What is asked of a run of a minute.
const GRANTS_PER_MINUTE: usize = 100;

/// What happened in a run.
struct Outcome {
    grants: usize,
    overlaps: usize,
    /// Tokens that did not rise.
    disorders: usize,
}

/// What the threads of a run share.
struct Stage {
    history: History,
    /// When each hold that begins is planned to end, for the nemesis.
    begun: Sender<Instant>,
    end: Instant,
}

fn seconds() -> u64 {
    let (name, usual) = SECONDS;
    env::var(name).map_or(usual, |text| text.parse().expect("a number of seconds"))
}

fn run(plain: &Options, guard: RestartGuard) -> Outcome {
    let _turn = turn::take();
    let seconds = seconds();
    let nodes = [(); 5].map(|()| trusted_server(plain, guard));
    let clients = VIEWS.map(|view| client_of(&nodes, &view, guard));
    let (begun, news) = mpsc::channel();
    let stage = Stage {
        history: History::new(),
        begun,
        end: Instant::now() + Duration::from_secs(seconds),
    };
    let kills = thread::scope(|scope| {
        for (place, client) in clients.iter().enumerate() {
            for key in KEYS {
                let (name, stage) = (format!("client {place}"), &stage);
                scope.spawn(move || work(client, &name, key, stage));
            }
        }
        torment(&nodes[SHARED], &news, stage.end)
    });
    let history = stage.history;
    let outcome = Outcome {
        grants: history.len(),
        overlaps: history.overlaps().len(),
        disorders: history.disorders().len(),
    };
    println!(
        "guard {guard:?}, {seconds} s: {} grants, {kills} kills, {} overlaps, {} tokens out of order",
        outcome.grants, outcome.overlaps, outcome.disorders
    );
    let least = GRANTS_PER_MINUTE * usize::try_from(seconds).unwrap() / 60;
    assert!(
        outcome.grants >= least,
        "{} grants are too few",
        outcome.grants
    );
    assert!(u64::from(kills) >= seconds / 6, "{kills} kills are too few");
    outcome
}

/// Acquires, holds and releases, and keeps a record, until the run is over.
fn work(client: &Client, name: &str, key: &'static str, stage: &Stage) {
    let Stage { history, .. } = stage;
    while Instant::now() < stage.end {
        let request = client.lock(key).ttl(LEASE);
        let Ok(guard) = smol::block_on(request.acquire_within(Duration::from_millis(500))) else {
            continue;
        };
        let from = Instant::now();
        let id = history.acquired(key, name, from, guard.valid_until());
        history.fenced(id, guard.token().expect("a token"));
        let hold = Duration::from_millis(fastrand::u64(HOLD));
        // the nemesis may be done
        let _ = stage.begun.send(from + hold);
        thread::sleep(hold);
        // an extension has moved the end on; it can't move once the lease is over
        let until = guard.valid_until();
        history.lasted(id, until.min(Instant::now()));
        smol::block_on(guard.release());
        thread::sleep(Duration::from_millis(fastrand::u64(0..50)));
    }
}

/// Kills the node again and again, each time in the midst of a hold. Says how often.
fn torment(node: &Server, news: &Receiver<Instant>, end: Instant) -> u32 {
    let mut kills = 0;
    while Instant::now() < end {
        let from_dump = kills % 2 == 1;
        if from_dump {
            Connection::to(node).order(&["SAVE"]);
        }
        // what began before the dump is of no use
        while news.try_recv().is_ok() {}
        if !await_worthy(news, end) {
            break;
        }
        if from_dump {
            node.restart();
        } else {
            node.restart_empty();
        }
        kills += 1;
        thread::sleep(BETWEEN_KILLS.min(end.saturating_duration_since(Instant::now())));
    }
    kills
}

/// Waits until a long hold has begun; false when the time is up before.
fn await_worthy(news: &Receiver<Instant>, end: Instant) -> bool {
    let left = || end.saturating_duration_since(Instant::now());
    while let Ok(until) = news.recv_timeout(left()) {
        if until.saturating_duration_since(Instant::now()) >= WORTH_A_KILL {
            return true;
        }
    }
    false
}

fn overlaps_are_found_without_a_guard(plain: &Options) {
    let outcome = run(plain, RestartGuard::Off);
    assert!(outcome.overlaps > 0, "the nemesis, or the check, is broken");
}

fn strict_lets_none_overlap(plain: &Options) {
    let outcome = run(plain, RestartGuard::Strict);
    assert_eq!((outcome.overlaps, outcome.disorders), (0, 0));
}

fn uptime_lets_none_overlap(plain: &Options) {
    let outcome = run(plain, RestartGuard::Uptime);
    assert_eq!((outcome.overlaps, outcome.disorders), (0, 0));
}
