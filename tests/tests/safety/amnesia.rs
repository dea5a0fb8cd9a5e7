//! The seed case: one client holds the lock on nodes 1, 2 and 3, node 3 forgets, another client asks 3, 4 and 5.

use core::time::Duration;
use std::fs;
use std::path::Path;

use quorlock_driver::{QuarantineCause, RestartGuard};
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;

use crate::cluster::{
    KEY, MAX_TTL, OLD, PATIENCE, client_of, clock, trusted_server, trusted_server_with_clock, votes,
};
use crate::rival::{Outcome, challenge};

on_each_make!(
    a_clock_that_jumps_forward,
    a_node_that_is_flushed,
    a_node_that_restarts_empty,
    a_node_that_restarts_from_an_old_append_only_file,
    a_node_that_restarts_from_an_old_dump,
);

/// Five nodes that clients with this guard trust.
fn nodes(plain: &Options, guard: RestartGuard) -> [Server; 5] {
    [(); 5].map(|()| trusted_server(plain, guard))
}

/// Plays the seed case: `before` prepares node 3, `disaster` befalls it while the lock is held.
fn play<T>(
    nodes: &[Server; 5],
    guard: RestartGuard,
    before: impl FnOnce(&Server) -> T,
    disaster: impl FnOnce(&Server, T),
) -> Outcome {
    let _turn = turn::take();
    let first = client_of(nodes, &[0, 1, 2], guard);
    let second = client_of(nodes, &[2, 3, 4], guard);
    let shared = &nodes[2];
    smol::block_on(async {
        votes(&first, 3).await;
        votes(&second, 3).await;
        let prepared = before(shared);
        let lease = MAX_TTL.as_duration();
        let lock = first.lock(KEY).ttl(lease).auto_extend(false);
        let held = lock.acquire_within(PATIENCE).await.unwrap();
        disaster(shared, prepared);
        challenge(&held, &second, shared).await
    })
}

fn nothing(_: &Server) {}

/// What comes of a restart: guards refuse, and without one the lock is granted twice.
fn check_restart<T>(
    options: &Options,
    before: impl Fn(&Server) -> T,
    restart: impl Fn(&Server, T),
) {
    let outcome = |guard| play(&nodes(options, guard), guard, &before, &restart);
    assert_eq!(outcome(RestartGuard::Off), Outcome::Double);
    let by_uptime = outcome(RestartGuard::Uptime);
    assert!(
        matches!(by_uptime, Outcome::Refused(QuarantineCause::Restarted(uptime)) if uptime < OLD),
        "{by_uptime:?}"
    );
    let not_armed = Outcome::Refused(QuarantineCause::NotArmed);
    assert_eq!(outcome(RestartGuard::Strict), not_armed);
}

fn a_node_that_restarts_empty(plain: &Options) {
    check_restart(plain, nothing, |server, ()| server.restart_empty());
}

/// The dump is of before the lock, and has the guard of an earlier life.
fn a_node_that_restarts_from_an_old_dump(plain: &Options) {
    let save = |server: &Server| Connection::to(server).order(&["SAVE"]);
    check_restart(plain, save, |server, ()| {
        server.restart();
        assert!(
            server.log().contains("DB loaded from disk"),
            "{}",
            server.log()
        );
    });
}

/// The file is of before the lock, as after a crash of the machine with `appendfsync everysec`.
fn a_node_that_restarts_from_an_old_append_only_file(plain: &Options) {
    let options = plain.clone().with_line("appendonly yes");
    let keep = |server: &Server| {
        let kept = server.directory().join("kept");
        copy(&server.data(), &kept);
        kept
    };
    check_restart(&options, keep, |server, kept| {
        server.kill();
        fs::remove_dir_all(server.data()).unwrap();
        fs::rename(kept, server.data()).unwrap();
        server.restart();
        assert!(
            server.log().contains("DB loaded from append only file"),
            "{}",
            server.log()
        );
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The process lives on, so that only `Strict` notices, and at the next acquire.
fn a_node_that_is_flushed(plain: &Options) {
    let flush = |server: &Server, ()| Connection::to(server).order(&["FLUSHALL"]);
    let outcome = |guard| play(&nodes(plain, guard), guard, nothing, flush);
    assert_eq!(outcome(RestartGuard::Off), Outcome::Double);
    assert_eq!(outcome(RestartGuard::Uptime), Outcome::Double);
    let not_armed = Outcome::Refused(QuarantineCause::NotArmed);
    assert_eq!(outcome(RestartGuard::Strict), not_armed);
}

/// Keys expire by the server's clock: one that jumps by more than the lease has forgotten it.
fn a_clock_that_jumps_forward(plain: &Options) {
    let by = MAX_TTL.as_duration() + Duration::from_millis(500);
    let outcome = |guard| {
        let clock = clock();
        let mut nodes = nodes(plain, guard);
        nodes[2] = trusted_server_with_clock(plain, guard, &clock);
        play(&nodes, guard, nothing, |_, ()| clock.forward(by))
    };
    assert_eq!(outcome(RestartGuard::Off), Outcome::Double);
    for guard in [RestartGuard::Strict, RestartGuard::Uptime] {
        let refused = outcome(guard);
        let Outcome::Refused(QuarantineCause::ClockJumped(seen)) = refused else {
            panic!("{guard:?}: {refused:?}")
        };
        let least = by.saturating_sub(Duration::from_millis(200));
        assert!((least..=by).contains(&seen), "{seen:?}");
    }
}
