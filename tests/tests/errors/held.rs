//! A lock is held when a node begins to err: its release waits until the node is well again.

use core::time::Duration;

use quorlock_driver::{Fencing, NodeVerdict, Verdict};
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Fleet, Options, Server};

use crate::busy::{load_fast, load_slowly, run_long_script};
use crate::data::fail_to_save;
use crate::trouble::{KEY, client, has_lock};

on_each_make!(
    released_after_a_long_script,
    released_after_the_data_is_loaded,
    released_when_the_replicas_are_back,
    released_when_the_server_can_save,
);

/// Longer than the test, so that no lease ends behind its back.
const TTL: Duration = Duration::from_mins(5);

/// Holds the lock on three nodes, lets `cause` befall the last of them, and releases; after `heal` the release has to
/// reach the node.
fn release_through<T>(
    options: &Options,
    cause: impl FnOnce(&Server) -> T,
    heal: impl FnOnce(&Server),
) {
    let fleet = Fleet::start_with(3, options);
    let node = &fleet[2];
    smol::block_on(async {
        let client = client(fleet.urls(), Fencing::DEFAULT);
        let lock = client.lock(KEY).ttl(TTL);
        let guard = lock.acquire_within(Duration::from_secs(5)).await.unwrap();
        while !fleet.iter().all(has_lock) {
            smol::Timer::after(Duration::from_millis(5)).await;
        }
        let ill = cause(node);
        let released = guard.release().await;
        assert_eq!(released.verdict, Verdict::Verified, "{released}");
        let (_, of_the_node) = &released.nodes[2];
        assert_eq!(*of_the_node, NodeVerdict::Unknown, "{released}");
        heal(node);
        let report = client.close(Duration::from_secs(5)).await;
        assert!(
            report.unconfirmed.is_empty(),
            "no release from {}",
            report.unconfirmed
        );
        drop(ill);
    });
    for server in fleet.iter() {
        assert!(!has_lock(server), "the lock is left on {}", server.url());
    }
}

fn set(server: &Server, name: &str, value: &str) {
    Connection::to(server).order(&["CONFIG", "SET", name, value]);
}

fn released_after_a_long_script(plain: &Options) {
    let kill = |server: &Server| Connection::to(server).order(&["SCRIPT", "KILL"]);
    release_through(plain, run_long_script, kill);
}

fn released_after_the_data_is_loaded(plain: &Options) {
    let options = plain.clone().with_line("enable-debug-command yes");
    release_through(&options, load_slowly, load_fast);
}

fn released_when_the_server_can_save(plain: &Options) {
    let save_nothing = |server: &Server| set(server, "save", "");
    release_through(plain, fail_to_save, save_nothing);
}

fn released_when_the_replicas_are_back(plain: &Options) {
    let need = |server: &Server| set(server, "min-replicas-to-write", "1");
    let need_none = |server: &Server| set(server, "min-replicas-to-write", "0");
    release_through(plain, need, need_none);
}
