//! A replica that lags is promoted: the lock that it never heard of is not there.

use quorlock_driver::{QuarantineCause, RestartGuard};
use quorlock_tests::on_each_make;
use quorlock_tests::proxy::{Direction, Link, Proxy};
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{KEY, MAX_TTL, PATIENCE, client_of, trusted_server, votes};
use crate::rival::{Outcome, challenge};

on_each_make!(a_replica_that_lags_is_promoted);

/// The primary grants, the link to the replica stalls before, the primary dies and the replica takes its place. A
/// second client asks the replica.
fn promote_behind(plain: &Options, guard: RestartGuard) -> Outcome {
    let _turn = turn::take();
    let primary = trusted_server(plain, guard);
    let replica = if guard == RestartGuard::Uptime {
        trusted_server(plain, guard)
    } else {
        // its guard is the primary's
        Server::start_young(plain)
    };
    let link = Proxy::start(primary.address());
    replica.follow_at(link.address());
    smol::block_on(async {
        let first = client_of([&primary], &[0], guard);
        votes(&first, 1).await;
        link.switch(Direction::ToClient, Link::Stall);
        let lease = MAX_TTL.as_duration();
        let lock = first.lock(KEY).ttl(lease).auto_extend(false);
        let held = lock.acquire_within(PATIENCE).await.unwrap();
        primary.kill();
        replica.promote();
        let second = client_of([&replica], &[0], guard);
        challenge(&held, &second, &replica).await
    })
}

/// Only `Strict` notices: the replica's process is as old as it says.
fn a_replica_that_lags_is_promoted(plain: &Options) {
    assert_eq!(promote_behind(plain, RestartGuard::Off), Outcome::Double);
    assert_eq!(promote_behind(plain, RestartGuard::Uptime), Outcome::Double);
    let refused = promote_behind(plain, RestartGuard::Strict);
    assert_eq!(refused, Outcome::Refused(QuarantineCause::NotArmed));
}
