//! Failovers behind a grant and behind a renewal: a client that waits for replicas stays alone, one that does not
//! doesn't.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{AcquireError, Client, Guard, Problem, Replication, RestartGuard};
use quorlock_resp::Value;
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::history::{History, HoldId};
use quorlock_tests::on_each_make;
use quorlock_tests::proxy::{Direction, Link, Proxy};
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, MAX_TTL, PATIENCE, builder, built};

on_each_make!(
    a_failover_behind_a_grant,
    a_failover_behind_a_renewal,
    a_replica_that_keeps_up_has_the_lock_when_it_is_granted,
    on_disk_where_a_server_can_say_so,
    what_too_few_replicas_have_is_released,
);

/// One replica must have it, within a time in which one that is there answers.
const ONE: Replication = Replication {
    timeout: Duration::from_millis(100),
    ..Replication::new(1)
};

/// The same, and both on disk.
const ONE_ON_DISK: Replication = Replication { fsync: true, ..ONE };

/// A primary, and its replica behind a link that can be held.
struct Pair {
    primary: Server,
    replica: Server,
    link: Proxy,
}

impl Pair {
    fn start(options: &Options) -> Self {
        let [primary, replica] = [(); 2].map(|()| Server::start(options));
        let link = Proxy::start(primary.address());
        replica.follow_at(link.address());
        // it may have its first copy a second before it is told of changes
        let mut connection = Connection::to(&primary);
        connection.order(&["SET", "first", "change"]);
        let gone = connection.call(&["DEL", "first"]);
        assert_eq!(gone.value(), Value::Integer(1));
        let heard = connection.call(&["WAIT", "1", "20000"]);
        assert_eq!(heard.value(), Value::Integer(1), "{}", replica.log());
        Self {
            primary,
            replica,
            link,
        }
    }

    /// From now on the replica hears nothing of its primary.
    fn hold_link(&self) {
        self.link.switch(Direction::ToClient, Link::Stall);
    }

    /// The primary dies, and the replica takes its place.
    fn fail_over(&self) {
        self.primary.kill();
        self.replica.promote();
    }
}

fn client_of(server: &Server, replication: Option<Replication>) -> Client {
    let builder = builder(RestartGuard::Off).nodes([server.url()]).unwrap();
    built(match replication {
        Some(replication) => builder.replicas(replication),
        None => builder,
    })
}

async fn acquire(client: &Client, patience: Duration) -> Result<Guard, AcquireError> {
    let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
    lock.auto_extend(false).acquire_within(patience).await
}

fn record(history: &History, holder: &str, guard: &Guard) -> HoldId {
    history.acquired(KEY, holder, Instant::now(), guard.valid_until())
}

/// What the only node said.
fn problem(error: &AcquireError) -> &Problem {
    let refusal = error.refusal().expect("answers of the nodes");
    &refusal.problems.first().expect("a problem").1
}

fn a_replica_that_keeps_up_has_the_lock_when_it_is_granted(plain: &Options) {
    let _turn = turn::take();
    let pair = Pair::start(plain);
    // without WAIT, this long after the grant
    let lag = Duration::from_millis(30);
    pair.link.switch(Direction::ToClient, Link::Delay(lag));
    let first = client_of(&pair.primary, Some(ONE));
    smol::block_on(async {
        let held = acquire(&first, PATIENCE).await.unwrap();
        assert_eq!(keys(&pair.replica), [KEY]);
        pair.fail_over();
        let second = client_of(&pair.replica, None);
        let error = acquire(&second, MAX_TTL.as_duration() / 4).await;
        let error = error.expect_err("it is held");
        assert!(held.is_held(), "too late to tell: the machine is too busy");
        assert!(matches!(problem(&error), Problem::Held(_)), "{error}");
    });
}

fn what_too_few_replicas_have_is_released(plain: &Options) {
    let _turn = turn::take();
    let pair = Pair::start(plain);
    let client = client_of(&pair.primary, Some(ONE));
    smol::block_on(async {
        pair.hold_link();
        let lock = client.lock(KEY).ttl(MAX_TTL.as_duration());
        let error = lock.try_acquire().await.expect_err("nobody has heard");
        let short = Problem::TooFewReplicas { got: 0, wanted: 1 };
        assert_eq!(*problem(&error), short, "{error}");
        // flushes the release
        let report = client.close(PATIENCE).await;
        assert!(report.unconfirmed.is_empty());
    });
    assert!(keys(&pair.primary).is_empty());
    // it was there, or the test would show nothing
    let granted = pair.primary.info("commandstats", "cmdstat_wait");
    assert!(granted.starts_with("calls="), "{granted}");
}

/// The link is held, the first client asks for the lock, the replica takes over, the second one asks for it.
fn grants_around_a_failover(plain: &Options, replication: Option<Replication>) -> History {
    let _turn = turn::take();
    let pair = Pair::start(plain);
    let history = History::new();
    smol::block_on(async {
        let first = client_of(&pair.primary, replication);
        pair.hold_link();
        let held = acquire(&first, MAX_TTL.as_duration() / 2).await;
        match &held {
            Ok(guard) => {
                record(&history, "first", guard);
            }
            Err(error) => {
                let short = matches!(problem(error), Problem::TooFewReplicas { .. });
                assert!(short, "{error}");
            }
        }
        pair.fail_over();
        let second = client_of(&pair.replica, None);
        let guard = acquire(&second, PATIENCE).await.unwrap();
        record(&history, "second", &guard);
    });
    history
}

fn a_failover_behind_a_grant(plain: &Options) {
    let alone = grants_around_a_failover(plain, Some(ONE));
    alone.assert_exclusive();
    assert_eq!(alone.len(), 1);
    let both = grants_around_a_failover(plain, None);
    assert_eq!(both.overlaps().len(), 1);
}

/// The lock is granted by both, the link is held, the lease is renewed, the replica takes over, the second client asks.
fn renewals_around_a_failover(plain: &Options, replication: Option<Replication>) -> History {
    let _turn = turn::take();
    let pair = Pair::start(plain);
    let history = History::new();
    let lease = MAX_TTL.as_duration();
    smol::block_on(async {
        let first = client_of(&pair.primary, replication);
        let held = acquire(&first, PATIENCE).await.unwrap();
        let tenure = record(&history, "first", &held);
        while keys(&pair.replica).is_empty() {
            smol::Timer::after(Duration::from_millis(1)).await;
        }
        pair.hold_link();
        smol::Timer::after(lease / 4).await;
        match held.extend(lease).await {
            Ok(until) => history.extended(tenure, Instant::now(), until),
            Err(error) => assert!(replication.is_some(), "{error}"),
        }
        assert!(held.is_held(), "too late to tell: the machine is too busy");
        pair.fail_over();
        let second = client_of(&pair.replica, None);
        let guard = acquire(&second, PATIENCE).await.unwrap();
        record(&history, "second", &guard);
    });
    assert_eq!(history.len(), 2);
    history
}

fn a_failover_behind_a_renewal(plain: &Options) {
    renewals_around_a_failover(plain, Some(ONE)).assert_exclusive();
    let without = renewals_around_a_failover(plain, None);
    assert_eq!(without.overlaps().len(), 1);
}

fn on_disk_where_a_server_can_say_so(plain: &Options) {
    let _turn = turn::take();
    let refused = |pair: &Pair| {
        let client = client_of(&pair.primary, Some(ONE_ON_DISK));
        let error = smol::block_on(acquire(&client, PATIENCE)).expect_err("it can't say so");
        assert!(matches!(error, AcquireError::Rejected { .. }), "{error}");
        let Problem::CannotWait(words) = problem(&error) else {
            panic!("{error}")
        };
        words.to_string()
    };
    let words = refused(&Pair::start(plain));
    if words.contains("unknown command") {
        return;
    }
    assert!(words.contains("appendonly is disabled"), "{words}");
    // otherwise it is there after a second, which is longer than a round here
    let options = plain.clone().with_line("appendonly yes");
    let options = options.with_line("appendfsync always");
    let pair = Pair::start(&options);
    let client = client_of(&pair.primary, Some(ONE_ON_DISK));
    smol::block_on(async {
        acquire(&client, PATIENCE).await.unwrap().release().await;
        pair.hold_link();
        let error = client.lock(KEY).ttl(MAX_TTL.as_duration()).try_acquire();
        let error = error.await.expect_err("nobody has heard");
        assert!(!problem(&error).is_permanent(), "{error}");
    });
}
