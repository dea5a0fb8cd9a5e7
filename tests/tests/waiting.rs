//! Waiting on real servers: how soon the next one has the lock, and what a crowd of waiters costs.
//!
//! `cargo test --release -p quorlock-tests --test waiting -- --nocapture` prints the figures, side by side with one round
//! over the same nodes. What is asserted is what no stall of the machine can imitate: that a message woke the waiter, or
//! the end of a lease, and no timer that asks again and again. Other processes are this test program again, started with
//! the test `worker` alone.
#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

#[path = "waiting/process.rs"]
mod process;

use core::time::Duration;
use std::thread;
use std::time::Instant;

use process::{Process, Work, client, micros_now};
use quorlock_driver::{Client, Fairness};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Fleet, Server, statistics};
use quorlock_tests::stats::{median, quantile};
use quorlock_tests::turn;

const KEY: &str = "job";
/// Hand-overs that are timed.
const TIMES: usize = 100;
/// Whoever asked so much later came later, whatever was known of the servers' time.
const CLEARLY: Duration = Duration::from_millis(5);
/// Before each local hand-over and each round: the machine is as idle in the one as in the other.
const REST: Duration = Duration::from_millis(1);
/// A waiter has subscribed and been refused again by then.
const SETTLED: Duration = Duration::from_millis(15);
/// What a stall of the machine may add, and what is far below any lease.
const SLACK: Duration = Duration::from_millis(500);

/// One command round over all nodes: a lock that is free, asked for out of rest as the others are.
fn one_round(client: &Client) -> Duration {
    let rounds: Vec<Duration> = (0..TIMES)
        .map(|_| {
            thread::sleep(REST);
            let start = Instant::now();
            let guard = smol::block_on(client.lock("free").try_acquire()).unwrap();
            let round = start.elapsed();
            smol::block_on(guard.release());
            round
        })
        .collect();
    median(&rounds)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// Without the message he would have to ask again and again, or sleep until the end of the lease.
#[test]
fn who_waits_asks_nothing_and_is_woken() {
    const QUIET: Duration = Duration::from_millis(300);
    let _turn = turn::take();
    let servers = Fleet::start(5);
    let ours = client(&servers.urls(), Fairness::Off);
    let guard = smol::block_on(ours.lock(KEY).acquire()).unwrap();
    let mut other = Process::start(Work::Alternate, &servers.urls());
    let all = || servers.iter().map(commands).sum::<u64>();
    let acquired = all();
    let limit = Instant::now() + Duration::from_secs(10);
    // two tries and one subscription on each of five nodes
    while all() < acquired + 3 * 5 {
        assert!(Instant::now() < limit, "the other process does not ask");
        thread::sleep(SETTLED);
    }
    thread::sleep(QUIET);
    let asked = all();
    thread::sleep(QUIET);
    assert_eq!(all(), asked, "commands of one who waits for {QUIET:?}");
    let released = Instant::now();
    smol::block_on(guard.release());
    other.line();
    assert!(released.elapsed() < SLACK, "{:?}", released.elapsed());
}

#[test]
fn the_next_holder_in_another_process_has_it_soon() {
    let _turn = turn::take();
    let servers = Fleet::start(5);
    let ours = client(&servers.urls(), Fairness::Off);
    let mut other = Process::start(Work::Alternate, &servers.urls());
    let mut latencies = Vec::new();
    for _ in 0..TIMES {
        let guard = smol::block_on(ours.lock(KEY).acquire()).unwrap();
        thread::sleep(SETTLED);
        let released = micros_now();
        smol::block_on(guard.release());
        let acquired = other.line().parse::<u64>().unwrap();
        latencies.push(Duration::from_micros(acquired.saturating_sub(released)));
    }
    let (round, latency) = (one_round(&ours), median(&latencies));
    println!(
        "release to next holder, other process: {latency:?}, {:.2} rounds of {round:?}",
        ratio(latency, round)
    );
    assert!(latency <= SLACK, "{latency:?}, a round is {round:?}");
}

#[test]
fn the_next_holder_in_the_same_client_has_it_in_one_round() {
    let _turn = turn::take();
    let servers = Fleet::start(5);
    let client = client(&servers.urls(), Fairness::Off);
    let round = one_round(&client);
    let before: Vec<u64> = servers.iter().map(commands).collect();
    let latencies: Vec<Duration> = (0..TIMES)
        .map(|_| {
            smol::block_on(async {
                let guard = client.lock(KEY).acquire().await.unwrap();
                let next = client.clone();
                let next = smol::spawn(async move {
                    let guard = next.lock(KEY).acquire().await.unwrap();
                    (Instant::now(), guard)
                });
                smol::Timer::after(REST).await;
                let start = Instant::now();
                drop(guard);
                let (acquired, guard) = next.await;
                guard.release().await;
                acquired.duration_since(start)
            })
        })
        .collect();
    let latency = median(&latencies);
    println!(
        "release to next holder, same client: {latency:?}, {:.2} rounds of {round:?}",
        ratio(latency, round)
    );
    for (server, before) in servers.iter().zip(before) {
        let each = (commands(server) - before) as f64 / TIMES as f64;
        // an acquire, the hand-over, a release; a release and an acquire in its place are four
        assert!(each < 3.2, "{each:.2} commands each time");
    }
}

#[test]
fn a_crashed_holders_lock_is_taken_when_its_lease_ends() {
    let _turn = turn::take();
    let servers = Fleet::start(5);
    let ours = client(&servers.urls(), Fairness::Off);
    for _ in 0..5 {
        let mut holder = Process::start(Work::Crash, &servers.urls());
        assert_eq!(holder.line(), "held");
        holder.wait();
        // the third of five leases to end
        let mut ends: Vec<Instant> = servers.iter().map(lease_end).collect();
        ends.sort_unstable();
        let guard = smol::block_on(ours.lock(KEY).acquire()).unwrap();
        let late = Instant::now().saturating_duration_since(*ends.get(2).unwrap());
        println!("taken {late:?} after the end of a crashed holder's lease");
        assert!(late < SLACK, "{late:?}");
        smol::block_on(guard.release());
    }
}

fn lease_end(server: &Server) -> Instant {
    let reply = Connection::to(server).call(&["PTTL", KEY]);
    let Value::Integer(left) = reply.value() else {
        panic!("PTTL answered {:?}", reply.value())
    };
    Instant::now() + Duration::from_millis(u64::try_from(left).expect("it is held"))
}

/// Commands that clients have sent for locks.
fn commands(server: &Server) -> u64 {
    let ours = ["eval", "evalsha", "subscribe", "unsubscribe"];
    let all = statistics(server).into_iter();
    all.filter(|it| ours.contains(&it.name.as_str()))
        .map(|it| it.calls)
        .sum()
}

/// One who waited: when it asked, since 1970, and how long it took.
#[derive(Clone, Copy, Debug)]
struct Wait {
    asked: Duration,
    waited: Duration,
}

impl Wait {
    fn parse(text: &str) -> Self {
        let (asked, waited) = text.split_once('+').unwrap();
        let micros = |text: &str| Duration::from_micros(text.parse().unwrap());
        Self {
            asked: micros(asked),
            waited: micros(waited),
        }
    }

    fn served(&self) -> Duration {
        self.asked + self.waited
    }
}

/// Commands to a node for each hand-over. A build without optimisation is slower than its servers, so that more rounds
/// come too early or too late.
const MOST: f64 = if cfg!(debug_assertions) { 6.0 } else { 4.0 };

/// What 64 waiters in 8 processes went through, in the order in which they were served.
fn waits_of(crowd: Work) -> Vec<Wait> {
    const PROCESSES: usize = 8;
    let servers = Fleet::start(5);
    let urls = servers.urls();
    let mut crowd: Vec<Process> = (0..PROCESSES)
        .map(|_| Process::start(crowd, &urls))
        .collect();
    for process in &mut crowd {
        assert_eq!(process.line(), "ready");
    }
    let before: Vec<u64> = servers.iter().map(commands).collect();
    crowd.iter_mut().for_each(Process::go);
    let mut waits: Vec<Wait> = crowd
        .iter_mut()
        .flat_map(|process| {
            let line = process.line();
            line.split_whitespace().map(Wait::parse).collect::<Vec<_>>()
        })
        .collect();
    waits.sort_unstable_by_key(Wait::served);
    let hand_overs = waits.len() as f64;
    for (server, before) in servers.iter().zip(before) {
        let each = (commands(server) - before) as f64 / hand_overs;
        println!("{each:.2} commands for each of {hand_overs} hand-overs");
        assert!(each <= MOST, "{each:.2} commands for each hand-over");
    }
    let (middle, longest) = middle_and_longest(&waits);
    println!(
        "waits: median {middle:?}, longest {longest:?}, {:.1} times as long",
        ratio(longest, middle)
    );
    assert!(hand_overs > 200.0, "only {hand_overs} hand-overs");
    let overtaken = overtaken(&waits);
    println!("{overtaken} were overtaken by one who came later");
    let (middle, most) = turns_of_others(&waits);
    println!("others served meanwhile: median {middle}, most {most}");
    waits
}

fn middle_and_longest(waits: &[Wait]) -> (Duration, Duration) {
    let waits: Vec<Duration> = waits.iter().map(|it| it.waited).collect();
    (median(&waits), quantile(&waits, 1.0))
}

/// How many others were served while one waited: in the middle, and at most. A busy machine makes all waits longer, and
/// none of these larger.
fn turns_of_others(waits: &[Wait]) -> (usize, usize) {
    let served_by = |at: Duration| waits.partition_point(|it| it.served() <= at);
    let meanwhile = |it: &Wait| served_by(it.served()) - served_by(it.asked);
    let mut counts: Vec<usize> = waits.iter().map(meanwhile).collect();
    counts.sort_unstable();
    let most = counts.last().copied().unwrap();
    (counts[counts.len() / 2], most)
}

/// How many were served behind one who had asked clearly later.
fn overtaken(waits: &[Wait]) -> usize {
    let late = |pair: &&[Wait]| match pair {
        [before, next] => next.asked + CLEARLY < before.asked,
        _ => false,
    };
    waits.windows(2).filter(late).count()
}

#[test]
fn a_crowd_costs_few_commands_for_each_hand_over() {
    let _turn = turn::take();
    waits_of(Work::Crowd);
}

#[test]
fn a_crowd_is_served_in_the_order_in_which_it_came() {
    let _turn = turn::take();
    let waits = waits_of(Work::FairCrowd);
    let (middle, most) = turns_of_others(&waits);
    assert!(most <= 2 * middle, "median {middle}, most {most}");
    let overtaken = overtaken(&waits);
    let one_in = 20;
    assert!(overtaken < waits.len() / one_in, "{overtaken} overtaken");
}

/// The servers still name the dead one when the lock is given back: the next one has it when that place has ended.
#[test]
fn a_waiter_that_is_killed_while_it_comes_first_holds_nobody_up_for_long() {
    const PLACE: Duration = Duration::from_secs(1);
    let _turn = turn::take();
    let servers = Fleet::start(5);
    let urls = servers.urls();
    let ours = client(&urls, Fairness::QUEUE);
    for _ in 0..3 {
        let guard = smol::block_on(ours.lock(KEY).acquire()).unwrap();
        let [mut first, mut second] = [1, 2].map(|place| {
            let mut waiter = Process::start(Work::FairWait, &urls);
            assert_eq!(waiter.line(), "ready");
            servers
                .iter()
                .for_each(|server| until_queued(server, place));
            waiter
        });
        first.kill();
        let start = Instant::now();
        smol::block_on(guard.release());
        assert_eq!(second.line(), "held");
        let late = start.elapsed();
        second.wait();
        println!("had {late:?} after the release, behind a dead waiter");
        assert!(late > PLACE / 4, "nobody stood before it");
        assert!(late < PLACE + PLACE / 4, "{late:?}");
    }
}

/// Waits until so many stand in the queue of the lock.
fn until_queued(server: &Server, count: i64) {
    const BYTES: i64 = 83;
    let mut connection = Connection::to(server);
    let limit = Instant::now() + Duration::from_secs(5);
    loop {
        let reply = connection.call(&["STRLEN", "job:quorlock-queue:{job}"]);
        if matches!(reply.value(), Value::Integer(length) if length == count * BYTES) {
            return;
        }
        assert!(Instant::now() < limit, "{count} do not queue");
        thread::sleep(Duration::from_millis(1));
    }
}

/// What another process does; ends at once where nobody has started it as one.
#[test]
fn worker() {
    process::work();
}
